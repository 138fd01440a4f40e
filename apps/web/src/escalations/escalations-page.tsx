import type { EscalationStanding, EscalationView } from '@countersign/contracts';
import { figuresWords } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { IconChecks } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { escalationsQuery, keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { Clock } from '../parts/time.js';
import { Page } from '../shell/page.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';

const back = { to: '/teams', label: 'Teams' } as const;

/** What somebody of this person's roles has to look at, and until when: the newest first. */
export function EscalationsPage() {
  const query = useQuery(escalationsQuery);
  return (
    <Page title="Escalations" back={back}>
      <Loaded query={query} what="escalations" skeleton={<Bones widths={[70, 90, 50]} />}>
        {(items) =>
          items.length === 0 ? (
            <Empty title="Nothing to look at" icon={<IconChecks size={28} stroke={1.6} />}>
              <p className="soft">What concerns your roles is raised here by itself.</p>
            </Empty>
          ) : (
            <ul className={lists.stack}>
              {items.map((escalation) => (
                <li key={escalation.id}>
                  <Escalation escalation={escalation} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}

const STATES = { open: 'Nobody has seen it yet', acknowledged: 'Seen', resolved: 'Resolved' } as const;

function Escalation({ escalation }: { escalation: EscalationView }) {
  const { teamId, teamName, memberName, words, state, dueAt, overdue } = escalation;
  const measured = figuresWords(escalation).join(', ');
  return (
    <Panel title={memberName === null ? words : `${words}: ${memberName}`}>
      <p className="soft small">
        {teamId === null ? 'The platform' : <Link to="/teams/$teamId" params={{ teamId }}>{teamName}</Link>} · {STATES[state]} · {overdue ? 'late since' : 'until'} <Clock at={dueAt} />
      </p>
      {measured !== '' && <p className="small">{measured.charAt(0).toUpperCase() + measured.slice(1)}</p>}
      <Answer escalation={escalation} />
    </Panel>
  );
}

function Answer({ escalation: { id, state } }: { escalation: EscalationView }) {
  const [resolution, setResolution] = useState('');
  const stale = [keys.escalations];
  const seen = useSendOnce<EscalationStanding, undefined>({ about: `acknowledge ${id}`, request: () => ({ path: `/v1/escalations/${id}/acknowledge`, body: {} }), stale });
  const resolve = useSendOnce<EscalationStanding, string>({ about: `resolve ${id}`, request: (said) => ({ path: `/v1/escalations/${id}/resolve`, body: { resolution: said } }), stale });
  const error = seen.error ?? resolve.error;
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        resolve.mutate(resolution.trim());
      }}
    >
      <Textarea label="How did it end?" description="It goes on the record." value={resolution} maxLength={1_000} autosize minRows={1} onChange={({ currentTarget }) => setResolution(currentTarget.value)} />
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
