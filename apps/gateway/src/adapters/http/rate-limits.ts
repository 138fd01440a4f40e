import { Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { HttpRefusal } from '../../domain/problem.js';
import { fullBucket, takeToken, type Bucket, type BucketLimits } from '../../domain/token-bucket.js';

const MOST_BUCKETS = 10_000;

/** Token buckets in this process's memory: per person, and per address for those who could not sign in. */
@Injectable()
export class RateLimits {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly config: GatewayConfig) {}

  person(id: string): void {
    this.take(`person:${id}`, this.config.personRate);
  }

  stranger(address: string): void {
    this.take(`stranger:${address}`, this.config.strangerRate);
  }

  private take(key: string, limits: BucketLimits): void {
    const nowMs = performance.now();
    const taken = takeToken(this.buckets.get(key) ?? fullBucket(limits, nowMs), limits, nowMs);
    this.buckets.delete(key); // set again below: the map stays in order of last use
    this.buckets.set(key, taken.bucket);
    if (this.buckets.size > MOST_BUCKETS) this.buckets.delete(this.buckets.keys().next().value!);
    if (taken.retryAfterMs > 0) throw new HttpRefusal('rate_limited', 'too many requests', {}, { 'retry-after': String(Math.ceil(taken.retryAfterMs / 1000)) });
  }
}
