import { describe, it } from 'node:test';
import { CHANNELS, DEFAULT_LADDER, PREFERENCE_DEFAULTS, type Channel, type RingState, type Rung } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { climb } from './climb.js';
import { restUntil } from './fatigue.js';
import { isUnreachable, nextRung, usableChannels, type Moment, type Part, type PersonFacts, type Tried } from './next-rung.js';
import { planLadder } from './plan-ladder.js';
import { isQuiet, quietUntil, type QuietHours } from './quiet-hours.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = new Date('2026-03-10T12:00:00Z');
const at = (ms: number): Date => new Date(START.getTime() + ms);
const DAY_PLAN = planLadder(DEFAULT_LADDER, 24 * HOUR, 1);
const moment = (ms: number, change: Partial<Moment> = {}): Moment => ({ now: at(ms), startedAt: START, plan: DAY_PLAN, caps: DEFAULT_LADDER.fatigue, ...change });
const reach = (...live: Channel[]) => usableChannels(PREFERENCE_DEFAULTS, live);
const person = (change: Partial<PersonFacts> = {}): PersonFacts => ({ personId: 'asha', part: 'approver', usable: reach(...CHANNELS), quiet: undefined, tried: [], deferredUntil: undefined, rungBefore: false, rungAt: [], heldElsewhere: 0, digest: { reachedAt: undefined, underWay: false }, ...change });
const tried = (rung: Rung, state: RingState, ms = 0, channel: Channel = rung === 'email' || rung === 'sms' ? rung : 'push'): Tried => ({ rung, channel, state, at: at(ms) });

describe('the plan of a ladder', () => {
  it('takes the sooner of a share of the time to answer and so many minutes', () => {
    expect(DAY_PLAN.afterMs).toEqual({ push: 0, reminder: 12 * HOUR, email: 14.4 * HOUR, sms: 16.8 * HOUR, substitute: 19.2 * HOUR, escalation: 21.6 * HOUR, warning: 23 * HOUR });
    const { afterMs } = planLadder(DEFAULT_LADDER, 14 * 24 * HOUR, 1);
    expect([afterMs.reminder, afterMs.escalation]).toEqual([24 * HOUR, 48 * HOUR]);
  });

  it('rings through quiet hours from the critical tier on', () => {
    expect([1, 2, 3].map((tier) => planLadder(undefined, HOUR, tier).critical)).toEqual([false, false, true]);
  });
});

describe('quiet hours', () => {
  const night: QuietHours = { from: '22:00', to: '07:30', zone: 'Asia/Kolkata' };
  it('are by the clock of the person’s zone, and wrap midnight', () => {
    expect(quietUntil(new Date('2026-03-10T16:29:00Z'), night)).toBeUndefined(); // 21:59 there
    expect(quietUntil(new Date('2026-03-10T16:30:00Z'), night)).toEqual(new Date('2026-03-11T02:00:00Z'));
    expect(quietUntil(new Date('2026-03-11T02:00:00Z'), night)).toBeUndefined();
    expect(quietUntil(new Date('2026-03-10T16:30:00Z'), { ...night, to: '22:00' })).toBeUndefined();
  });

  it('end when they should where clocks are changed in the night', () => {
    const berlin = { from: '22:00', to: '07:00', zone: 'Europe/Berlin' };
    expect(quietUntil(new Date('2026-03-28T22:00:00Z'), berlin)).toEqual(new Date('2026-03-29T05:00:00Z'));
    expect(quietUntil(new Date('2026-10-24T21:00:00Z'), berlin)).toEqual(new Date('2026-10-25T06:00:00Z'));
  });

  it('end at the first minute that is not quiet, whatever the zone and the hour', () => {
    const clock = fc.integer({ min: 0, max: 1_439 }).map((m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`);
    fc.assert(fc.property(clock, clock, fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/New_York', 'Pacific/Auckland'), fc.integer({ min: 0, max: 525_600 }), (from, to, zone, minute) => {
      const hours = { from, to, zone };
      const now = at(minute * MINUTE);
      const until = quietUntil(now, hours);
      expect(until === undefined).toBe(!isQuiet(now, hours));
      if (until === undefined) return;
      expect(until > now && !isQuiet(until, hours)).toBe(true);
      expect(until.getTime() - now.getTime()).toBeLessThanOrEqual(25 * HOUR);
    }), { numRuns: 300 });
  });
});

describe('the next step at one person', () => {
  it('comes at its time, each by its channel', () => {
    expect(nextRung(person(), moment(0))).toEqual({ do: 'ring', rung: 'push', channel: 'push', also: [], digest: false });
    const rung = [tried('push', 'reached')];
    expect(nextRung(person({ tried: rung }), moment(HOUR))).toMatchObject({ do: 'wait', until: at(12 * HOUR) });
    expect(nextRung(person({ tried: rung }), moment(12 * HOUR))).toMatchObject({ do: 'ring', rung: 'reminder' });
    rung.push(tried('reminder', 'reached'));
    expect(nextRung(person({ tried: rung }), moment(15 * HOUR))).toMatchObject({ do: 'ring', rung: 'email', channel: 'email' });
    rung.push(tried('email', 'reached'));
    expect(nextRung(person({ tried: rung }), moment(17 * HOUR))).toMatchObject({ do: 'ring', rung: 'sms', channel: 'sms' });
    rung.push(tried('sms', 'reached'));
    expect(nextRung(person({ tried: rung }), moment(23 * HOUR))).toMatchObject({ do: 'ring', rung: 'warning', channel: 'push' });
    rung.push(tried('warning', 'reached'));
    expect(nextRung(person({ tried: rung }), moment(23 * HOUR))).toEqual({ do: 'nothing' });
  });

  it('rings once where two of one channel are due', () => {
    expect(nextRung(person(), moment(13 * HOUR))).toMatchObject({ rung: 'push', also: ['reminder'] });
  });

  it('waits for the ring that is under way', () => {
    expect(nextRung(person({ tried: [tried('push', 'ringing')] }), moment(13 * HOUR))).toMatchObject({ do: 'wait', until: undefined });
  });

  it('goes to the next channel at once where one is dead', () => {
    expect(nextRung(person({ tried: [tried('push', 'dead')] }), moment(0))).toMatchObject({ do: 'ring', rung: 'email' });
    expect(nextRung(person({ tried: [tried('push', 'dead'), tried('email', 'dead')] }), moment(0))).toMatchObject({ do: 'ring', rung: 'sms' });
    expect(nextRung(person({ usable: reach('push', 'sms'), tried: [tried('push', 'reached'), tried('reminder', 'reached')] }), moment(14.5 * HOUR))).toMatchObject({ do: 'note', rung: 'email', state: 'dead' });
    expect(nextRung(person({ usable: reach('push', 'sms'), tried: [tried('push', 'reached'), tried('reminder', 'reached'), tried('email', 'dead')] }), moment(14.5 * HOUR))).toMatchObject({ do: 'ring', rung: 'sms' });
  });

  it('warns before it expires and not sooner, whatever is dead', () => {
    expect(nextRung(person({ usable: reach('push'), tried: [tried('push', 'reached'), tried('reminder', 'reached'), tried('email', 'dead'), tried('sms', 'dead')] }), moment(17 * HOUR))).toMatchObject({ do: 'wait', until: at(23 * HOUR) });
  });

  it('still reminds by a channel that failed once and works again', () => {
    expect(nextRung(person({ tried: [tried('push', 'dead'), tried('email', 'reached')] }), moment(12 * HOUR))).toMatchObject({ do: 'ring', rung: 'reminder', channel: 'push' });
  });

  it('is held in quiet hours, unless it is critical', () => {
    const quiet = { from: '11:00', to: '13:00', zone: 'UTC' };
    expect(nextRung(person({ quiet }), moment(0))).toEqual({ do: 'wait', until: at(HOUR), held: { rung: 'push', channel: 'push', reason: 'quiet_hours' } });
    expect(nextRung(person({ quiet }), moment(0, { plan: { ...DAY_PLAN, critical: true } }))).toMatchObject({ do: 'ring', rung: 'push' });
  });

  it('is held when the person was rung enough, and comes as one digest with what else is held', () => {
    const rungAt = [at(-3 * MINUTE), at(-2 * MINUTE), at(-MINUTE)];
    expect(nextRung(person({ rungAt }), moment(0))).toMatchObject({ do: 'wait', until: at(7 * MINUTE), held: { reason: 'fatigue' } });
    const held = person({ rungAt, tried: [tried('push', 'held')] });
    expect(nextRung({ ...held, heldElsewhere: 4 }, moment(7 * MINUTE))).toMatchObject({ do: 'ring', digest: true });
    expect(nextRung({ ...held, digest: { reachedAt: undefined, underWay: true } }, moment(7 * MINUTE))).toMatchObject({ do: 'wait', held: { reason: 'fatigue' } });
    expect(nextRung({ ...held, digest: { reachedAt: at(7 * MINUTE), underWay: false } }, moment(8 * MINUTE))).toMatchObject({ do: 'note', state: 'covered' });
    expect(nextRung({ ...held, digest: { reachedAt: at(-MINUTE), underWay: false } }, moment(8 * MINUTE))).toMatchObject({ do: 'ring' });
  });
});

describe('the caps', () => {
  it('are three in ten minutes, six in an hour and twenty in a day', () => {
    const every = (count: number, gap: number) => Array.from({ length: count }, (_, nth) => at(-nth * gap));
    expect(restUntil(every(2, MINUTE), at(0), DEFAULT_LADDER.fatigue)).toBeUndefined();
    expect(restUntil(every(3, MINUTE), at(0), DEFAULT_LADDER.fatigue)).toEqual(at(8 * MINUTE));
    expect(restUntil(every(6, 9 * MINUTE), at(0), DEFAULT_LADDER.fatigue)).toEqual(at(15 * MINUTE));
    expect(restUntil(every(20, HOUR), at(0), DEFAULT_LADDER.fatigue)).toEqual(at(5 * HOUR));
  });
});

describe('the ladder of a question', () => {
  const facts = (ms: number, people: PersonFacts[], escalated = false, hurried?: 'substitute' | 'governor') => ({ ...moment(ms), people, escalated, hurried });
  const governor = person({ personId: 'gov', part: 'governor', usable: reach('push') });
  const substitute = person({ personId: 'ravi', part: 'substitute', usable: reach('email') });
  const dead = person({ usable: reach() });

  it('escalates at once when nobody can be reached, after the substitute was tried', () => {
    expect(climb(facts(0, [dead, governor]))).toMatchObject({ escalate: 'nobody_reachable', moves: expect.arrayContaining([{ personId: 'gov', move: expect.objectContaining({ do: 'ring', rung: 'escalation' }) }]) });
    const first = climb(facts(0, [dead, substitute, governor]));
    expect(first.escalate).toBeUndefined();
    expect(first.moves).toContainEqual({ personId: 'ravi', move: expect.objectContaining({ do: 'ring', rung: 'substitute', channel: 'email' }) });
    expect(climb(facts(1, [dead, { ...substitute, tried: [tried('substitute', 'dead', 0, 'email')] }, governor])).escalate).toBe('nobody_reachable');
    expect(climb(facts(0, [governor])).escalate).toBe('nobody_reachable');
  });

  it('counts every ring of one look, also where a person is asked and stands in for another', () => {
    const twice = person({ rungAt: [at(20 * HOUR - 1), at(20 * HOUR - 2)] });
    const late = climb(facts(20 * HOUR, [twice, { ...twice, part: 'substitute' }]));
    expect(late.moves.map(({ move }) => move.do)).toEqual(['ring', 'wait']);
  });

  it('does not while one of several can be reached', () => {
    const { moves, escalate, wakeAt } = climb(facts(0, [dead, person({ personId: 'ben' }), substitute, governor]));
    expect([escalate, moves.filter(({ move }) => move.do === 'ring').map(({ personId }) => personId), wakeAt]).toEqual([undefined, ['ben'], at(19.2 * HOUR)]);
  });

  it('goes to the substitute and to the platform’s governor at their times, and tells the governor once', () => {
    const told = person({ tried: [tried('push', 'reached'), tried('reminder', 'reached'), tried('email', 'reached'), tried('sms', 'reached')] });
    expect(climb(facts(19.2 * HOUR, [told, substitute, governor])).moves).toMatchObject([{ personId: 'ravi', move: { do: 'ring', rung: 'substitute' } }]);
    expect(climb(facts(21.6 * HOUR, [told, governor])).escalate).toBe('nobody_answered');
    expect(climb(facts(21.6 * HOUR, [told, governor], true)).escalate).toBeUndefined();
  });

  it('tries a platform’s governor again within the hour where every way to them failed, and no more once one did not', () => {
    const governor = (...of: Tried[]) => person({ personId: 'gov', part: 'governor', usable: reach('push', 'email'), tried: of });
    const dead = [tried('escalation', 'dead', 22 * HOUR), tried('escalation', 'dead', 22 * HOUR + MINUTE, 'email')];
    expect(nextRung(governor(dead[0]!), moment(22 * HOUR + MINUTE))).toMatchObject({ do: 'ring', rung: 'escalation', channel: 'email' });
    expect(nextRung(governor(...dead), moment(22 * HOUR + 2 * MINUTE))).toEqual({ do: 'wait', until: at(23 * HOUR), held: undefined });
    expect(nextRung(governor(...dead), moment(23 * HOUR))).toMatchObject({ do: 'ring', rung: 'escalation', channel: 'push' });
    expect(nextRung(governor(dead[0]!, tried('escalation', 'reached', 22 * HOUR + MINUTE, 'email')), moment(24 * HOUR))).toEqual({ do: 'nothing' });
    expect(nextRung(person({ personId: 'gov', part: 'governor', usable: reach(), tried: [tried('escalation', 'dead', 22 * HOUR)] }), moment(24 * HOUR))).toEqual({ do: 'nothing' }); // there is no way
  });

  it('goes on to the next at once where a person escalates, once, and says of nobody that they did not answer', () => {
    const asked = person({ tried: [tried('push', 'reached')] });
    const first = climb(facts(MINUTE, [asked, substitute, governor], false, 'substitute'));
    expect([first.moves, first.escalate]).toMatchObject([[{ personId: 'ravi', move: { do: 'ring', rung: 'substitute' } }], undefined]);
    const rung = { ...substitute, tried: [tried('substitute', 'reached', MINUTE, 'email')] };
    expect(climb(facts(2 * MINUTE, [asked, rung, governor], false, 'substitute')).moves).toEqual([]);
    const top = climb(facts(MINUTE, [asked, rung, governor], true, 'governor'));
    expect([top.moves, top.escalate]).toMatchObject([[{ personId: 'gov', move: { do: 'ring', rung: 'escalation' } }], undefined]);
  });

  it('pauses for whoever put it off, and for nobody else', () => {
    const off = person({ tried: [tried('push', 'reached')], deferredUntil: at(13 * HOUR) });
    const other = person({ personId: 'ravi', tried: [tried('push', 'reached')] });
    const { moves, wakeAt } = climb(facts(12 * HOUR, [off, other]));
    expect([moves.map(({ personId }) => personId), wakeAt]).toEqual([['ravi'], at(13 * HOUR)]);
  });

  it('comes back when it was to, by the next step, and from then on as planned; a warning keeps its time', () => {
    const off = person({ tried: [tried('push', 'reached')], deferredUntil: at(HOUR) });
    expect(nextRung(off, moment(HOUR))).toMatchObject({ do: 'ring', rung: 'reminder' });
    const back = { ...off, tried: [...off.tried, tried('reminder', 'reached', HOUR)] };
    expect(nextRung(back, moment(2 * HOUR))).toEqual({ do: 'wait', until: at(14.4 * HOUR), held: undefined });
    const late = person({ tried: (['push', 'reminder', 'email', 'sms'] as const).map((rung) => tried(rung, 'reached')), deferredUntil: at(20 * HOUR) });
    expect(nextRung(late, moment(20 * HOUR))).toEqual({ do: 'wait', until: at(23 * HOUR), held: undefined });
    expect(nextRung({ ...late, deferredUntil: at(23.5 * HOUR) }, moment(23 * HOUR))).toEqual({ do: 'wait', until: at(23.5 * HOUR), held: undefined });
  });

  it('comes back when it was to also where its return was held: what was held is no ring, and a digest of before then did not bring it back', () => {
    const held = person({ tried: [tried('push', 'reached'), tried('reminder', 'held', HOUR)], deferredUntil: at(HOUR) });
    expect(nextRung(held, moment(8 * HOUR))).toMatchObject({ do: 'ring', rung: 'reminder' });
    const early = person({ tried: [tried('push', 'held')], deferredUntil: at(10 * HOUR), digest: { reachedAt: at(8 * HOUR), underWay: false } });
    expect(nextRung(early, moment(10 * HOUR))).toMatchObject({ do: 'ring', rung: 'push' });
    const told = { ...early, digest: { reachedAt: at(11 * HOUR), underWay: false } };
    expect(nextRung(told, moment(11 * HOUR))).toMatchObject({ do: 'note', rung: 'push', state: 'covered' });
    expect(nextRung({ ...told, tried: [tried('push', 'covered', 11 * HOUR)] }, moment(11 * HOUR))).toEqual({ do: 'wait', until: at(12 * HOUR), held: undefined });
  });

  it('rings by its own name where it is critical, whatever is held beside it', () => {
    const asked = person({ heldElsewhere: 1 });
    expect(nextRung(asked, moment(0, { plan: { ...DAY_PLAN, critical: true } }))).toMatchObject({ do: 'ring', digest: false });
    expect(nextRung(asked, moment(0))).toMatchObject({ do: 'ring', digest: true });
  });

  it('rings nobody at once about what they were rung about before', () => {
    const again = person({ rungBefore: true });
    expect(nextRung(again, moment(0))).toEqual({ do: 'note', rung: 'push', channel: 'push', state: 'covered' });
    expect(climb(facts(0, [again, governor]))).toMatchObject({ escalate: undefined, wakeAt: at(12 * HOUR) });
  });
});

describe('many questions at one person', () => {
  interface Question {
    readonly nth: number;
    readonly startedAt: number;
    readonly closedAt: number;
    readonly tried: Map<Part, Tried[]>;
    /** When a ring at either of them was held back, or the person was reached. */
    readonly easedAt: number[];
    wakeAt: number;
    escalated: boolean;
  }
  interface Ring {
    readonly question: Question;
    readonly personId: string;
    readonly rung: Rung;
    readonly channel: Channel;
    readonly at: number;
    readonly digest: boolean;
    readonly reached: boolean;
  }
  const TIMEOUT = 24 * HOUR;
  const quiet: QuietHours = { from: '22:00', to: '07:00', zone: 'Europe/Berlin' };
  const STEP = MINUTE;

  /** Lets time pass minute by minute; every ring ends within its minute, as `works` says. */
  function play(questions: Question[], works: (channel: Channel, ms: number) => boolean, live: Channel[]): Ring[] {
    const rings: Ring[] = [];
    const held = new Set<string>();
    const keyOf = (question: Question, part: Part): string => `${question.nth} ${part}`;
    const people = [{ personId: 'asha', part: 'approver' as const, quiet }, { personId: 'gov', part: 'governor' as const, quiet: undefined }];
    for (let ms = 0; ms <= 2 * TIMEOUT; ms += STEP) {
      for (const question of questions) {
        if (question.closedAt === ms) for (const part of ['approver', 'governor'] as const) held.delete(keyOf(question, part));
        if (question.startedAt > ms || question.closedAt <= ms || question.wakeAt > ms) continue;
        for (let again = true; again; ) {
          again = false;
          const facts: PersonFacts[] = people.map(({ personId, part, quiet: hours }) => {
            const reached = rings.filter((ring) => ring.personId === personId && ring.reached);
            const digestAt = reached.filter(({ digest }) => digest).at(-1)?.at;
            return person({
              personId, part, quiet: hours, usable: reach(...(part === 'governor' ? (['push'] as const) : live)), tried: question.tried.get(part) ?? [], rungAt: reached.map((ring) => at(ring.at)),
              heldElsewhere: [...held].filter((key) => key.endsWith(part) && key !== keyOf(question, part)).length,
              digest: { reachedAt: digestAt === undefined ? undefined : at(digestAt), underWay: false },
            });
          });
          const { moves, escalate, wakeAt } = climb({ ...moment(ms, { startedAt: at(question.startedAt) }), people: facts, escalated: question.escalated, hurried: undefined });
          if (escalate) question.escalated = true;
          question.wakeAt = wakeAt === undefined ? Infinity : wakeAt.getTime() - START.getTime();
          if (question.wakeAt <= ms) throw new Error('a ladder that wakes at once never rests');
          for (const { personId, move } of moves) {
            const part = personId === 'gov' ? ('governor' as const) : ('approver' as const);
            const known = question.tried.get(part) ?? [];
            const put = (rung: Rung, channel: Channel, state: RingState) => {
              held[state === 'held' ? 'add' : 'delete'](keyOf(question, part));
              if (state === 'held' || (part === 'approver' && state !== 'dead')) question.easedAt.push(ms);
              question.tried.set(part, [...(question.tried.get(part) ?? []).filter((one) => one.rung !== rung || one.channel !== channel), { rung, channel, state, at: at(ms) }]);
            };
            if (move.do === 'note') put(move.rung, move.channel, move.state);
            else if (move.do === 'wait' && move.held && !known.some(({ rung, state }) => rung === move.held!.rung && state === 'held')) put(move.held.rung, move.held.channel, 'held');
            else if (move.do === 'ring') {
              const ok = works(move.channel, ms);
              rings.push({ question, personId, rung: move.rung, channel: move.channel, at: ms, digest: move.digest, reached: ok });
              put(move.rung, move.channel, ok ? 'reached' : 'dead');
              for (const rung of move.also) put(rung, move.channel, 'covered');
              again = true;
            }
          }
        }
      }
    }
    return rings;
  }

  let next = 0;
  const asked = fc.record({ startedAt: fc.integer({ min: 0, max: 12 * 60 }), answeredAfter: fc.integer({ min: 1, max: 36 * 60 }) }).map(({ startedAt, answeredAfter }): Question => ({ nth: next++, startedAt: startedAt * MINUTE, closedAt: startedAt * MINUTE + Math.min(answeredAfter * MINUTE, TIMEOUT), tried: new Map(), easedAt: [], wakeAt: 0, escalated: false }));
  const outages = fc.array(fc.record({ channel: fc.constantFrom(...CHANNELS), from: fc.integer({ min: 0, max: 40 * 60 }), minutes: fc.integer({ min: 1, max: 900 }) }), { maxLength: 4 });

  it('never ring more often than the caps, never in quiet hours, never about what is over, no step twice by one channel; and lose none', () => {
    fc.assert(fc.property(fc.array(asked, { minLength: 1, maxLength: 8 }), outages, fc.subarray([...CHANNELS]), (questions, down, live) => {
      const works = (channel: Channel, ms: number): boolean => !down.some((one) => one.channel === channel && ms >= one.from * MINUTE && ms < (one.from + one.minutes) * MINUTE);
      const rings = play(questions, works, live);
      for (const { rings: most, minutes } of DEFAULT_LADDER.fatigue) {
        const times = rings.filter(({ personId, reached }) => personId === 'asha' && reached).map((ring) => ring.at);
        for (const from of times) expect(times.filter((ms) => ms >= from && ms < from + minutes * MINUTE).length).toBeLessThanOrEqual(most);
      }
      for (const ring of rings) {
        expect(ring.at >= ring.question.startedAt && ring.at < ring.question.closedAt).toBe(true);
        if (ring.personId === 'asha') expect(isQuiet(at(ring.at), quiet)).toBe(false);
      }
      // but at whom there is nobody behind, an hour after it failed; later only where a ring was held meanwhile, theirs by the caps or one at the person, or the person was reached
      for (const tries of Map.groupBy(rings, ({ question, personId, rung, channel }) => `${question.nth} ${personId} ${rung} ${channel}`).values())
        for (const [nth, { personId, reached, question, at: before }] of tries.slice(0, -1).entries()) {
          const again = tries[nth + 1]!.at;
          const waited = again - before > HOUR && question.easedAt.some((ms) => ms >= before && ms < again);
          expect([personId, reached, waited ? HOUR : again - before]).toEqual(['gov', false, HOUR]);
        }
      // what nobody answered until the end was told to somebody, or to the platform's governor
      for (const question of questions.filter(({ startedAt, closedAt }) => closedAt - startedAt === TIMEOUT)) expect(question.escalated).toBe(true);
    }), { numRuns: 25 });
  });

  it('are three rings and then one digest, of a thousand in ten minutes', () => {
    const questions = Array.from({ length: 1_000 }, (_, nth): Question => ({ nth, startedAt: Math.floor(nth / 100) * MINUTE, closedAt: 20 * MINUTE, tried: new Map(), easedAt: [], wakeAt: 0, escalated: false }));
    const rings = play(questions, () => true, ['push']);
    expect(rings.map((ring) => [ring.at / MINUTE, ring.digest])).toEqual([[0, false], [0, false], [0, false], [10, true]]);
    expect(questions.flatMap(({ tried: all }) => all.get('approver')!).filter(({ state }) => state === 'covered')).toHaveLength(996);
  });

  it('is unreachable only when every channel has failed', () => {
    expect(isUnreachable(person({ usable: reach('push'), tried: [tried('push', 'dead')] }))).toBe(true);
    expect(isUnreachable(person({ usable: reach('push', 'sms'), tried: [tried('push', 'dead')] }))).toBe(false);
    expect(isUnreachable(person({ usable: reach('push'), tried: [tried('push', 'held')] }))).toBe(false);
    expect(isUnreachable(person({ usable: reach(), tried: [tried('push', 'held')] }))).toBe(true);
  });
});
