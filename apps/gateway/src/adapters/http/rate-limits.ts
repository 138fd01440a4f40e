import { Injectable } from '@nestjs/common';
import { isIP } from 'node:net';
import { GatewayConfig } from '../../config.js';
import { clientAddress } from '../../domain/client-address.js';
import { HttpRefusal } from '../../domain/problem.js';
import { fullBucket, takeToken, type Bucket, type BucketLimits } from '../../domain/token-bucket.js';
import type { GatewayRequest } from './operation.js';

const MOST_BUCKETS = 10_000;

/** Token buckets in this process's memory: per person, and per address for those who could not sign in or are about to. */
@Injectable()
export class RateLimits {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly config: GatewayConfig) {}

  person(id: string): void {
    this.take(`person:${id}`, this.config.personRate);
  }

  /** By the address behind the proxies that the operator trusts. */
  stranger({ ip, headers }: GatewayRequest): void {
    const forwarded = headers['x-forwarded-for'];
    const { trustedProxies, strangerRate } = this.config;
    const address = clientAddress(ip, Array.isArray(forwarded) ? forwarded.join(',') : forwarded, (proxy) => isIP(proxy) !== 0 && trustedProxies.check(proxy, isIP(proxy) === 6 ? 'ipv6' : 'ipv4'));
    this.take(`stranger:${address}`, strangerRate);
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
