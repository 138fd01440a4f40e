import '@mantine/core/styles/Popover.layer.css';
import '@mantine/core/styles/Menu.layer.css';
import type { Role, TeamDetail, TeamStanding, TeamState } from '@countersign/contracts';
import { Button, Menu, Textarea } from '@mantine/core';
import { IconDots, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useState } from 'react';
import { keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Sheet } from '../parts/sheet.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import styles from './team-actions.module.css';

interface Verb {
  readonly id: 'suspend' | 'reactivate';
  readonly label: string;
  readonly lead: string;
  readonly roles: readonly Role[];
  readonly from: TeamState;
  readonly needsReason: boolean;
}
/** Who may do what from where: the server's own table again, so that the screen offers only what it would take. */
const VERBS: readonly Verb[] = [
  {
    id: 'suspend',
    label: 'Suspend the team',
    lead: 'Everybody stops within two seconds, requests that wait are withdrawn (after a reactivation they are asked again, with the time they had left), and the helpdesk opens. The work so far is kept.',
    roles: ['customer_governor', 'platform_governor', 'genesis', 'operator'],
    from: 'active',
    needsReason: true,
  },
  { id: 'reactivate', label: 'Reactivate the team', lead: 'The team goes on with what it was doing, from its rows.', roles: ['platform_governor', 'genesis'], from: 'suspended', needsReason: false },
];

export function TeamActions({ team, desktop }: { team: TeamDetail; desktop: boolean }) {
  const { roles } = useMe();
  const [asking, setAsking] = useState<Verb>();
  const verbs = VERBS.filter((verb) => verb.from === team.state && verb.roles.some((role) => roles.includes(role)));
  if (verbs.length === 0) return null;
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" className={styles.more} aria-label="What you can do with this team">
            <IconDots size={20} aria-hidden="true" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {verbs.map((verb) => (
            <Menu.Item key={verb.id} className={styles.item} color={verb.id === 'suspend' ? 'red' : undefined} leftSection={verb.id === 'suspend' ? <IconPlayerStop size={20} /> : <IconPlayerPlay size={20} />} onClick={() => setAsking(verb)}>
              {verb.label} …
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Sheet opened={asking !== undefined} onClose={() => setAsking(undefined)} title={asking?.label ?? ''} desktop={desktop}>
        {asking && <VerbForm verb={asking} teamId={team.id} onDone={() => setAsking(undefined)} />}
      </Sheet>
    </>
  );
}

function VerbForm({ verb, teamId, onDone }: { verb: Verb; teamId: string; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const move = useSendOnce<TeamStanding, string>({
    about: `${verb.id} ${teamId}`,
    request: (said) => ({ path: `/v1/teams/${teamId}/${verb.id}`, body: said === '' ? {} : { reason: said } }),
    stale: [keys.me, keys.team(teamId), keys.approvals],
    onSuccess: ({ approvalId }) => approvalId === undefined && onDone(),
  });
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        move.mutate(reason.trim());
      }}
    >
      <p className="soft">{verb.lead}</p>
      <Textarea label="Why?" description={verb.needsReason ? 'The reason goes on the record and is shown to everybody of the team.' : 'Optional. It goes on the record.'} value={reason} maxLength={500} onChange={({ currentTarget }) => setReason(currentTarget.value)} data-autofocus />
      {move.error && (
        <p className={forms.error} role="alert">
          {failureWords(move.error)}
        </p>
      )}
      {move.data?.approvalId !== undefined && <p role="status">It waits for a person’s yes to the team’s manager, among the agents’ questions, and is done with that.</p>}
      <Button type="submit" size="lg" color={verb.id === 'suspend' ? 'red' : 'blue'} loading={move.isPending} disabled={move.isSuccess || (verb.needsReason && reason.trim() === '')}>
        {verb.label}
      </Button>
    </form>
  );
}
