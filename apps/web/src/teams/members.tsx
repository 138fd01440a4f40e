import type { MemberLive, MemberSample, TeamDetail, TeamState } from '@countersign/contracts';
import { activityStatus, memberWords, memoryWords, processorWords, SHUTDOWN_WORDS, sparkPath } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { keys, memberLogQuery, membersQuery } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Avatar } from '../parts/avatar.js';
import { useDraft } from '../approval/use-draft.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Sheet } from '../parts/sheet.js';
import { StatusWord } from '../parts/shape.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import { ReplaceMember } from './replace-member.js';
import styles from './members.module.css';

/** Where a team can have another member, as the server sees it. */
const STANDING: readonly TeamState[] = ['requested', 'certified', 'active', 'suspended'];

interface MembersProps {
  readonly team: TeamDetail;
  readonly desktop: boolean;
}

/** Who is in the team, what is known of each, and what their agents use. */
export function Members({ team, desktop }: MembersProps) {
  const query = useQuery(membersQuery(team.id));
  const [reading, setReading] = useState<MemberLive>();
  const [endingId, setEnding] = useState<string>();
  const ending = query.data?.items.find(({ id }) => id === endingId); // as it is now: it may answer while the sheet is open
  const [replacingId, setReplacing] = useState<string>();
  const replacing = query.data?.items.find(({ id }) => id === replacingId);
  const { roles } = useMe();
  const governs = roles.includes('customer_governor') && team.state === 'active';
  const replaces = roles.includes('genesis') && STANDING.includes(team.state);
  return (
    <Panel title="Members">
      <Loaded query={query} what="members" skeleton={<Bones widths={[60, 80, 70]} />}>
        {({ items }) => (
          <ul className={lists.rows}>
            {items.map((member) => (
              <li key={member.id}>
                <Member member={member} teamId={team.id} onLog={() => setReading(member)} onEnd={governs ? () => setEnding(member.id) : undefined} onReplace={replaces && member.kind === 'specialist' ? () => setReplacing(member.id) : undefined} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Sheet opened={reading !== undefined} onClose={() => setReading(undefined)} title={`What ${reading?.name ?? ''} said`} desktop={desktop}>
        {reading && <Log teamId={team.id} memberId={reading.id} />}
      </Sheet>
      <Sheet opened={ending !== undefined} onClose={() => setEnding(undefined)} title={`End ${ending?.name ?? ''}?`} desktop={desktop}>
        {ending && <End teamId={team.id} member={ending} onDone={() => setEnding(undefined)} />}
      </Sheet>
      <Sheet opened={replacing !== undefined} onClose={() => setReplacing(undefined)} title={`Replace ${replacing?.name ?? ''}?`} desktop={desktop}>
        {replacing && <ReplaceMember teamId={team.id} member={replacing} onDone={() => setReplacing(undefined)} />}
      </Sheet>
    </Panel>
  );
}

interface MemberProps {
  readonly member: MemberLive;
  readonly teamId: string;
  readonly onLog: () => void;
  readonly onEnd: (() => void) | undefined;
  readonly onReplace: (() => void) | undefined;
}

function Member({ member, teamId, onLog, onEnd, onReplace }: MemberProps) {
  const { name, kind, skill, run, samples, heardAt, waitingMail, shutdown } = member;
  return (
    <div className={styles.member}>
      <Avatar name={name} />
      <div className={styles.who}>
        <div className={styles.names}>
          <span>
            <strong><Revealed text={name} /></strong> <span className="soft small">{kind === 'manager' ? 'manager' : skill}</span>
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
              <Revealed text={run.title} />
            </Link>
            {run.progress !== '' && <span className="soft"> <Revealed text={run.progress} /></span>}
          </p>
        )}
        {samples.length > 1 && (
          <div className={styles.charts}>
            <Chart label="Processor" figures={samples.map(({ cpuThousandths }) => cpuThousandths)} now={processorWords(samples.at(-1)!)} />
            <Chart label="Memory" figures={samples.map(({ memoryBytes }: MemberSample) => memoryBytes)} now={memoryWords(samples.at(-1)!.memoryBytes)} />
          </div>
        )}
        {shutdown && (
          <p className="small">
            {SHUTDOWN_WORDS[shutdown.state]}
            {shutdown.answer !== '' && <>: <q><Revealed text={shutdown.answer} /></q></>}
          </p>
        )}
        <div className={styles.buttons}>
          {run && <OfMember label="What it said" name={name} onClick={onLog} />}
          {run?.endedAt === null && onEnd && <OfMember label="End it" name={name} onClick={onEnd} />}
          {onReplace && <OfMember label="Replace it" name={name} onClick={onReplace} />}
        </div>
      </div>
    </div>
  );
}

const OfMember = ({ label, name, onClick }: { readonly label: string; readonly name: string; readonly onClick: () => void }) => (
  <Button size="compact-md" variant="default" onClick={onClick}>
    {label}<span className="sr">: <Revealed text={name} /></span>
  </Button>
);

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

/** Asks the member, or ends it where it has said no, or nothing in time. */
function End({ teamId, member: { id, name, shutdown }, onDone }: { readonly teamId: string; readonly member: MemberLive; readonly onDone: () => void }) {
  const { text: reason, type, notKept } = useDraft(id, 'message');
  const waits = shutdown?.state === 'asked' || shutdown?.state === 'told';
  const stale = [keys.members(teamId), keys.messages(teamId)];
  const ask = useSendOnce<unknown, string>({ about: `end ${id}`, request: (why) => ({ path: `/v1/teams/${teamId}/members/${id}/shutdown`, body: { reason: why } }), stale, onSuccess: () => { type(''); onDone(); }, repeatable: true });
  const stop = useSendOnce<unknown, 'stop'>({ about: `stop ${id}`, request: () => ({ path: `/v1/teams/${teamId}/members/${id}/shutdown/stop`, body: {} }), stale, onSuccess: onDone, repeatable: true });
  const error = ask.error ?? stop.error;
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate(reason.trim());
      }}
    >
      <p><Revealed text={shutdown && !waits ? `${name} ${SHUTDOWN_WORDS[shutdown.state]}.` : `${name} is told with the next answer its agent gets, and says yes or no. After a minute without an answer you can end it.`} /> What it does ends unfinished; you decide on the board how its tasks go on.</p>
      {!waits && <Textarea label="Why?" value={reason} maxLength={1000} autosize minRows={2} onChange={({ currentTarget }) => type(currentTarget.value)} error={notKept} />}
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="lg" loading={ask.isPending} disabled={waits || reason.trim() === ''}>
          {waits ? 'It was asked' : 'Ask it to end'}
        </Button>
        {shutdown && !waits && (
          <Button size="lg" variant="default" loading={stop.isPending} onClick={() => stop.mutate('stop')}>
            End it now
          </Button>
        )}
      </div>
    </form>
  );
}

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
              <Revealed text={lines.map(({ line }) => line).join('\n')} />
            </pre>
          </>
        );
      }}
    </Loaded>
  );
}
