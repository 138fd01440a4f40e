import type { AgentRole, SpawnAnswer } from '@countersign/contracts';
import { inSight } from '@countersign/view';
import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keys, templatesQuery } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Sheet } from '../parts/sheet.js';
import { DESKTOP } from '../parts/widths.js';
import { useMe } from '../shell/session.js';
import { MAY_STEER, useMay } from './deed.js';
import forms from '../parts/form.module.css';

/** Asks the spawn gate for an agent; it judges as for everybody else. */
export function StartAgent() {
  const desktop = useMediaQuery(DESKTOP, undefined, { getInitialValueInEffect: false });
  const [asking, setAsking] = useState(false);
  const may = useMay(MAY_STEER);
  const active = useMe().teams.filter(({ state }) => state === 'active');
  if (!may || active.length === 0) return null;
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        Start an agent
      </Button>
      <Sheet opened={asking} onClose={() => setAsking(false)} title="Start an agent" desktop={desktop}>
        {asking && <StartForm teams={active} onDone={() => setAsking(false)} />}
      </Sheet>
    </>
  );
}

interface Wish {
  readonly team: string;
  readonly templateID: string;
  readonly role: AgentRole;
  readonly justification: string;
}

const useStart = (onStarted: () => void) =>
  useSendOnce<SpawnAnswer, Wish>({
    about: 'spawn',
    request: ({ team, ...body }) => ({ path: `/agent-team/spawn?team=${team}`, body }),
    stale: [keys.agents],
    onSuccess: ({ ok }) => ok && onStarted(),
  });

function StartForm({ teams, onDone }: { teams: readonly { readonly id: string; readonly name: string }[]; onDone: () => void }) {
  const templates = useQuery(templatesQuery).data ?? [];
  const [team, setTeam] = useState(teams[0]!.id);
  const [chosen, setChosen] = useState<string>();
  const [reason, setReason] = useState('');
  const start = useStart(onDone);
  const template = templates.find(({ templateID }) => templateID === chosen) ?? templates[0];
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (template) start.mutate({ team, templateID: template.templateID, role: template.role, justification: reason.trim() });
      }}
    >
      <p className="soft">The spawn gate judges it. Where it allows, the agent waits for a run, with its part of the team’s budget held.</p>
      {teams.length > 1 && <NativeSelect label="For which team" size="md" value={team} onChange={({ currentTarget }) => setTeam(currentTarget.value)} data={teams.map(({ id, name }) => ({ value: id, label: inSight(name) }))} />}
      <NativeSelect label="Which kind" size="md" value={template?.templateID ?? ''} onChange={({ currentTarget }) => setChosen(currentTarget.value)} data={templates.map(({ templateID, display_name, role }) => ({ value: templateID, label: `${display_name ?? templateID} (${role})` }))} />
      <Textarea label="Why?" description="The reason goes on the record." value={reason} maxLength={1_000} onChange={({ currentTarget }) => setReason(currentTarget.value)} />
      {start.error && (
        <p className={forms.error} role="alert">
          {failureWords(start.error)}
        </p>
      )}
      {start.data?.ok === false && <p role="status">Only a person’s yes is missing, and it cannot be yours: the question waits on this page.</p>}
      <Button type="submit" size="lg" loading={start.isPending} disabled={template === undefined || reason.trim() === ''}>
        Start
      </Button>
    </form>
  );
}
