import type { CoordinationView, MemberWork } from '@countersign/contracts';
import { inSight, qualityWords, recommendationWords } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { coordinationQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import styles from './shares.module.css';

/** Who has how much in hand, what came of it, and what the manager recommends. */
export function Shares({ teamId }: { teamId: string }) {
  const query = useQuery(coordinationQuery(teamId));
  return (
    <Loaded query={query} what="work of the team" skeleton={<Panel><Bones widths={[45, 90, 60]} /></Panel>}>
      {(view) => <Shared view={view} />}
    </Loaded>
  );
}

function Shared({ view: { fairnessPercent, mostPerMember, members, recommendations } }: { view: CoordinationView }) {
  return (
    <Panel title="Who does what" aside={fairnessPercent === null ? 'the last 30 days' : `${fairnessPercent} % evenly shared`}>
      <ul className={styles.members}>
        {members.filter(({ state }) => state !== 'removed').map((member) => (
          <li key={member.id}>
            <Share member={member} most={mostPerMember} />
          </li>
        ))}
      </ul>
      {recommendations.length > 0 && (
        <>
          <h3 className={styles.title}>The manager recommends</h3>
          <ul className={styles.members}>
            {recommendations.slice(0, 5).map(({ id, member, reason, at }) => (
              <li key={id} className={styles.words}>
                To suspend <strong><Revealed text={member} /></strong>: {recommendationWords[reason]} (<Ago at={at} />). Whoever certifies the team decides.
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Share({ member, most }: { member: MemberWork; most: number }) {
  const { name, skill, secondarySkills, inHand } = member;
  return (
    <>
      <div className={styles.head}>
        <span>
          <strong><Revealed text={name} /></strong> <span className="soft small">{[skill, ...secondarySkills].join(', ')}</span>
        </span>
        <span className="num" aria-label={`${inSight(name)} has ${inHand} of at most ${most} tasks in hand`}>
          {inHand} <span className="soft">of {most} in hand</span>
        </span>
      </div>
      <p className={styles.words}>{qualityWords(member)}</p>
    </>
  );
}
