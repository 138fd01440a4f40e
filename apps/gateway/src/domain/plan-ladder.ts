import { DEFAULT_LADDER, RUNGS, type FatigueCap, type LadderPolicy, type Rung, type RungTime } from '@countersign/contracts';

/** The ladder of one question, as the policy had it when the question was asked: a later policy changes no ladder that runs. */
export interface LadderPlan {
  /** Milliseconds after the question, time that stood still not counted. */
  readonly afterMs: Readonly<Record<Rung, number>>;
  /** It rings through quiet hours. */
  readonly critical: boolean;
}

const MINUTE_MS = 60_000;
const sooner = ({ percent, minutes }: RungTime, timeoutMs: number): number => Math.floor(Math.min((timeoutMs * percent) / 100, minutes === undefined ? Infinity : minutes * MINUTE_MS));

export function planLadder(policy: LadderPolicy = DEFAULT_LADDER, timeoutMs: number, tier: number): LadderPlan {
  const at = (rung: Rung): number => {
    if (rung === 'push') return 0;
    return rung === 'warning' ? timeoutMs - sooner(policy.warning, timeoutMs) : sooner(policy.after[rung], timeoutMs);
  };
  return { afterMs: Object.fromEntries(RUNGS.map((rung) => [rung, at(rung)])) as Record<Rung, number>, critical: tier >= policy.criticalTier };
}

export const capsOf = (policy: LadderPolicy | undefined): readonly FatigueCap[] => (policy ?? DEFAULT_LADDER).fatigue;
