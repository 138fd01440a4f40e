import type { ApprovalDetail, ApprovalThread } from '@countersign/contracts';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, useDeferredValue, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { serverNow } from '../api/clock.js';
import { useConnection } from '../api/connection.js';
import { useDecide } from '../api/decide.js';
import { approvalQuery, keys, teamQuery, threadQuery } from '../api/queries.js';
import { queryClient, untilHad } from '../api/query-client.js';
import { mayAnswer, needsPasskey } from '@countersign/view';
import { usePasskeyHere } from '../me/use-passkey-here.js';
import { Bones, Loaded } from '../parts/states.js';
import { Optional } from '../parts/optional.js';
import { Panel } from '../parts/panel.js';
import { useNow } from '../parts/time.js';
import { useHeight } from '../parts/use-height.js';
import { DESKTOP } from '../parts/widths.js';
import { Back } from '../shell/page.js';
import { onDrafts } from '../shell/drafts.js';
import { useMe } from '../shell/session.js';
import { pageStands } from '../shell/stands.js';
import { useTitle } from '../shell/use-title.js';
import { SuspendedBand } from '../teams/suspended-band.js';
import { useRecord } from '../witness/state.js';
import { AgentSays } from './agent-says.js';
import { Changes } from './changes.js';
import { Checks } from './checks.js';
import { DecisionBar } from './decision-bar.js';
import { Facts } from './facts.js';
import { Headline } from './headline.js';
import { Replaced } from './replaced.js';
import { Seal } from './seal.js';
import { Thread } from './thread.js';
import { useLooked } from './use-looked.js';
import { useOnScreen } from './use-on-screen.js';
import { useProof } from './use-proof.js';
import { hasUnsent, useReview } from './use-review.js';
import { useSeen } from './use-seen.js';
import { WhatHappens } from './what-happens.js';
import lists from '../parts/list.module.css';
import styles from './approval-page.module.css';

/** Needed where something was decided: it holds the verifier. */
const Decisions = lazy(async () => ({ default: (await import('./decisions.js')).Decisions }));

/** Below all that is decided about. */
/** At the end of the page, and nothing that an answer waits for: it is loaded when the rest is there. */
const Told = lazy(async () => {
  await pageStands(queryClient);
  return { default: (await import('./told.js')).Told };
});

/** Rarely there: what was written and not sent. */
const Unsent = lazy(async () => ({ default: (await import('./unsent.js')).Unsent }));

const route = getRouteApi('/_inbox/a/$approvalId');
const WATCH_MS = 1_500;
/** Decided, and not yet carried out: somebody is looking at it right now. */
const moving = (state: ApprovalDetail['state'] | undefined): boolean => state === 'approved' || state === 'executing';
const LOOK_MS = 30_000;
/** So long the end of what changes stays on the screen of somebody who is known not to read. */
const READ_MS = 2_000;

const skeleton = (
  <div className={styles.columns}>
    <div className={`${lists.stack} ${styles.main}`}>
      <Bones widths={[30, 80, 50]} />
      {[0, 1, 2].map((index) => (
        <Panel key={index}>
          <Bones widths={[40, 95, 85, 60]} />
        </Panel>
      ))}
    </div>
  </div>
);

/** One request, read from top to bottom: what will happen, the facts, what changed, the proof, the decision. */
export function ApprovalPage() {
  const { approvalId } = route.useParams();
  const query = useQuery({ ...approvalQuery(approvalId), refetchInterval: ({ state }) => untilHad(state) || (moving(state.data?.state) ? WATCH_MS : LOOK_MS) });
  return (
    <div className={styles.page}>
      <div className={styles.back}>
        <Back to="/" label="Inbox" />
      </div>
      <Loaded query={query} what="request" skeleton={skeleton} alone>
        {(approval) => <Request key={approval.id} approval={approval} />}
      </Loaded>
    </div>
  );
}

function Request({ approval }: { approval: ApprovalDetail }) {
  const me = useMe();
  const now = useNow();
  const { online } = useConnection();
  const [effectSeen, setEffectSeen] = useState(false);
  const [changesRead, setChangesRead] = useState(false);
  const below = useDeferredValue(true, false); // what the screen does not reach is drawn next, and nothing waits for it
  const proven = useProof(approval);
  const decide = useDecide(approval, me);
  const { data: thread, isLoading, errorUpdateCount } = useQuery({ ...threadQuery(approval.id), enabled: me.customer !== null });
  const firstTry = isLoading && errorUpdateCount === 0; // a later one, offline, takes nothing away that somebody is writing
  const review = useReview(approval.id, me.personId);
  const commenting = approval.state === 'pending' && mayAnswer({ me, approval, now }).open;
  const unsentOf = useUnsent(approval, thread, commenting);
  // each decision makes another version; staff see none
  const decided = me.customer !== null && approval.version > 1;
  useSeen(approval, me, proven.proof);
  const desktop = useMediaQuery(DESKTOP, undefined, { getInitialValueInEffect: false });
  useTitle(approval.title);
  useLookWhenDue(approval);
  const record = useRecord(approval.teamId);
  const [barHeight, watchBar] = useHeight('--decision');
  const coveredBelow = desktop ? 0 : barHeight || undefined;
  const passkey = usePasskeyHere(needsPasskey(approval.tier) && commenting);
  const looking = useLooked(approval, me, coveredBelow);
  const facts = { me, approval, now, online, proof: proven.proof, effectSeen, changesRead, unseenFiles: looking.left.length, record, passkey };
  const bar = <DecisionBar ref={watchBar} approval={approval} facts={facts} decide={decide} review={review} words={proven.words} desktop={desktop} />;
  const broken = proven.proof.state === 'differs' || proven.proof.state === 'unreadable';
  const seal = <Seal proven={proven} />;
  return (
    <div className={styles.columns}>
      <div className={`${lists.stack} ${styles.main}`}>
        <Suspended teamId={approval.teamId} />
        <Replaced approval={approval} />
        <Headline approval={approval} />
        {broken && !desktop && seal}
        <WhatHappens approval={approval} pending={approval.state === 'pending'} coveredBelow={coveredBelow} onSeen={() => setEffectSeen(true)} />
        {!desktop && <Facts approval={approval} />}
        {unsentOf && (
          <Optional>
            <Unsent key={unsentOf} approval={approval} of={unsentOf} review={commenting ? review : undefined} />
          </Optional>
        )}
        {below && (
          <>
            <Changes approval={approval} files={proven.files} thread={firstTry ? 'unknown' : thread} review={commenting ? review : undefined} looking={commenting ? looking : undefined} />
            {me.hasty && <EndOfChanges coveredBelow={coveredBelow} onRead={() => setChangesRead(true)} />}
            <Checks checks={approval.checks} />
            <AgentSays text={approval.agentSays} team={approval.teamName} />
            <Thread thread={thread} revision={thread?.revision} />
            {decided && (
              <Optional>
                <Decisions approval={approval} />
              </Optional>
            )}
            <Optional>
              <Told approval={approval} />
            </Optional>
          </>
        )}
        {!broken && !desktop && seal}
      </div>
      {desktop ? (
        <aside className={styles.side} aria-label="Decision and facts">
          {broken && seal}
          {bar}
          <Facts approval={approval} />
          {!broken && seal}
        </aside>
      ) : (
        bar
      )}
    </div>
  );
}

/** Who approved faster than anybody reads comes by here first. */
function EndOfChanges({ coveredBelow, onRead }: { coveredBelow: number | undefined; onRead: () => void }) {
  const end = useRef<HTMLParagraphElement>(null);
  useOnScreen(end, { coveredBelow, forMs: READ_MS }, onRead);
  return (
    <p ref={end} className="soft small">
      This is the end of what changes.
    </p>
  );
}

/** Which version something was written about that was not sent: this one, once it is over; else one that it took the place of. It stays until it was dealt with. */
function useUnsent({ id, state }: ApprovalDetail, thread: ApprovalThread | undefined, commenting: boolean): string | undefined {
  const { personId } = useMe();
  const over = state !== 'pending' && state !== 'held';
  const versions = commenting ? (thread?.earlier ?? []) : over ? [id] : []; // what an earlier version of this app has saved names none
  const found = useSyncExternalStore(onDrafts, () => versions.find((version) => hasUnsent(version, personId)));
  const [shown, show] = useState(found);
  if (found !== undefined && found !== shown) show(found);
  return found ?? shown;
}

/** The team's own page says more; here it explains why nothing can be decided. */
function Suspended({ teamId }: { teamId: string }) {
  const suspended = useMe().teams.some(({ id, state }) => id === teamId && state === 'suspended');
  const team = useQuery({ ...teamQuery(teamId), enabled: suspended }).data;
  return suspended && team ? <SuspendedBand team={team} /> : null;
}

/** The moment the time is over, the server has the word. */
function useLookWhenDue({ id, state, dueAt }: ApprovalDetail): void {
  const client = useQueryClient();
  useEffect(() => {
    const leftMs = Date.parse(dueAt) - serverNow();
    if (state !== 'pending' || leftMs > 2 ** 31 - 1) return;
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: keys.approval(id) }), Math.max(0, leftMs) + 1_000);
    return () => clearTimeout(timer);
  }, [client, id, state, dueAt]);
}
