import '@mantine/core/styles/Popover.layer.css';
import '@mantine/core/styles/Menu.layer.css';
import type { Role, TeamDetail, TeamStanding, TeamState } from '@countersign/contracts';
import { Button, Menu, Textarea } from '@mantine/core';
import { IconDots, IconDownload, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useState } from 'react';
import { keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Sheet } from '../parts/sheet.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import styles from './team-actions.module.css';

interface Verb {
  /** As its route is called. */
  readonly id: 'suspend' | 'reactivate' | 'certify' | 'reject' | 'deploy' | 'promote' | 'extend' | 'complete' | 'cancel' | 'dissolve' | 'archive' | 'coordinate' | 'hand-back' | 'revert' | 'helpdesk/open';
  readonly label: string;
  readonly lead: string;
  readonly roles: readonly Role[];
  readonly from: readonly TeamState[];
  /** Further, what the team must be like. */
  readonly fits?: (team: TeamDetail) => boolean;
  readonly stops?: true;
  readonly needsReason: boolean;
}
const isTrial = ({ mode }: TeamDetail): boolean => mode === 'trial';
/** Who may do what from where: the server's own table again, so that the screen offers only what it would take. */
const VERBS: readonly Verb[] = [
  {
    id: 'suspend',
    label: 'Suspend the team',
    lead: 'Everybody stops within two seconds, requests that wait are withdrawn (after a reactivation they are asked again, with the time they had left), and the helpdesk opens. The work so far is kept.',
    roles: ['customer_governor', 'platform_governor', 'genesis', 'operator'],
    from: ['active'],
    stops: true,
    needsReason: true,
  },
  { id: 'reactivate', label: 'Reactivate the team', lead: 'The team goes on with what it was doing, from its rows.', roles: ['platform_governor', 'genesis'], from: ['suspended'], needsReason: false },
  { id: 'certify', label: 'Certify the team', lead: 'It may be put to work.', roles: ['genesis'], from: ['requested'], needsReason: false },
  { id: 'reject', label: 'Reject the team', lead: 'It ends here.', roles: ['genesis'], from: ['requested'], stops: true, needsReason: true },
  { id: 'deploy', label: 'Put the team to work', lead: 'Its manager starts; a trial begins.', roles: ['customer_governor', 'platform_governor'], from: ['certified'], needsReason: false },
  { id: 'promote', label: 'Make it production', lead: 'The trial must have passed its test. The team then has the budget of a team in production, and costs what its bundle costs.', roles: ['customer_governor', 'platform_governor'], from: ['active'], fits: isTrial, needsReason: false },
  { id: 'extend', label: 'Make the trial longer', lead: 'By as many days as the policy allows, from its last day on.', roles: ['customer_governor', 'platform_governor'], from: ['active'], fits: isTrial, needsReason: false },
  { id: 'coordinate', label: 'Coordinate it yourself', lead: 'In its manager’s place for a while: new goals are only planned until a person delegates them.', roles: ['platform_governor'], from: ['active', 'suspended'], fits: ({ coordination }) => coordination === 'manager', needsReason: true },
  { id: 'hand-back', label: 'Let its manager coordinate', lead: 'New goals are delegated by the manager again.', roles: ['platform_governor'], from: ['active', 'suspended'], fits: ({ coordination }) => coordination === 'person', needsReason: false },
  { id: 'helpdesk/open', label: 'Open the helpdesk', lead: 'Where the bundle left that to be decided: the customer can talk to it until the team goes on or ends.', roles: ['platform_governor'], from: ['suspended'], needsReason: false },
  { id: 'revert', label: 'Make its members single agents', lead: 'The manager ends for good, and with it everybody it started and every goal that is not finished. This cannot be taken back. You start each of its members yourself.', roles: ['customer_governor', 'platform_governor'], from: ['active', 'suspended'], fits: ({ coordination }) => coordination !== 'individuals', stops: true, needsReason: false },
  { id: 'complete', label: 'End the team', lead: 'Its work is done: everything stops, open goals end. What it has made is kept, and can be saved.', roles: ['customer_governor', 'platform_governor'], from: ['active'], stops: true, needsReason: false },
  { id: 'cancel', label: 'Cancel the team', lead: 'Everything stops for good, and it costs nothing more. What it has made is kept, and can be saved.', roles: ['customer_governor', 'platform_governor'], from: ['requested', 'certified', 'active', 'suspended'], stops: true, needsReason: false },
  { id: 'dissolve', label: 'Dissolve the team', lead: 'It does not go on. What it has made is kept.', roles: ['platform_governor', 'genesis'], from: ['suspended'], stops: true, needsReason: true },
  { id: 'archive', label: 'Put the team away', lead: 'It is over already; its record stays.', roles: ['platform_governor'], from: ['completed', 'dissolved'], needsReason: false },
];

export function TeamActions({ team, desktop }: { team: TeamDetail; desktop: boolean }) {
  const { roles } = useMe();
  const [asking, setAsking] = useState<Verb>();
  const verbs = VERBS.filter((verb) => verb.from.includes(team.state) && verb.roles.some((role) => roles.includes(role)) && verb.fits?.(team) !== false);
  const keeps = roles.includes('customer_governor');
  if (verbs.length === 0 && !keeps) return null;
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" className={styles.more} aria-label="What you can do with this team">
            <IconDots size={20} aria-hidden="true" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {keeps && (
            <Menu.Item component="a" href={`/v1/teams/${team.id}/export`} download className={styles.item} leftSection={<IconDownload size={20} />}>
              Save what it has made
            </Menu.Item>
          )}
          {verbs.map((verb) => (
            <Menu.Item key={verb.id} className={`${styles.item} ${verb.stops ? styles.grave : ''}`} leftSection={verb.stops ? <IconPlayerStop size={20} /> : <IconPlayerPlay size={20} />} onClick={() => setAsking(verb)}>
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
      <Button type="submit" size="lg" color={verb.stops ? 'red' : 'blue'} loading={move.isPending} disabled={move.isSuccess || (verb.needsReason && reason.trim() === '')}>
        {verb.label}
      </Button>
    </form>
  );
}
