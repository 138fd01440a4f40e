export interface BucketLimits {
  readonly burst: number;
  readonly perSecond: number;
}
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export const fullBucket = (limits: BucketLimits, nowMs: number): Bucket => ({ tokens: limits.burst, atMs: nowMs });

/** Takes one token; `retryAfterMs` is 0 when there was one, else the time until there will be. */
export function takeToken(bucket: Bucket, limits: BucketLimits, nowMs: number): { readonly bucket: Bucket; readonly retryAfterMs: number } {
  const earned = (Math.max(0, nowMs - bucket.atMs) * limits.perSecond) / 1000;
  const tokens = Math.min(limits.burst, bucket.tokens + earned);
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, retryAfterMs: 0 };
  return { bucket: { tokens, atMs: nowMs }, retryAfterMs: Math.ceil(((1 - tokens) * 1000) / limits.perSecond) };
}
