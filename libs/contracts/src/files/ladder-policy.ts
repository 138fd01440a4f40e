import { count, list, object } from './parts.js';

/** How a person is reached who does not answer, from the first ring to the platform's governor. */
export const RUNGS = ['push', 'reminder', 'email', 'sms', 'warning', 'substitute', 'escalation'] as const;
export type Rung = (typeof RUNGS)[number];

/** The sooner of a share of the time to answer and so many minutes. */
export interface RungTime {
  percent: number;
  minutes?: number;
}
/** No person is rung more often than `rings` times in any `minutes`. */
export interface FatigueCap {
  rings: number;
  minutes: number;
}

export interface LadderPolicy {
  /** After the question was asked. The first push comes at once. */
  after: Readonly<Record<Exclude<Rung, 'push' | 'warning'>, RungTime>>;
  /** Before the question expires. */
  warning: RungTime;
  /** From this tier on a question rings through quiet hours. */
  criticalTier: number;
  fatigue: readonly FatigueCap[];
}

const AFTER = ['reminder', 'email', 'sms', 'substitute', 'escalation'] as const;
const YEAR_MINUTES = 525_600;
const rungTime = (description: string) => object({ percent: count('Share of the time to answer.', 100), minutes: count('Minutes, where that is sooner.', YEAR_MINUTES, 1) }, ['percent'], description);

export const ladderSchema = object(
  {
    after: object(Object.fromEntries(AFTER.map((rung) => [rung, rungTime(`When the ${rung} comes.`)])), AFTER, 'Counted from the question; the first push comes at once.'),
    warning: rungTime('Counted back from the deadline.'),
    criticalTier: count('From this tier on a question rings through quiet hours; 4: none does.', 4),
    fatigue: list(object({ rings: count('Rings of one person.', 1_000, 1), minutes: count('In any so many minutes, a day at most.', 1_440, 1) }, ['rings', 'minutes']), 'What exceeds these waits, and comes as one digest.', 10),
  },
  ['after', 'warning', 'criticalTier', 'fatigue'],
  'How somebody is reached who does not answer.',
);

/** For an approval policy that says nothing of it: a reminder within a day, the platform's governor within two. */
export const DEFAULT_LADDER: LadderPolicy = {
  after: {
    reminder: { percent: 50, minutes: 1_440 },
    email: { percent: 60, minutes: 1_728 },
    sms: { percent: 70, minutes: 2_016 },
    substitute: { percent: 80, minutes: 2_304 },
    escalation: { percent: 90, minutes: 2_880 },
  },
  warning: { percent: 10, minutes: 60 },
  criticalTier: 3,
  fatigue: [
    { rings: 3, minutes: 10 },
    { rings: 6, minutes: 60 },
    { rings: 20, minutes: 1_440 },
  ],
};
