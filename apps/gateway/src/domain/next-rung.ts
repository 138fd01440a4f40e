import { CHANNELS, type Channel, type FatigueCap, type NotificationKind, type NotificationPreferencesBody, type RingState, type Rung } from '@countersign/contracts';
import { restUntil } from './fatigue.js';
import type { LadderPlan } from './plan-ladder.js';
import { quietUntil, type QuietHours } from './quiet-hours.js';

/** What somebody is to a question: asked, rung when the one who is asked does not answer, or told that nobody does. */
export type Part = 'approver' | 'substitute' | 'governor';

/** One try of one step by one channel. */
export interface Tried {
  readonly rung: Rung;
  readonly channel: Channel;
  readonly state: RingState;
  /** Rung, or held since. */
  readonly at: Date;
}

export interface PersonFacts {
  readonly personId: string;
  readonly part: Part;
  /** Channels with an address that the person wants for a step, the best first. */
  readonly usable: Readonly<Record<Rung, readonly Channel[]>>;
  readonly quiet: QuietHours | undefined;
  /** About this question. */
  readonly tried: readonly Tried[];
  /** Until when the person has put this question off. */
  readonly deferredUntil: Date | undefined;
  /** They were rung about the very same before: what was asked anew without a change rings nobody at once. */
  readonly rungBefore: boolean;
  /** When the person was rung within a day, about whatever. */
  readonly rungAt: readonly Date[];
  /** Other questions about which a ring at this person is held. */
  readonly heldElsewhere: number;
  /** The last digest that reached them, and whether one is under way. */
  readonly digest: { readonly reachedAt: Date | undefined; readonly underWay: boolean };
}

export interface Moment {
  readonly now: Date;
  /** When the question was asked, moved by the time that stood still since. */
  readonly startedAt: Date;
  readonly plan: LadderPlan;
  readonly caps: readonly FatigueCap[];
}

export interface Held {
  readonly rung: Rung;
  readonly channel: Channel;
  readonly reason: 'quiet_hours' | 'fatigue';
}
export type NextRung =
  /** `also`: steps of the same channel whose time has come too; one ring does for all. `digest`: it tells of every held question at once. */
  | { readonly do: 'ring'; readonly rung: Rung; readonly channel: Channel; readonly also: readonly Rung[]; readonly digest: boolean }
  /** Nobody is rung for this step: a digest has told of it, or it has no channel. */
  | { readonly do: 'note'; readonly rung: Rung; readonly channel: Channel; readonly state: 'covered' | 'dead' }
  /** `until` undefined: for the ring that is under way. */
  | { readonly do: 'wait'; readonly until: Date | undefined; readonly held: Held | undefined }
  | { readonly do: 'nothing' };

export const RUNGS_OF: Readonly<Record<Part, readonly Rung[]>> = { approver: ['push', 'reminder', 'email', 'sms', 'warning'], substitute: ['substitute'], governor: ['escalation'] };
const CHANNELS_OF: Readonly<Record<Rung, readonly Channel[]>> = { push: ['push'], reminder: ['push'], email: ['email'], sms: ['sms'], warning: CHANNELS, substitute: CHANNELS, escalation: CHANNELS };
export const KIND_OF: Readonly<Record<Rung, NotificationKind>> = { push: 'approval', email: 'approval', sms: 'approval', substitute: 'approval', reminder: 'reminder', warning: 'warning', escalation: 'escalation' };
const REACHED: readonly RingState[] = ['reached', 'covered'];
/** A digest under way is waited for; its end wakes no other question. */
const LOOK_AGAIN_MS = 2_000;
/** Behind the platform's governors there is nobody: what failed at them is tried again after so long. */
const LAST_RESORT_MS = 3_600_000;

/** Channels by which each step can come, given those with an address. */
export const usableChannels = ({ channels }: Pick<NotificationPreferencesBody, 'channels'>, live: readonly Channel[]): Record<Rung, readonly Channel[]> =>
  Object.fromEntries(Object.entries(CHANNELS_OF).map(([rung, possible]) => [rung, possible.filter((channel) => live.includes(channel) && channels[KIND_OF[rung as Rung]].includes(channel))])) as unknown as Record<Rung, readonly Channel[]>;

/**
 * What to do next to reach one person about one open question.
 *
 * Each step comes at its time, once per channel. Where a channel is dead the next one comes at once in its place; `atOnce`
 * says that somebody else's are, so that this person's first step is due now. Quiet hours and the caps hold a ring back; what
 * was held comes as one digest.
 */
export function nextRung(person: PersonFacts, moment: Moment, atOnce = false): NextRung {
  const { now, plan, caps } = moment;
  if (person.tried.some(({ state }) => state === 'ringing')) return { do: 'wait', until: undefined, held: undefined };
  if (person.deferredUntil && person.deferredUntil > now) return { do: 'wait', until: person.deferredUntil, held: undefined };
  const { steps, lost } = openSteps(person, moment, atOnce);
  if (lost !== undefined) return { do: 'note', rung: lost, channel: CHANNELS_OF[lost][0]!, state: 'dead' };
  const [next, ...later] = steps.sort((a, b) => a.at - b.at);
  if (next === undefined) return lastResort(person) ?? { do: 'nothing' };
  if (next.at > now.getTime()) return { do: 'wait', until: new Date(next.at), held: undefined };
  const { rung, channel } = next;
  if (rung === 'push' && person.rungBefore) return { do: 'note', rung, channel, state: 'covered' };
  const heldSince = person.tried.find((tried) => tried.rung === rung && tried.channel === channel && tried.state === 'held')?.at;
  const toldSince = Math.max(heldSince?.getTime() ?? Infinity, person.deferredUntil?.getTime() ?? 0); // a digest from before it was to come back did not bring it back
  if (person.digest.reachedAt && person.digest.reachedAt.getTime() >= toldSince) return { do: 'note', rung, channel, state: 'covered' };
  const quiet = plan.critical ? undefined : quietUntil(now, person.quiet);
  if (quiet) return { do: 'wait', until: quiet, held: { rung, channel, reason: 'quiet_hours' } };
  const rest = person.digest.underWay ? new Date(now.getTime() + LOOK_AGAIN_MS) : restUntil(person.rungAt, now, caps);
  if (rest) return { do: 'wait', until: rest, held: { rung, channel, reason: 'fatigue' } };
  const also = later.filter((step) => step.at <= now.getTime() && step.channel === channel).map((step) => step.rung);
  return { do: 'ring', rung, channel, also, digest: !plan.critical && person.heldElsewhere > 0 };
}

interface Step {
  readonly rung: Rung;
  readonly channel: Channel;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Steps that can still come, with the time each is due; `lost`: one whose time has come without a channel for it, not yet noted. */
function openSteps({ part, tried, usable, deferredUntil }: PersonFacts, { now, startedAt, plan }: Moment, atOnce: boolean): { steps: Step[]; lost?: Rung } {
  const steps: Step[] = [];
  let gap: { readonly since: number; readonly channels: readonly Channel[] } | undefined = atOnce ? { since: now.getTime(), channels: [] } : undefined;
  for (const rung of RUNGS_OF[part]) {
    const tries = tried.filter((one) => one.rung === rung);
    const planned = startedAt.getTime() + plan.afterMs[rung];
    if (tries.some(({ state }) => REACHED.includes(state))) {
      gap = undefined;
      continue;
    }
    const failed = tries.filter(({ state, at }) => state === 'dead' && (part !== 'governor' || now.getTime() - at.getTime() < LAST_RESORT_MS));
    const channel = usable[rung].find((one) => !failed.some(({ channel: used }) => used === one));
    if (channel === undefined) {
      if (planned <= now.getTime() && tries.length === 0) return { steps, lost: rung };
      gap = { since: Math.min(gap?.since ?? planned, planned), channels: [...(gap?.channels ?? []), ...CHANNELS_OF[rung]] };
      continue;
    }
    const fills = gap !== undefined && rung !== 'warning' && !gap.channels.includes(channel);
    steps.push({ rung, channel, at: fills ? Math.min(planned, gap!.since) : planned });
    if (fills) gap = undefined;
  }
  return { steps: deferredUntil ? fromThenOn(steps, tried, deferredUntil) : steps };
}

/** When the first of what failed at one who is told last, and was not told, is tried again. */
function lastResort({ part, tried, usable }: PersonFacts): NextRung | undefined {
  if (part !== 'governor' || tried.some(({ state }) => REACHED.includes(state))) return undefined;
  const failed = tried.filter(({ rung, channel, state }) => state === 'dead' && usable[rung].includes(channel));
  return failed.length === 0 ? undefined : { do: 'wait', until: new Date(Math.min(...failed.map(({ at }) => at.getTime())) + LAST_RESORT_MS), held: undefined };
}

/** What was put off comes back when it was to: the next step then, however much later it was planned, unless they were rung since. A warning keeps its time. */
function fromThenOn(steps: readonly Step[], tried: readonly Tried[], until: Date): Step[] {
  if (tried.some(({ at, state }) => at >= until && REACHED.includes(state))) return [...steps];
  const next = steps.findIndex(({ rung }) => rung !== 'warning');
  return steps.map((step, index) => (index === next ? { ...step, at: Math.min(step.at, until.getTime()) } : step));
}

/** That no channel of theirs works: every one that could ring them first has failed, or there is none. */
export function isUnreachable({ part, tried, usable }: PersonFacts): boolean {
  if (tried.some(({ rung, channel, state }) => (state === 'held' ? usable[rung].includes(channel) : state !== 'dead'))) return false;
  const first = part === 'approver' ? (['push', 'email', 'sms'] as const) : RUNGS_OF[part];
  return first.every((rung) => usable[rung].every((channel) => tried.some((one) => one.rung === rung && one.channel === channel)));
}
