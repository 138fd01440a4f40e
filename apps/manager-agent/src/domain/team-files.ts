import { wireId, type MessageType, type TodoState } from '@countersign/contracts';

/** What a team's files show: rows that its manager reads, and of the record what was done, never what was said in it. */
export interface TeamFacts {
  readonly team: { readonly id: string; readonly name: string; readonly state: string; readonly mode: string; readonly bundle: string };
  readonly members: readonly { readonly id: string; readonly name: string; readonly skill: string; readonly lead: boolean; readonly state: string; readonly instanceId: string | null; readonly updatedAtMs: number }[];
  readonly tasks: readonly {
    readonly id: string; readonly goalId: string; readonly subject: string; readonly description: string; readonly status: TodoState; readonly ownerId: string | null; readonly blockedBy: readonly string[]; readonly managed: boolean;
  }[];
  /** In the order in which they were said. */
  readonly messages: readonly {
    readonly id: string; readonly type: MessageType; readonly fromId: string; readonly toId: string | null; readonly content: string; readonly summary: string; readonly requestId: string | null; readonly approve: boolean | null; readonly atMs: number;
  }[];
  readonly events: readonly { readonly seq: number; readonly atMs: number; readonly action: string | null; readonly result: string | null }[];
}

const page = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
const lines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const LONGEST = 40;
/** Bytes of a mailbox; what is older is in the database. */
export const MAILBOX_BYTES = 256 * 1024;

/** The newest lines that make up no more bytes than that. */
function newest(values: readonly object[]): string {
  const all = values.map((value) => lines([value]));
  let left = MAILBOX_BYTES;
  return all.slice(all.findLastIndex((line) => (left -= Buffer.byteLength(line)) < 0) + 1).join('');
}

/** So many of a sorted list, those first that come after a certain one: who was late in one turn is early in the next. */
export function inTurn<T extends string>(sorted: readonly T[], after: T | undefined, most: number): T[] {
  const next = after === undefined ? 0 : sorted.findIndex((each) => each > after);
  return next <= 0 ? sorted.slice(0, most) : [...sorted.slice(next), ...sorted.slice(0, next)].slice(0, most);
}


/** A name that is safe in every folder: what an agent or a bundle calls somebody leads nowhere. Two that come out alike are told apart by their ids. */
export function fileNames(members: readonly { readonly id: string; readonly name: string }[]): ReadonlyMap<string, string> {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, LONGEST).replaceAll(/^-+|-+$/g, '');
  const alike = Map.groupBy(members, ({ name }) => plain(name));
  return new Map(members.map(({ id, name }) => [id, plain(name) !== '' && alike.get(plain(name))!.length === 1 ? plain(name) : id]));
}

/** The team's files by their paths below its folder, in the original's layout. The same facts are the same bytes. */
export function renderTeam({ team, members, tasks, messages, events }: TeamFacts): ReadonlyMap<string, string> {
  const nameOf = (id: string | null): string | null => members.find((member) => member.id === id)?.name ?? null;
  const mail = messages.map(({ id, type, fromId, toId, content, summary, requestId, approve, atMs }) => ({
    message_id: id, type, from: nameOf(fromId), to: nameOf(toId), content, summary, ...(requestId === null ? {} : { request_id: requestId, approve }), at_ms: atMs, fromId, toId,
  }));
  const told = mail.map(({ fromId: _from, toId: _to, ...message }) => message);
  const there = members.filter(({ state }) => state !== 'removed'); // who made room for another is named in what was said and done
  const files = fileNames(there);
  return new Map([
    ['config.json', page({ team_id: team.id, team_name: team.name, state: team.state, mode: team.mode, bundle: team.bundle, lead: there.find(({ lead }) => lead)?.name ?? null, members: there.map(({ name, skill, lead, state }) => ({ name, skill, lead, state })) })],
    ['members.json', page(there.map(({ name, instanceId, updatedAtMs }) => ({ name, sessionID: instanceId === null ? null : wireId('session', instanceId), updatedAtMs })))],
    ['events.jsonl', lines(events.map(({ seq, atMs, action, result }) => ({ seq, at_ms: atMs, action, result })))],
    ...tasks.map(({ id, goalId, subject, description, status, ownerId, blockedBy, managed }): [string, string] => [`tasks/${id}.json`, page({ taskId: id, missionID: goalId, subject, description, status, owner: nameOf(ownerId), blockedBy, managed })]),
    ...there.map(({ id }): [string, string] => [`mailboxes/${files.get(id)}.jsonl`, newest(told.filter((_, at) => mail[at]!.toId === id || (mail[at]!.toId === null && mail[at]!.fromId !== id)))]),
    ...told.filter(({ type }) => type === 'shutdown_request').map((asked): [string, string] => {
      const answer = told.find((message) => 'request_id' in message && message.request_id === asked.message_id);
      const status = answer === undefined ? 'pending' : 'approve' in answer && answer.approve ? 'approved' : 'rejected';
      return [`requests/${asked.message_id}.json`, page({ request_id: asked.message_id, type: asked.type, from: asked.from, to: asked.to, content: asked.content, at_ms: asked.at_ms, status })];
    }),
  ]);
}

/** What lies beside the teams' folders. */
export const renderIndex = (teamIds: readonly string[]): string =>
  page({ note: 'A copy of what the database holds, to be read by people. It is written again when it differs, and nothing reads it.', teams: teamIds.map((id) => ({ team_id: id, path: `${id}/config.json` })) });
