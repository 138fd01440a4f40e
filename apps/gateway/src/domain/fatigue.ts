import type { FatigueCap } from '@countersign/contracts';

const MINUTE_MS = 60_000;

/** When a person who was rung at these times may be rung again without exceeding a cap; undefined: now. */
export function restUntil(rungAt: readonly Date[], now: Date, caps: readonly FatigueCap[]): Date | undefined {
  const times = rungAt.map((at) => at.getTime()).sort((a, b) => a - b);
  const free = caps.map(({ rings, minutes }) => {
    const recent = times.filter((at) => at > now.getTime() - minutes * MINUTE_MS);
    return recent.length < rings ? 0 : recent[recent.length - rings]! + minutes * MINUTE_MS;
  });
  const until = Math.max(0, ...free);
  return until > now.getTime() ? new Date(until) : undefined;
}
