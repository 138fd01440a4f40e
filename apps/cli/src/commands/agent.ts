import { AGENT_ROLES, INSTANCE_STATES, type AgentInstance, type ApprovalQueue } from '@countersign/contracts';
import { dollars } from '@countersign/view';
import { say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient, GateWord, QuestionKind } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { shortId, stateWord } from '../ui/words.js';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';
import { fanout } from './fanout.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';

/** The team that was named; undefined: all of the person's. */
async function teamOf(call: Call, client: ApiClient): Promise<string | undefined> {
  const said = textFlag(call, 'team');
  return said === undefined ? undefined : (await findTeam(client, said)).id;
}

const list: Command = {
  usage: '[--team T] [--mission M] [--status running]',
  summary: 'agents, newest first: who started whom, for what, and what each has spent',
  options: { team: { type: 'string' }, mission: { type: 'string' }, status: { type: 'string' } },
  async run(call) {
    const status = textFlag(call, 'status');
    if (status !== undefined && !INSTANCE_STATES.some((state) => state === status)) throw new UsageError(`--status is one of ${INSTANCE_STATES.join(', ')}, not "${status}"`);
    const client = await signIn(call, USUAL);
    const { instances } = await client.agents({ team: await teamOf(call, client), missionID: textFlag(call, 'mission'), status });
    output(call.global.json, instances, () => printTable(['AGENT', 'ROLE', 'TEMPLATE', 'STATUS', 'MISSION', 'STARTED BY', 'COST', 'TOKENS', 'WHY'], instances.map(rowOf)));
    return EXIT.done;
  },
};

function rowOf({ instanceID, role, templateID, status, missionID, parentInstanceID, metadata }: AgentInstance): string[] {
  const { costUsedUsd, tokensUsed } = metadata.budgetUsage;
  const starter = parentInstanceID === undefined ? (metadata.source === 'ui_action' ? 'a person' : 'the team') : shortId(parentInstanceID);
  return [instanceID, role, templateID, stateWord(status), missionID, starter, dollars(costUsedUsd), String(tokensUsed), metadata.endReason ?? metadata.justification];
}

const spawn: Command = {
  usage: '--role R --justification "…" [--template T] [--mission M] [--parent A] [--team T]',
  summary: 'ask the spawn gate for an agent; where it needs a person, says which question waits',
  options: { role: { type: 'string' }, justification: { type: 'string' }, template: { type: 'string' }, mission: { type: 'string' }, parent: { type: 'string' }, team: { type: 'string' } },
  async run(call) {
    const role = AGENT_ROLES.find((each) => each === textFlag(call, 'role'));
    if (!role) throw new UsageError('which role?', `--role ${AGENT_ROLES.join('|')}`);
    const justification = textFlag(call, 'justification');
    if (!justification) throw new UsageError('why? it goes on the record', '--justification "…"');
    const client = await signIn(call, USUAL);
    const wish = { role, justification, templateID: textFlag(call, 'template'), missionID: textFlag(call, 'mission'), parentInstanceID: textFlag(call, 'parent') };
    const placed = wish.missionID !== undefined || wish.parentInstanceID !== undefined;
    const team = placed ? await teamOf(call, client) : (await findTeam(client, textFlag(call, 'team'))).id;
    const answer = await client.spawnAgent(wish, team);
    output(call.global.json, answer, ({ instanceID, status, approvalID, code }) => print(instanceID === undefined ? `${approvalID ?? ''}\t${code ?? ''}` : `${instanceID}\t${status ?? ''}`));
    if (answer.ok) return EXIT.done;
    if (!call.global.json) say(`  ${answer.error ?? ''}\n  a person other than you says yes or no: countersign agent approve|deny ${answer.approvalID ?? ''}`);
    return EXIT.denied;
  },
};

const cancel: Command = {
  usage: '<id> [--reason "…"]',
  summary: 'stop an agent and everything it started',
  options: { reason: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const [id = ''] = call.words;
    const stopped = await (await signIn(call, USUAL)).cancelAgent(id, textFlag(call, 'reason'));
    output(call.global.json, stopped, ({ instanceID, status }) => print(`${instanceID}\t${status}`));
    return EXIT.done;
  },
};

const questions: Command = {
  usage: '[--team T]',
  summary: 'what the spawn gate needs a person for: spawns, tool calls, budgets',
  options: { team: { type: 'string' } },
  async run(call) {
    const client = await signIn(call, USUAL);
    const queue = await client.questions(await teamOf(call, client));
    output(call.global.json, queue, () => printTable(['QUESTION', 'UNTIL', 'WHAT', 'WHY'], rowsOf(queue)));
    return EXIT.done;
  },
};

const time = (ms: number): string => new Date(ms).toISOString();
const rowsOf = ({ spawnApprovals, toolApprovals, budgetApprovals = [] }: ApprovalQueue): string[][] => [
  ...spawnApprovals.map(({ approvalID, expiresAtMs, request, reason }) => [approvalID, time(expiresAtMs), `start a ${request.role ?? 'worker'}: ${request.justification}`, reason]),
  ...toolApprovals.map(({ approvalID, expiresAtMs, tool, args, reason }) => [approvalID, time(expiresAtMs), `${tool ?? 'a tool'} ${JSON.stringify(args ?? {})}`, reason]),
  ...budgetApprovals.map(({ approvalID, expiresAtMs, more, reason }) => [approvalID, time(expiresAtMs), `grant ${JSON.stringify(more)}`, reason]),
];

const KINDS: readonly QuestionKind[] = ['spawn', 'tool', 'budget'];
/** The question's id says what it is about. */
function answerWith(word: GateWord, summary: string): Command {
  return {
    usage: '<question> [--reason "…"]',
    summary,
    options: { reason: { type: 'string' } },
    words: [1, 1],
    async run(call) {
      const [id = ''] = call.words;
      const kind = KINDS.find((each) => id.startsWith(`${each}_`));
      if (!kind) throw new UsageError(`"${id}" is no question`, 'countersign agent questions lists them');
      const answered = await (await signIn(call, USUAL)).answerQuestion(kind, id, word, textFlag(call, 'reason'));
      output(call.global.json, answered, ({ approvalID, decision, instanceID }) => print([approvalID, decision, ...(instanceID === undefined ? [] : [instanceID])].join('\t')));
      return EXIT.done;
    },
  };
}

export const agent = { list, spawn, fanout, cancel, questions, approve: answerWith('approve', 'let it happen, if the gate still lets it; not who asked'), deny: answerWith('deny', 'say no') };
