import type { DecideBody } from '@countersign/contracts';
import { signIn, useThisTerminal } from '../api/sign-in.js';
import { homeOf } from '../stack/home.js';
import { print } from '../ui/print.js';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';

const USUAL = 'asha';
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MOST_MS = 366 * 86_400_000;

/** So long from now (`30m`, `2h`, `1d`), or a time with its zone. */
export function whenOf(text: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const at = count === undefined ? (/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN) : now.getTime() + Number(count) * UNITS[unit!]!;
  if (Number.isNaN(at) || at > now.getTime() + MOST_MS) throw new UsageError(`"${text}" is no time`, '--until 30m, 2h, 1d, or 2026-05-01T09:00:00+02:00');
  return new Date(at);
}

/** It stays open, and its deadline stays where it is. */
async function mark(call: Call, wish: Pick<DecideBody, 'decision' | 'until' | 'reason'>): Promise<number> {
  const [id = ''] = call.words;
  const client = await signIn(call, USUAL);
  const { value, etag } = await client.approval(id);
  await useThisTerminal(client, homeOf(call.global.home));
  const recorded = await client.decide(id, { digest: value.digest, ...wish }, etag);
  output(call.global.json, recorded, ({ approvalId, state }) => print(`${approvalId}\t${state}`));
  return EXIT.done;
}
const reasonOf = (call: Call): Pick<DecideBody, 'reason'> => {
  const reason = textFlag(call, 'reason');
  return reason ? { reason } : {};
};

export const defer: Command = {
  usage: '<id> --until 30m|2h|TIME [--reason "…"]',
  summary: 'put it off for yourself until then; it stays due when it was',
  options: { until: { type: 'string' }, reason: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const until = textFlag(call, 'until');
    if (!until) throw new UsageError('until when?', '--until 30m, 2h, 1d, or a time with its zone');
    return mark(call, { decision: 'defer', until: whenOf(until, new Date()).toISOString(), ...reasonOf(call) });
  },
};

export const escalate: Command = {
  usage: '<id> [--reason "…"]',
  summary: 'have whoever stands in for you, or the platform’s governor, told now',
  options: { reason: { type: 'string' } },
  words: [1, 1],
  run: (call) => mark(call, { decision: 'escalate', ...reasonOf(call) }),
};

export const ask: Command = {
  usage: '<id> "question"',
  summary: 'ask the team about it; the answer stands in `approvals show`',
  words: [2, 2],
  run: (call) => mark(call, { decision: 'ask', reason: call.words[1] ?? '' }),
};
