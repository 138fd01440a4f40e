import { ESCALATION_TRIGGERS, escalationOf, firstOf, withoutUnseen, type AccountNotice, type EscalationTrigger, type TeamId } from '@countersign/contracts';
import type { RingText } from './ring-text.js';

const MAX_NAME = 24;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Words {
  readonly title: string;
  readonly body: (device: string) => string;
  /** Where it leads; the person's own page unless said. */
  readonly page?: string;
  /** A push that comes later says nothing true; a day unless said. */
  readonly ttlMs?: number;
}

/** Not discreet or detailed: whoever was not it must know at once what to do. */
const WORDS: Readonly<Record<AccountNotice, Words>> = {
  device_added: { title: 'A device was added to your account', body: (device) => `${device} was added. If that was not you, remove it now: Me, Devices.` },
  key_added: { title: 'A key to approve with was added', body: (device) => `On ${device}. If that was not you, remove that device now: Me, Devices.` },
  key_copied: { title: 'A passkey of yours may be copied', body: (device) => `It signed out of turn; that was refused. If not in two tabs, remove ${device}: Me, Devices.` },
  device_removed: { title: 'A device was removed from your account', body: (device) => `${device} decides nothing any more. If that was not you, look at Me, Devices.` },
  device_lost: { title: 'A device was reported lost', body: (device) => `${device} decides nothing any more and is signed out. If that was not you, look at Me.` },
  email_changed: { title: 'Your mail address was changed', body: () => 'This address is not written to any more. If that was not you, tell your platform governor.' },
  team_suspended: { title: 'Your team was suspended', body: (team) => `${team} was suspended. Why, and what happens next, is in its helpdesk.`, page: 'chat' },
  escalation_raised: { title: 'Somebody waits for you', body: (what) => what, page: 'escalations' },
  escalation_overdue: { title: 'Somebody has waited too long', body: (what) => what, page: 'escalations' },
  review_asked: { title: 'You are asked for a review', body: (team) => `${team} has done work that waits for your review. It is on the team’s board.`, page: 'teams' },
  review_reminded: { title: 'A review still waits for you', body: (team) => `${team}: you have not begun to review what is done. Soon somebody else is asked.`, page: 'teams' },
  review_escalated: { title: 'A review waits for any of you', body: (team) => `${team} has done work that nobody has reviewed: any governor may now, on the team’s board.`, page: 'teams' },
  question_asked: { title: 'A member of your team asks', body: (team) => `A member of ${team} waits for an answer, for a while: it is on the team’s page.`, page: 'teams', ttlMs: HOUR_MS },
  team_reactivated: { title: 'Your team goes on', body: (team) => `${team} works again.`, page: 'teams' },
  team_over: { title: 'Your team has ended', body: (team) => `${team} has ended. What it has made is kept: save it on the team’s page.`, page: 'teams' },
  approves_hastily: { title: 'Somebody approves without reading', body: (person) => `${person} took under two seconds for most of ten approvals. Their screen slows them down now.` },
  phone_changed: { title: 'Your phone number was changed', body: () => 'This number is not used any more. If that was not you, tell your platform governor.' },
};

/** `about` is a device's name, as whoever added it wrote it: it is quoted, and too short to tell a story in. */
export function accountText(kind: AccountNotice, about: string, id: string, publicUrl: string): RingText {
  const { title, body, page = 'me', ttlMs = DAY_MS } = WORDS[kind];
  const [teamId, teamName] = /^(review|question)_/.test(kind) ? teamIn(about) : [undefined, about];
  const data = { t: page === 'me' ? 'account' : 'team', id, ...(teamId === undefined ? {} : { team: teamId }) };
  // each stands for itself: a later one must not take the place of the one that would have been a warning
  return { title, body: body(kind.startsWith('escalation_') ? concernOf(about) : `“${nameIn(teamName)}”`), data, collapseKey: `acc_${id}`, ttlMs, urgent: true, link: `${publicUrl}/${page}${teamId === undefined ? '' : `/${teamId}`}` };
}

const nameIn = (text: string): string => firstOf(withoutUnseen(text).replaceAll(/[^\p{L}\p{N} .,'()+-]/gu, ''), MAX_NAME).trim();

/** A team by its id and then its name: what leads to it. */
export const ofTeam = (teamId: TeamId, name: string): string => `${teamId} ${name}`;
const teamIn = (about: string): readonly [string | undefined, string] => {
  const [id = '', ...name] = about.split(' ');
  return /^[0-9a-f-]{36}$/.test(id) ? [id, name.join(' ')] : [undefined, about];
};

/** An escalation's trigger and then its team, in the words of the trigger. */
export const concern = (trigger: EscalationTrigger, teamName: string | null): string => `${trigger} ${teamName ?? ''}`.trim();
function concernOf(about: string): string {
  const [trigger = '', ...team] = about.split(' ');
  const words = ESCALATION_TRIGGERS.some((known) => known === trigger) ? escalationOf(trigger as EscalationTrigger).words : 'Something has to be looked at';
  return team.length === 0 ? `${words}.` : `“${nameIn(team.join(' '))}”: ${words}.`;
}
