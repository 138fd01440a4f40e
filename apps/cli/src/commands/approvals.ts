import { digestWords, type ApprovalDetail, type DecideBody } from '@countersign/contracts';
import { MOST_HOLD_SECONDS, SETTLEMENTS } from '@countersign/contracts/states';
import { createInterface } from 'node:readline/promises';
import { costWords, deliveryWords, ringWords } from '@countersign/view';
import { say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient, Versioned } from '../api/client.js';
import { signIn, useThisTerminal } from '../api/sign-in.js';
import { homeOf } from '../stack/home.js';
import { filesOf, proven, type ProvenFiles } from '../api/proven.js';
import { print } from '../ui/print.js';
import { printApproval, printThread } from '../ui/approval.js';
import { printTable } from '../ui/table.js';
import { stateWord } from '../ui/words.js';
import { EXIT, integerFlag, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';
import { ask, defer, escalate } from './marks.js';

const USUAL = 'asha';

const list: Command = {
  usage: '[--state pending]',
  summary: 'approvals, newest first',
  options: { state: { type: 'string' } },
  async run(call) {
    const client = await signIn(call, USUAL);
    const approvals = await client.approvals(textFlag(call, 'state'));
    output(call.global.json, approvals, () => printTable(['APPROVAL', 'STATE', 'DUE', 'COST', 'TITLE'], approvals.map(({ id, state, marks, dueAt, cost, title }) => [id, [stateWord(state), ...marks].join(', '), dueAt, costWords(cost), title])));
    if (process.stdout.isTTY) say(`\n  ${client.url}/`);
    return EXIT.done;
  },
};

const show: Command = {
  usage: '<id>',
  summary: 'what would happen: effect, facts, diff, checks, digest, and what was said',
  words: [1, 1],
  async run(call) {
    const [id = ''] = call.words;
    const client = await signIn(call, USUAL);
    const { value } = await client.approval(id);
    if (call.global.json) console.log(JSON.stringify(value));
    else {
      printApproval(value, await filesOf(client, value));
      printThread(await client.thread(id));
    }
    return EXIT.done;
  },
};

const approve: Command = {
  usage: '<id> [--yes] [--undo SECONDS]',
  summary: 'approve exactly the bytes that are shown; --undo: it can be taken back for so long',
  options: { yes: { type: 'boolean' }, undo: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const [id = ''] = call.words;
    const hold = holdOf(call);
    const client = await signIn(call, USUAL);
    const approval = await client.approval(id);
    const { digest, files } = await proven(client, approval.value);
    if (call.flags.yes !== true && !(await confirmed(approval.value, digest, files))) return EXIT.failed;
    return decide(call, client, approval, { decision: 'approve', digest, ...hold });
  },
};

/** Deny and request changes tell the team why; both end this approval. */
function refuse(decision: 'deny' | 'request_changes', summary: string): Command {
  const reportable = decision === 'deny';
  return {
    usage: `<id> --reason "…"${reportable ? ' [--report]' : ''} [--undo SECONDS]`,
    summary,
    options: { reason: { type: 'string' }, undo: { type: 'string' }, ...(reportable ? { report: { type: 'boolean' as const } } : {}) },
    words: [1, 1],
    async run(call) {
      const [id = ''] = call.words;
      const reason = textFlag(call, 'reason');
      if (!reason) throw new UsageError('why? the team will read it', '--reason "…"');
      const hold = holdOf(call);
      const client = await signIn(call, USUAL);
      const approval = await client.approval(id);
      return decide(call, client, approval, { decision, digest: approval.value.digest, reason, ...hold, ...(call.flags['report'] === true ? { report: true } : {}) });
    },
  };
}

const settle: Command = {
  usage: `<id> --outcome ${SETTLEMENTS.join('|')} [--reason "…"]`,
  summary: 'end an unknown outcome: look again, or say what became of it',
  options: { outcome: { type: 'string' }, reason: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const [id = ''] = call.words;
    const outcome = SETTLEMENTS.find((each) => each === textFlag(call, 'outcome'));
    if (!outcome) throw new UsageError('what became of it?', `--outcome ${SETTLEMENTS.join('|')}`);
    const reason = textFlag(call, 'reason');
    if (outcome !== 'look' && !reason) throw new UsageError('how do you know? your word goes on the record', '--reason "…"');
    const client = await signIn(call, USUAL);
    const settled = await client.settleEffect(id, { outcome, ...(reason ? { reason } : {}) });
    output(call.global.json, settled, ({ approvalId, state }) => print(`${approvalId}\t${state}`));
    return settled.state === 'unknown' ? EXIT.failed : EXIT.done;
  },
};

const reach: Command = {
  usage: '<id>',
  summary: 'who was told of it, how, and what came of it on each device',
  words: [1, 1],
  async run(call) {
    const told = await (await signIn(call, USUAL)).reach(call.words[0]!);
    output(call.global.json, told, ({ rings, nextAt }) => {
      for (const { person, rung, channel, state, reason, at, deliveries } of rings) {
        print(`${at}  ${person}: ${rung} by ${channel}, ${ringWords[state]}${reason === null ? '' : ` (${reason})`}`);
        for (const delivery of deliveries) print(`    ${deliveryWords(delivery)}  ${delivery.at}`);
      }
      if (nextAt !== null) print(`looked at again ${nextAt}`);
    });
    return EXIT.done;
  },
};

const undo: Command = {
  usage: '<id>',
  summary: 'take back a decision of yours that has not taken effect',
  words: [1, 1],
  async run(call) {
    const [id = ''] = call.words;
    const undone = await (await signIn(call, USUAL)).undo(id);
    output(call.global.json, undone, ({ approvalId, state }) => print(`${approvalId}\t${state}`));
    return EXIT.done;
  },
};

/** Nothing is held unless somebody wishes it: scripts go on at once. */
function holdOf(call: Call): { holdSeconds?: number } {
  const holdSeconds = integerFlag(call, 'undo', { min: 0, max: MOST_HOLD_SECONDS });
  return holdSeconds === undefined ? {} : { holdSeconds };
}

async function decide(call: Call, client: ApiClient, { value, etag }: Versioned<ApprovalDetail>, body: DecideBody): Promise<number> {
  const key = await useThisTerminal(client, homeOf(call.global.home));
  const assertion = body.decision === 'approve' ? await key.sign(value.id, body.digest) : undefined;
  const recorded = await client.decide(value.id, { ...body, ...(assertion ? { assertion } : {}) }, etag);
  output(call.global.json, recorded, ({ approvalId, state, effectiveAt }) => print([approvalId, state, ...(state === 'held' ? [`until ${effectiveAt}; countersign approvals undo ${approvalId}`] : state === 'pending' ? ['others must say yes as well'] : [])].join('\t')));
  return EXIT.done;
}

async function confirmed(approval: ApprovalDetail, digest: string, files: ProvenFiles): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('this would ask first', 'pass --yes');
  printApproval(approval, files);
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await ask.question(`\n  approve ${digestWords(digest)}? [y/N] `)).trim().toLowerCase() === 'y';
  } finally {
    ask.close();
  }
}

export const approvals = {
  list,
  show,
  approve,
  deny: refuse('deny', 'say no; nothing leaves the team; --report: it is suspicious, stop the team'),
  changes: refuse('request_changes', 'send it back with what should change'),
  defer,
  escalate,
  ask,
  reach,
  undo,
  settle,
};
