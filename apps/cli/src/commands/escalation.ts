import { RECORDED_KINDS, type EscalationView, type RecordedKind } from '@countersign/contracts';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

const USUAL = 'gov';

const list: Command = {
  usage: '[--all]',
  summary: 'what somebody of your roles has to look at, and until when; with --all what is over, too',
  options: { all: { type: 'boolean' } },
  async run(call) {
    const all = await (await signIn(call, USUAL)).escalations(call.flags['all'] === true);
    output(call.global.json, all, printEscalations);
    return EXIT.done;
  },
};

const printEscalations = (all: readonly EscalationView[]): void =>
  printTable(['ESCALATION', 'TEAM', 'WHAT', 'FIGURES', 'FOR', 'STATE', 'UNTIL'], all.map((one) => [one.id, one.teamName ?? 'the platform', whatOf(one), figuresOf(one), one.toRole, one.state, one.state === 'resolved' ? endOf(one) : one.overdue ? `${one.dueAt} (late)` : one.dueAt]));

const whatOf = ({ words, memberName, said, approvalId }: EscalationView): string => `${words}${memberName === null ? '' : `: ${memberName}`}${said ? ` – ${said}` : ''}${approvalId ? ` (approvals show ${approvalId})` : ''}`;
/** How it ended, and by whose word. */
const endOf = ({ resolvedAt, resolvedBy, resolution }: EscalationView): string => `${resolvedAt ?? ''}, ${resolvedBy ?? 'by itself'}${resolution === '' ? '' : `: ${resolution}`}`;

const figuresOf = ({ counted, figures }: EscalationView): string => [...(counted > 1 ? [`${counted} times`] : []), ...Object.entries(figures).map(([name, value]) => `${name} ${String(value)}`)].join(', ');

const ack: Command = {
  usage: 'ID',
  summary: 'say that you have seen an escalation',
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const id = await find(client, call.words[0]!);
    output(call.global.json, await client.acknowledge(id), ({ state }) => print(`${id}\t${state}`));
    return EXIT.done;
  },
};

const resolve: Command = {
  usage: 'ID --resolution "…"',
  summary: 'say how an escalation ended',
  options: { resolution: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const resolution = textFlag(call, 'resolution');
    if (!resolution?.trim()) throw new UsageError('how did it end?', '--resolution "…"');
    const client = await signIn(call, USUAL);
    const id = await find(client, call.words[0]!);
    output(call.global.json, await client.resolve(id, resolution), ({ state }) => print(`${id}\t${state}`));
    return EXIT.done;
  },
};

const isRecorded = (kind: string): kind is RecordedKind => (RECORDED_KINDS as readonly string[]).includes(kind);
const record: Command = {
  usage: `KIND "what" [--team T] [--member NAME]`,
  summary: `record what no row shows: ${RECORDED_KINDS.join(', ')}`,
  options: { team: { type: 'string' }, member: { type: 'string' } },
  words: [2, 2],
  async run(call) {
    const [kind = '', words = ''] = call.words;
    if (!isRecorded(kind)) throw new UsageError(`"${kind}" is not recorded`, RECORDED_KINDS.join(', '));
    const client = await signIn(call, USUAL);
    const { id } = await findTeam(client, textFlag(call, 'team'));
    const name = textFlag(call, 'member');
    const memberId = name === undefined ? undefined : (await findMember(client, id, name));
    output(call.global.json, await client.recordIncident(id, { kind, words, ...(memberId === undefined ? {} : { memberId }) }), (made) => print(made.id));
    return EXIT.done;
  },
};

/** A member by name, skill or id. */
export async function findMember(client: ApiClient, teamId: string, said: string): Promise<string> {
  const found = (await client.team(teamId)).members.filter(({ id, name, skill }) => [id, name, skill].includes(said));
  if (found.length !== 1) throw new UsageError(`no member "${said}"`);
  return found[0]!.id;
}

/** By its id or the end of it. */
async function find(client: ApiClient, said: string): Promise<string> {
  const found = (await client.escalations(false)).filter(({ id }) => id === said || (said.length >= 4 && id.endsWith(said)));
  if (found.length > 1) throw new UsageError(`"${said}" could be more than one escalation`);
  return found[0]?.id ?? said;
}

export const escalation = { list, ack, resolve, record };
