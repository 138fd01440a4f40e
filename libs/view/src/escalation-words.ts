import type { EscalationView } from '@countersign/contracts';
import { inSight } from './invisible.js';
import { moneyWords, sizeWords } from './money-words.js';
import { durationWords } from './time-words.js';

/** What was measured, as a sentence's part; other figures of the same escalation may belong to it. */
const MEASURED: Readonly<Record<string, (value: number, all: Readonly<Record<string, unknown>>) => string>> = {
  denial: (value) => `${value} refused ${value === 1 ? 'call' : 'calls'} of the manager`,
  spawn: (value) => `${value} refused ${value === 1 ? 'start' : 'starts'} of an agent`,
  forged: (value) => `${value} ${value === 1 ? 'message' : 'messages'} in another’s name`,
  effect: (value) => `${value} ${value === 1 ? 'goal' : 'goals'} carried out without a yes`,
  refused: (value) => `${value} ${value === 1 ? 'attempt' : 'attempts'} with the managers’ credential that the message broker refused`,
  hidden: (value) => `${value} refused ${value === 1 ? 'attempt' : 'attempts'} on the message broker by somebody who hid whose credential it was`,
  mostMs: (value) => `the slowest took ${durationWords(value)} from a task to its agent`,
  p95Ms: (value, { requests }) => `95 of 100 answers within ${durationWords(value)}${requests === undefined ? '' : `, of ${String(requests)}`}`,
  bytes: (value) => `${sizeWords(value)} of files and texts`,
  hard: (value, { ofTasks }) => `${value} of ${String(ofTasks)} hard tasks`,
  passed: (value, { passedBefore, of }) => `${value} of the last ${String(of)} reviews passed, ${String(passedBefore)} of those before`,
  usdMicros: (value, { limitUsdMicros }) => `${usd(value)} spent${limitUsdMicros === undefined ? '' : ` this month of ${usd(Number(limitUsdMicros))}`}`,
  noes: (value, { answers }) => `${value} of ${String(answers)} answers were no`,
};
/** What a manager tries is counted by kind. */
const TRIED = ['denial', 'spawn', 'forged', 'effect', 'refused', 'hidden'] as const;
const usd = (amountMicros: number): string => moneyWords({ amountMicros, currency: 'USD' });
/** Said together with another one. */
const WITHIN: ReadonlySet<string> = new Set(['requests', 'ofTasks', 'passedBefore', 'of', 'answers', 'limitUsdMicros']);

/** What an escalation was raised by, in words; a figure that has none here stands as it is called. */
export function figuresWords({ counted, figures }: Pick<EscalationView, 'counted' | 'figures'>): readonly string[] {
  const all = figures as Readonly<Record<string, unknown>>;
  const measured = Object.entries(all).filter(([name]) => !WITHIN.has(name)).map(([name, value]) => MEASURED[name]?.(Number(value), all) ?? inSight(`${name}: ${String(value)}`));
  return counted > 1 && !TRIED.some((name) => name in all) ? [`${counted} times`, ...measured] : measured;
}
