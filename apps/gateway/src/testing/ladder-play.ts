import { CHANNELS, DEFAULT_LADDER, PREFERENCE_DEFAULTS, type Channel, type Rung } from '@countersign/contracts';
import { climb } from '../domain/climb.js';
import { decideApproval, type ApprovalFacts } from '../domain/decide-approval.js';
import { usableChannels, type Part, type PersonFacts, type Tried } from '../domain/next-rung.js';
import { planLadder } from '../domain/plan-ladder.js';
import type { QuietHours } from '../domain/quiet-hours.js';
import { nextTryMs } from '../domain/ring-text.js';

/** How a provider is: what it does to whatever it is sent. `flapping`: up and down by turns. */
export const WEATHERS = ['up', 'gone', 'down', 'busy', 'slow', 'lost', 'twice', 'flapping'] as const;
export type Weather = (typeof WEATHERS)[number];
export type Sky = Readonly<Record<Channel, Weather>>;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
const TIMEOUT = 24 * HOUR;
export const START = Date.parse('2026-03-10T12:00:00Z');
const LATENCY = 200;
/** How long a provider may take to answer. */
const PATIENCE = 10 * SECOND;
/** What one that is busy asks for. */
const RETRY_AFTER = 30 * SECOND;
export const PLAN = planLadder(DEFAULT_LADDER, TIMEOUT, 1);

/** One ring: from its first try until one was taken or the last failed. */
export interface PlayedRing {
  readonly personId: string;
  readonly rung: Rung;
  readonly channel: Channel;
  readonly at: number;
  tries: number;
  endedAt: number | undefined;
  reached: boolean;
}
export interface Played {
  readonly rings: readonly PlayedRing[];
  /** What providers took for somebody, repeats too. */
  readonly notices: number;
  readonly escalatedAt: number | undefined;
  readonly firstViewAt: number | undefined;
  readonly decisions: number;
  /** Why answers were not recorded. */
  readonly refusals: readonly string[];
}

/** The same numbers for the same seed. */
function chanceOf(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

/** The approver sleeps: whatever comes due then comes when they get up. */
export const QUIET: QuietHours = { from: '01:00', to: '06:30', zone: 'UTC' };
const CUSTOMER = 'chai';
const DIGEST = 'd'.repeat(64);
const NOTHING_SIGNED = { sha256: () => { throw new Error('a no is not signed'); }, verify: () => false };

const PEOPLE: readonly { readonly personId: string; readonly part: Part; readonly channels: readonly Channel[] }[] = [
  { personId: 'asha', part: 'approver', channels: CHANNELS },
  { personId: 'ravi', part: 'substitute', channels: ['email'] },
  { personId: 'gov', part: 'governor', channels: ['push'] },
];

/** Lets one question live until it is decided or due: the real rules climb, providers do what the sky says, people look some minutes after a notice has reached them and decide. */
export class LadderPlay {
  private readonly chance: () => number;
  private readonly rings: PlayedRing[] = [];
  private readonly tried = new Map<string, Tried[]>();
  private readonly pruned = new Set<string>();
  private readonly coming: { readonly at: number; readonly what: () => void }[] = [];
  private readonly period: number;
  private now = 0;
  private notices = 0;
  private escalatedAt: number | undefined;
  private firstViewAt: number | undefined;
  private decisions = 0;
  private readonly refusals: string[] = [];
  private approval: ApprovalFacts = {
    state: 'pending', version: 1, digest: DIGEST, dueAt: new Date(START + TIMEOUT), paused: false, epoch: 1, customerId: CUSTOMER, requestedBy: 'mira', authors: ['dora'], heldFor: undefined, delaySeconds: 0,
    quorum: { need: 1, of: 'people', people: undefined, yeses: [] },
  };

  private constructor(
    private readonly sky: Sky,
    seed: number,
  ) {
    this.chance = chanceOf(seed);
    this.period = (1 + this.chance() * 20) * MINUTE;
  }

  static of(sky: Sky, seed: number): Played {
    const play = new LadderPlay(sky, seed);
    play.look();
    for (let next = play.take(); next && next.at <= TIMEOUT; next = play.take()) {
      play.now = next.at;
      next.what();
    }
    const { rings, notices, escalatedAt, firstViewAt, decisions, refusals } = play;
    return { rings, notices, escalatedAt, firstViewAt, decisions, refusals };
  }

  private take() {
    this.coming.sort((one, other) => one.at - other.at);
    return this.coming.shift();
  }

  private later(ms: number, what: () => void): void {
    this.coming.push({ at: this.now + ms, what });
  }

  private look(): void {
    if (this.approval.state !== 'pending') return;
    const people = PEOPLE.map(({ personId, part, channels }): PersonFacts => ({
      personId, part, quiet: part === 'approver' ? QUIET : undefined, tried: this.tried.get(personId) ?? [], deferredUntil: undefined, rungBefore: false, rungAt: this.rings.filter((ring) => ring.personId === personId).map(({ at }) => new Date(START + at)), heldElsewhere: 0, digest: { reachedAt: undefined, underWay: false },
      usable: usableChannels(PREFERENCE_DEFAULTS, channels.filter((channel) => !this.pruned.has(`${personId} ${channel}`))),
    }));
    const { moves, escalate, wakeAt } = climb({ now: new Date(START + this.now), startedAt: new Date(START), plan: PLAN, caps: DEFAULT_LADDER.fatigue, people, escalated: this.escalatedAt !== undefined, hurried: undefined });
    if (escalate) this.escalatedAt = this.now;
    for (const { personId, move } of moves) {
      if (move.do === 'note') this.put(personId, move.rung, move.channel, move.state);
      if (move.do !== 'ring') continue;
      this.put(personId, move.rung, move.channel, 'ringing');
      for (const rung of move.also) this.put(personId, rung, move.channel, 'covered');
      const ring: PlayedRing = { personId, rung: move.rung, channel: move.channel, at: this.now, tries: 0, endedAt: undefined, reached: false };
      this.rings.push(ring);
      this.send(ring);
    }
    if (wakeAt) this.later(wakeAt.getTime() - START - this.now, () => this.look());
  }

  private put(personId: string, rung: Rung, channel: Channel, state: Tried['state']): void {
    const others = (this.tried.get(personId) ?? []).filter((one) => one.rung !== rung || one.channel !== channel);
    this.tried.set(personId, [...others, { rung, channel, state, at: new Date(START + this.now) }]);
  }

  private send(ring: PlayedRing): void {
    if (this.approval.state !== 'pending') return;
    ring.tries++;
    const weather = this.weatherOf(ring.channel);
    if (weather === 'gone') {
      this.pruned.add(`${ring.personId} ${ring.channel}`);
      return this.end(ring, false);
    }
    if (weather === 'up' || weather === 'twice') {
      for (let times = weather === 'twice' ? 2 : 1; times > 0; times--) this.notice(ring.personId);
      return this.later(LATENCY, () => this.end(ring, true));
    }
    if (weather === 'slow' || weather === 'lost') this.notice(ring.personId);
    const wait = nextTryMs(ring.tries, weather === 'busy' ? RETRY_AFTER : undefined);
    this.later(weather === 'slow' ? PATIENCE : LATENCY, () => (wait === undefined ? this.end(ring, false) : this.later(wait, () => this.send(ring))));
  }

  /** What is slow or loses answers does so to half of what it is sent; a service that is down or busy is so until the end. */
  private weatherOf(channel: Channel): Weather {
    const weather = this.sky[channel];
    if (weather === 'flapping') return Math.floor(this.now / this.period) % 2 === 0 ? 'down' : 'up';
    return (weather === 'slow' || weather === 'lost') && this.chance() < 0.5 ? 'up' : weather;
  }

  private end(ring: PlayedRing, reached: boolean): void {
    [ring.endedAt, ring.reached] = [this.now, reached];
    this.put(ring.personId, ring.rung, ring.channel, reached ? 'reached' : 'dead');
    this.look();
  }

  /** Somebody's screen shows it. They look after some minutes, now and then after hours, or never; and answer half a minute later, from two screens at once. */
  private notice(personId: string): void {
    this.notices++;
    if (this.chance() < 0.02) return;
    this.later(-Math.log(1 - this.chance()) * (this.chance() < 0.03 ? 3 * HOUR : 4 * MINUTE), () => {
      this.firstViewAt ??= this.now;
      if (personId === 'gov') return; // they see that nobody answers, and cannot
      const seen = this.approval.version;
      for (let screen = 0; screen < 2; screen++) this.later(30 * SECOND, () => this.answer(personId, seen));
    });
  }

  /** The rule says whether it counts, by the row as it is then. */
  private answer(personId: string, version: number): void {
    const verdict = decideApproval({
      now: new Date(START + this.now), person: { id: personId, customerId: CUSTOMER, roles: ['customer_governor'] }, device: { id: `${personId}’s phone`, personId, removed: false }, team: { state: 'active', epoch: 1 },
      approval: this.approval, request: { decision: 'deny', digest: DIGEST, reason: 'not now', version, holdSeconds: 0, report: false },
      signature: { assertion: undefined, challenge: undefined, key: undefined, tier: 1, origin: '', softwareKeys: false },
    }, NOTHING_SIGNED);
    if (verdict.outcome === 'refused') return void this.refusals.push(verdict.code);
    this.decisions++;
    this.approval = { ...this.approval, state: verdict.state, version: this.approval.version + 1 };
  }
}

/** How long one channel is tried at most, when it answers like this. */
export function mostTrying(weather: Weather): number {
  let [total, tries] = [0, 1];
  for (let wait = nextTryMs(tries, weather === 'busy' ? RETRY_AFTER : undefined); wait !== undefined; wait = nextTryMs(++tries, weather === 'busy' ? RETRY_AFTER : undefined)) total += wait;
  return total + tries * (weather === 'slow' ? PATIENCE : LATENCY);
}

export const skyOf = (change: Partial<Sky>): Sky => ({ push: 'up', email: 'up', sms: 'up', ...change });

/** The figure that so many of a hundred stay within. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
