import { TEAM_LEAD, type MemberId, type MessageType } from '@countersign/contracts';

/** A member of the team as agents address each other. */
export interface Teammate {
  readonly id: MemberId;
  readonly name: string;
  readonly lead: boolean;
  readonly active: boolean;
}
/** A message that a response names. */
export interface Asked {
  readonly id: string;
  readonly type: MessageType;
  readonly from: MemberId;
  readonly to: MemberId | null;
  readonly answered: boolean;
}
export interface Said {
  readonly type: MessageType;
  readonly recipient?: string;
  readonly content?: string;
  readonly summary?: string;
  readonly requestId?: string;
  readonly approve?: boolean;
}
export type MessageRefusal = {
  readonly ok: false;
  readonly code: 'recipient_missing' | 'recipient_unknown' | 'recipient_is_sender' | 'content_missing' | 'request_missing' | 'request_unknown' | 'request_mismatch' | 'request_answered';
  readonly message: string;
};
/** `to` null: everybody else. */
export type Judged = { readonly ok: true; readonly to: Teammate | null } | MessageRefusal;

const no = (code: MessageRefusal['code'], message: string): MessageRefusal => ({ ok: false, code, message });

/** What each kind of response answers. Neither names anything but a message between agents: no approval of a person or of the gate has such an id. */
const ANSWERS: Partial<Readonly<Record<MessageType, MessageType>>> = { shutdown_response: 'shutdown_request', plan_approval_response: 'message' };

/** Whom a message goes to, or why it does not go. Only members of the team have a name here: not the customer, not the helpdesk, not another team. */
export function judgeMessage(said: Said, from: MemberId, roster: readonly Teammate[], asked: Asked | undefined): Judged {
  const wanted = ANSWERS[said.type];
  if (wanted !== undefined) return judgeAnswer(said, wanted, from, roster, asked);
  if (said.type !== 'shutdown_request' && (said.content ?? '').trim() === '') return no('content_missing', 'A message says something.');
  if (said.type === 'broadcast') return { ok: true, to: null };
  if (said.recipient === undefined) return no('recipient_missing', 'A message is for somebody; a broadcast for everybody.');
  const to = teammateNamed(said.recipient, roster);
  if (!to) return no('recipient_unknown', 'The team has no active member of that name.');
  return to.id === from ? no('recipient_is_sender', 'An agent does not write to itself.') : { ok: true, to };
}

/** An answer goes to who asked, whoever else it names. */
function judgeAnswer({ requestId, approve, recipient }: Said, wanted: MessageType, from: MemberId, roster: readonly Teammate[], asked: Asked | undefined): Judged {
  if (requestId === undefined || approve === undefined) return no('request_missing', 'A response names the request, and says yes or no.');
  if (asked?.to !== from) return no('request_unknown', 'Nothing of that id was sent to this agent.');
  if (asked.type !== wanted) return no('request_mismatch', `What it names is a ${asked.type}, not a ${wanted}.`);
  if (asked.answered) return no('request_answered', 'It was answered before.');
  const to = roster.find(({ id }) => id === asked.from);
  if (!to || (recipient !== undefined && teammateNamed(recipient, roster)?.id !== to.id)) return no('recipient_unknown', 'The response goes to the agent that asked.');
  return { ok: true, to };
}

/** By name, however it is cased; the lead also as `team-lead`. */
export function teammateNamed(name: string, roster: readonly Teammate[]): Teammate | undefined {
  const wanted = name.trim().toLowerCase();
  return roster.find((mate) => mate.active && (mate.name.toLowerCase() === wanted || (mate.lead && wanted === TEAM_LEAD)));
}
