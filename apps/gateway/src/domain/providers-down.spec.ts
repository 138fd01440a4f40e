import { before, describe, it } from 'node:test';
import { CHANNELS, DEFAULT_LADDER } from '@countersign/contracts';
import { expect } from 'expect';
import { HOUR, LadderPlay, MINUTE, mostTrying, PLAN, QUIET, skyOf, START, type Played, type PlayedRing, type Sky } from '../testing/ladder-play.js';
import { restUntil } from './fatigue.js';
import { isQuiet } from './quiet-hours.js';
import { playAll, type Reached } from '../testing/skies.js';

const QUESTIONS = 40;

describe('each provider bad in turn, and all at once', () => {
  let reached: Reached[];
  before(() => {
    reached = playAll(QUESTIONS);
  });
  const all = (check: (play: Played, name: string, sky: Sky) => void): void => {
    for (const { name, sky, plays } of reached) for (const play of plays) check(play, name, sky);
  };
  const under = (name: string): Reached => reached.find((one) => one.name === name)!;
  const of = (play: Played, personId: string): PlayedRing[] => play.rings.filter((ring) => ring.personId === personId);

  it('loses no question: somebody looked at it, or the platform’s governor was told by the time the policy says, or at once where nobody could be reached', () => {
    all(({ firstViewAt, decisions, escalatedAt, rings }, name) => {
      if (decisions === 0) expect([name, escalatedAt === undefined ? 'lost' : escalatedAt <= PLAN.afterMs.escalation]).toEqual([name, true]);
      if (decisions === 1) expect([name, firstViewAt !== undefined]).toEqual([name, true]);
      if (rings.filter(({ personId }) => personId !== 'gov').every(({ reached: was, endedAt }) => endedAt !== undefined && !was) && decisions === 0) expect(escalatedAt).toBeLessThan(PLAN.afterMs.escalation);
    });
  });

  it('is decided once, however many screens and people it was shown on: each later answer is told that it was decided', () => {
    all(({ decisions, refusals }, name) => expect([name, decisions <= 1, refusals.length === 0 || decisions === 1]).toEqual([name, true, true]));
    const refusals = reached.flatMap(({ plays }) => plays.flatMap((play) => play.refusals));
    expect(new Set(refusals)).toEqual(new Set(['already_decided']));
    expect(refusals.length).toBeGreaterThan(reached.length * QUESTIONS * 0.5); // of two screens of one person alone one comes too late
  });

  it('rings nobody in their quiet hours, nor more often than the caps allow', () => {
    all(({ rings }, name) => {
      for (const person of ['asha', 'ravi', 'gov']) {
        const at = rings.filter(({ personId }) => personId === person).map((ring) => new Date(START + ring.at));
        if (person === 'asha') expect([name, at.some((time) => isQuiet(time, QUIET))]).toEqual([name, false]);
        at.forEach((time, nth) => expect([name, restUntil(at.slice(0, nth), time, DEFAULT_LADDER.fatigue)]).toEqual([name, undefined]));
      }
    });
    expect(reached.some(({ plays }) => plays.some(({ rings }) => rings.some(({ rung, at }) => rung === 'email' && at > PLAN.afterMs.email)))).toBe(true); // one that was held came later
  });

  it('waits for no channel longer than its tries, and takes the next one in the moment it is dead', () => {
    all((play, name, sky) => {
      for (const ring of play.rings) if (ring.endedAt !== undefined) expect([name, ring.endedAt - ring.at <= mostTrying(sky[ring.channel])]).toEqual([name, true]);
      const [push, next] = of(play, 'asha');
      if (push!.endedAt === undefined || push!.reached || push!.rung !== 'push') return;
      expect([name, next?.channel, next?.at]).toEqual([name, 'email', push!.endedAt]);
      if (!next!.reached && next!.endedAt !== undefined) expect([name, of(play, 'asha')[2]?.channel, of(play, 'asha')[2]?.at]).toEqual([name, 'sms', next!.endedAt]);
    });
  });

  it('comes in the order and at the times of the policy where nothing is dead', () => {
    const patient = under('all up').plays.filter(({ firstViewAt }) => firstViewAt === undefined || firstViewAt > 15 * HOUR);
    for (const play of patient) expect(of(play, 'asha').slice(0, 3).map(({ rung, at }) => [rung, at])).toEqual([['push', 0], ['reminder', PLAN.afterMs.reminder], ['email', PLAN.afterMs.email]]);
    all((play) => {
      // once by each channel; but to whom there is nobody behind, again an hour after it failed
      for (const tries of Map.groupBy(play.rings, ({ personId, rung, channel }) => `${personId} ${rung} ${channel}`).values())
        for (const [nth, before] of tries.slice(0, -1).entries()) expect([before.personId, before.reached, tries[nth + 1]!.at - before.at >= HOUR]).toEqual(['gov', false, true]);
    });
  });

  it('asks an address that is gone no second time', () => {
    for (const channel of CHANNELS) for (const play of under(`${channel} gone`).plays) {
      for (const person of ['asha', 'ravi', 'gov']) expect(of(play, person).filter((ring) => ring.channel === channel).reduce((tries, ring) => tries + ring.tries, 0)).toBeLessThanOrEqual(1);
    }
  });

  it('tells somebody as soon as with all channels up where one is gone, within its tries where one is down; and reports it', (t) => {
    // other seeds, so other people: the 95th of a hundred differs by itself, the way to them does not
    const median = (name: string): number => under(name).p50Ms;
    for (const name of ['push gone', 'push twice', 'email down', 'sms down', 'email gone', 'sms gone']) expect([name, median(name) < median('all up') + 3 * MINUTE]).toEqual([name, true]);
    for (const weather of ['down', 'busy', 'flapping', 'lost', 'slow'] as const) expect([weather, median(`push ${weather}`) < median('all up') + mostTrying(weather) + 3 * MINUTE]).toEqual([weather, true]);
    for (const { name, p95Ms, viewed, plays } of reached) t.diagnostic(viewed === 0 ? `${name}: looked at none of ${plays.length}` : `${name}: p95 from asking to the first human view ${(p95Ms / MINUTE).toFixed(1)} min, looked at ${viewed} of ${plays.length}`);
  });

  it('tells the platform’s governor at once where all are gone, and within all tries where all are down', () => {
    for (const { escalatedAt, rings } of under('all gone').plays) expect([escalatedAt, rings.map(({ personId, channel }) => `${personId} ${channel}`)]).toEqual([0, ['asha push', 'asha email', 'asha sms', 'ravi email', 'gov push']]);
    for (const { escalatedAt } of under('all down').plays) expect(escalatedAt).toBeLessThanOrEqual(4 * mostTrying('down'));
  });

  it('shows the same notice again where an answer was lost, and is one ring', () => {
    const doubled = Array.from({ length: 50 }, (_, seed) => LadderPlay.of(skyOf({ push: 'lost' }), seed)).filter(({ rings }) => rings[0]!.tries > 1);
    expect(doubled.length).toBeGreaterThan(10);
    for (const { rings, notices } of doubled) expect([rings.filter(({ rung }) => rung === 'push').length, notices >= rings[0]!.tries]).toEqual([1, true]);
  });
});
