import type { MemberLive, MemberSample, TeamDetail } from '@countersign/contracts';
import { activityStatus, memberWords, memoryWords, processorWords, sparkPath } from '@countersign/view';
import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { memberLogQuery, membersQuery } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { Panel } from '../parts/panel.js';
import { Sheet } from '../parts/sheet.js';
import { StatusWord } from '../parts/shape.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import lists from '../parts/list.module.css';
import styles from './members.module.css';

interface MembersProps {
  readonly team: TeamDetail;
  readonly desktop: boolean;
}

/** Who is in the team, what is known of each, and what their agents use. */
export function Members({ team, desktop }: MembersProps) {
  const query = useQuery(membersQuery(team.id));
  const [reading, setReading] = useState<MemberLive>();
  return (
    <Panel title="Members">
      <Loaded query={query} what="members" skeleton={<Bones widths={[60, 80, 70]} />}>
        {({ items }) => (
          <ul className={lists.rows}>
            {items.map((member) => (
              <li key={member.id}>
                <Member member={member} teamId={team.id} onLog={() => setReading(member)} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Sheet opened={reading !== undefined} onClose={() => setReading(undefined)} title={`What ${reading?.name ?? ''} said`} desktop={desktop}>
        {reading && <Log teamId={team.id} memberId={reading.id} />}
      </Sheet>
    </Panel>
  );
}

function Member({ member, teamId, onLog }: { readonly member: MemberLive; readonly teamId: string; readonly onLog: () => void }) {
  const { name, kind, skill, run, samples, heardAt, waitingMail } = member;
  return (
    <div className={styles.member}>
      <Avatar name={name} />
      <div className={styles.who}>
        <div className={styles.names}>
          <span>
            <strong>{name}</strong> <span className="soft small">{kind === 'manager' ? 'manager' : skill}</span>
          </span>
          <StatusWord status={activityStatus[member.activity]} live />
        </div>
        <p className="soft small">
          {kind === 'manager' ? 'Leads the team' : memberWords(member)}
          {heardAt !== null && <>, heard <Ago at={heardAt} /></>}
          {waitingMail > 0 && `, ${waitingMail} ${waitingMail === 1 ? 'message waits' : 'messages wait'}`}
        </p>
        {run && (
          <p className={styles.run}>
            <Link to="/teams/$teamId/goals/$goalId" params={{ teamId, goalId: run.goalId }}>
              {run.title}
            </Link>
            {run.progress !== '' && <span className="soft"> {run.progress}</span>}
          </p>
        )}
        {samples.length > 1 && (
          <div className={styles.charts}>
            <Chart label="Processor" figures={samples.map(({ cpuThousandths }) => cpuThousandths)} now={processorWords(samples.at(-1)!)} />
            <Chart label="Memory" figures={samples.map(({ memoryBytes }: MemberSample) => memoryBytes)} now={memoryWords(samples.at(-1)!.memoryBytes)} />
          </div>
        )}
        {run && (
          <Button size="compact-md" variant="default" className={styles.log} onClick={onLog}>
            What it said<span className="sr">: {name}</span>
          </Button>
        )}
      </div>
    </div>
  );
}

/** A line over the last minutes; its last figure stands beside it in words. */
const Chart = ({ label, figures, now }: { readonly label: string; readonly figures: readonly number[]; readonly now: string }) => (
  <span className={styles.chart}>
    <span className="soft small">
      {label} <span className="num">{now}</span>
    </span>
    <svg viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
      <path d={sparkPath(figures)} />
    </svg>
  </span>
);

function Log({ teamId, memberId }: { readonly teamId: string; readonly memberId: string }) {
  const query = useInfiniteQuery(memberLogQuery(teamId, memberId));
  return (
    <Loaded query={query} what="lines" skeleton={<Bones widths={[80, 90, 60]} />}>
      {({ pages }) => {
        const lines = pages.flatMap(({ items }) => items).toReversed();
        if (lines.length === 0) return <p className="soft">Nothing so far.</p>;
        return (
          <>
            {query.hasNextPage && (
              <Button size="compact-md" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Show older
              </Button>
            )}
            <pre className={styles.lines} tabIndex={0}>
              {lines.map(({ line }) => line).join('\n')}
            </pre>
          </>
        );
      }}
    </Loaded>
  );
}
