import type { EscalationStanding, EscalationView } from '@countersign/contracts';
import { figuresWords } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { IconChecks } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { escalationPagesQuery, keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { useDraft } from '../approval/use-draft.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { ROLE_WORDS } from '../parts/role-words.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { Clock } from '../parts/time.js';
import { Page } from '../shell/page.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import switches from '../parts/switch.module.css';
import { ReportForm } from './report-form.js';
import styles from './escalations.module.css';

const back = { to: '/teams', label: 'Teams' } as const;

/** What somebody of this person's roles has to look at, and until when, or what became of it: the newest first. */
export function EscalationsPage() {
  const { show = 'open' } = useSearch({ from: '/escalations' });
  const toggle = (
    <nav className={switches.switch} aria-label="Which escalations">
      {(['open', 'resolved'] as const).map((each) => (
        <Link key={each} to="/escalations" search={each === 'open' ? {} : { show: each }} aria-current={show === each ? 'true' : undefined} className={show === each ? switches.on : ''}>
          {each === 'open' ? 'To look at' : 'Resolved'}
        </Link>
      ))}
    </nav>
  );
  return (
    <Page title="Escalations" back={back} aside={toggle}>
      <div className={lists.stack}>
        <Listed key={show} show={show} />
        <ReportForm />
      </div>
    </Page>
  );
}

function Listed({ show }: { show: 'open' | 'resolved' }) {
  const query = useInfiniteQuery(escalationPagesQuery(show));
  return (
    <Loaded query={query} what="escalations" skeleton={<Bones widths={[70, 90, 50]} />}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items).filter(({ state }) => (state === 'resolved') === (show === 'resolved'));
        return (
          <>
            {items.length === 0 && !query.hasNextPage && (
              <Empty title={show === 'open' ? 'Nothing to look at' : 'Nothing was resolved yet'} icon={<IconChecks size={28} stroke={1.6} />}>
                <p className="soft">What concerns your roles is raised here by itself.</p>
              </Empty>
            )}
            <ul className={lists.stack}>
              {items.map((escalation) => (
                <li key={escalation.id}>
                  <Escalation escalation={escalation} />
                </li>
              ))}
            </ul>
            {query.hasNextPage && (
              <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Show older ones
              </Button>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

const STATES = { open: 'Nobody has seen it yet', acknowledged: 'Seen', resolved: 'Resolved' } as const;

function Escalation({ escalation }: { escalation: EscalationView }) {
  const { teamId, teamName, memberName, trigger, words, state, dueAt, overdue, said, saidBy, approvalId } = escalation;
  const measured = figuresWords(escalation).join(', ');
  return (
    <Panel title={<Revealed text={memberName === null ? words : `${words}: ${memberName}`} />}>
      <p className="soft small">
        {teamId === null ? 'The platform' : <Link to="/teams/$teamId" params={{ teamId }}><Revealed text={teamName ?? ''} /></Link>} · {STATES[state]}
        {state !== 'resolved' && (
          <>
            {' '}
            · {overdue ? 'late since' : 'until'} <Clock at={dueAt} />
          </>
        )}
      </p>
      {measured !== '' && <p className="small">{measured.charAt(0).toUpperCase() + measured.slice(1)}</p>}
      {said !== null && said !== '' && (
        <blockquote className={styles.said}>
          <p>
            <Revealed text={said} />
          </p>
          {saidBy !== null && <footer className="soft small">{ROLE_WORDS[saidBy]}</footer>}
        </blockquote>
      )}
      {trigger === 'composition_change' && teamId !== null && memberName !== null && state !== 'resolved' && (
        <p className="small">
          <Link to="/teams/$teamId" params={{ teamId }} search={{ tab: 'members' }}>
            Put a fresh one in its place, among the team’s members
          </Link>
        </p>
      )}
      {state === 'resolved' ? <Resolved escalation={escalation} /> : approvalId ? <Decide approvalId={approvalId} /> : <Answer escalation={escalation} />}
    </Panel>
  );
}

/** How it ended, and by whose word; what was measured may also have passed. */
const Resolved = ({ escalation: { resolution, resolvedAt, resolvedBy } }: { escalation: EscalationView }) => (
  <>
    <p className="small">
      {resolvedBy === null ? 'It passed by itself' : `Resolved by ${resolvedBy}`}
      {resolvedAt !== null && (
        <>
          , <Clock at={resolvedAt} />
        </>
      )}
    </p>
    {resolution !== '' && <blockquote className={styles.said}><Revealed text={resolution} /></blockquote>}
  </>
);

/** What waits for a decision is over when it was decided, and not by words. */
const Decide = ({ approvalId }: { approvalId: string }) => (
  <p>
    <Button component={Link} to={`/a/${approvalId}`}>
      Look at it and decide
    </Button>
  </p>
);

function Answer({ escalation: { id, state } }: { escalation: EscalationView }) {
  const { text: resolution, type, notKept } = useDraft(id, 'message');
  const stale = [keys.escalations];
  const seen = useSendOnce<EscalationStanding, undefined>({ about: `acknowledge ${id}`, request: () => ({ path: `/v1/escalations/${id}/acknowledge`, body: {} }), stale });
  const resolve = useSendOnce<EscalationStanding, string>({ about: `resolve ${id}`, request: (said) => ({ path: `/v1/escalations/${id}/resolve`, body: { resolution: said } }), stale, onSuccess: () => type('') });
  const error = seen.error ?? resolve.error;
  return (
    <form
      className={`${forms.form} ${styles.answer}`}
      onSubmit={(event) => {
        event.preventDefault();
        resolve.mutate(resolution.trim());
      }}
    >
      <Textarea label="How did it end?" description="It goes on the record." value={resolution} maxLength={1_000} autosize minRows={1} onChange={({ currentTarget }) => type(currentTarget.value)} error={notKept} />
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <Button type="submit" disabled={resolution.trim() === ''} loading={resolve.isPending}>
        Resolve
      </Button>
      {state === 'open' && (
        <Button variant="default" onClick={() => seen.mutate(undefined)} loading={seen.isPending}>
          I have seen it
        </Button>
      )}
    </form>
  );
}
