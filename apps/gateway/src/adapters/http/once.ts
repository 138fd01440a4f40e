import { setTimeout as sleep } from 'node:timers/promises';
import { PersonId } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { HttpRefusal, isRefusal } from '../../domain/problem.js';
import { IdempotencyKeys, type Claim, type HeldKey, type StoredAnswer } from '../postgres/idempotency.js';
import { asRefusal } from './refusal.js';

/** A request by the name its caller gave it, and everything that says what it asks for. */
export interface NamedRequest {
  readonly personId: string;
  readonly key: string;
  readonly hash: Buffer;
}
export interface Answered {
  readonly answer: StoredAnswer;
  /** It was answered before: this is that answer. */
  readonly replayed: boolean;
}

const WAIT_AT_MOST_MS = 10_000;
const LOOK_EVERY_MS = 40;

/**
 * Does what comes under one name once.
 *
 * A refusal changed nothing, so it frees the name. After an error of unknown outcome (no reply, a lost COMMIT, a process that
 * died) the name stays with its id, and the same request again takes it up: what commands do, they do once per id.
 */
@Injectable()
export class Once {
  constructor(
    private readonly keys: IdempotencyKeys,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** `work` gets the id that what is made will have. Throws what it throws, and `HttpRefusal` where the name is taken. */
  async run({ personId, key, hash }: NamedRequest, work: (resourceId: string) => Promise<StoredAnswer>): Promise<Answered> {
    const claim = await this.claim(PersonId.parse(personId), key, hash);
    if (claim.outcome === 'answered') return { answer: claim.answer, replayed: true };
    if (claim.outcome === 'reused') throw new HttpRefusal('idempotency_key_reused', 'this Idempotency-Key was used for another request');
    if (claim.outcome === 'running') throw new HttpRefusal('request_in_progress', 'the same request is being worked on', {}, { 'retry-after': '1' });
    return { answer: await this.work(claim, work), replayed: false };
  }

  private async work({ resourceId, held }: Extract<Claim, { outcome: 'first' }>, work: (resourceId: string) => Promise<StoredAnswer>): Promise<StoredAnswer> {
    let answer: StoredAnswer;
    try {
      answer = await work(resourceId);
    } catch (error) {
      await this.note(isRefusal(asRefusal(error)) ? this.keys.refused(held) : this.keys.interrupted(held), held);
      throw error;
    }
    await this.note(this.keys.answered(held, answer), held);
    return answer;
  }

  /** What became of the request is true whether or not it can be noted; without the note the same request is taken up again later, with the same ids. */
  private async note(noted: Promise<void>, { personId, key }: HeldKey): Promise<void> {
    await noted.catch((error: unknown) => this.log.error({ err: error, personId, key }, 'the outcome of a request could not be noted'));
  }

  /** Waits for a twin that is being worked on just now. */
  private async claim(personId: PersonId, key: string, hash: Buffer): Promise<Claim> {
    const deadline = performance.now() + WAIT_AT_MOST_MS;
    for (;;) {
      const claim = await this.keys.claim(personId, key, hash);
      if (claim.outcome !== 'running' || performance.now() > deadline) return claim;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
