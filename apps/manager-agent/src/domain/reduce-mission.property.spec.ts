import { canMove, isTerminal, missionMachine, workItemMachine, type MissionEvent, type MissionState, type WorkItem } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { aMission, anItem } from '../testing/missions.js';
import type { MissionFacts, PastEvent, Reduction } from './mission-facts.js';
import { reduceMission } from './reduce-mission.js';

/** A mission with everything that was ever taken about it: what the rows hold. */
class Model {
  readonly taken: { event: MissionEvent; reduction: Extract<Reduction, { ok: true }> }[] = [];
  constructor(public mission: MissionState) {}

  facts(): MissionFacts {
    const past = this.taken.flatMap(({ event }): PastEvent[] => {
      if (event.type === 'run_started' || event.type === 'run_finished') return [{ type: event.type, workItemId: event.work_item_id, id: event.run_id }];
      return event.type === 'approval_granted' || event.type === 'approval_denied' ? [{ type: event.type, workItemId: event.work_item_id, id: event.approval_id }] : [];
    });
    return { mission: this.mission, nowMs: 0, rounds: new Map(), deadlineMs: null, past };
  }

  post(event: MissionEvent): Reduction {
    const reduction = reduceMission(this.facts(), event);
    if (reduction.ok) {
      this.mission = reduction.mission;
      this.taken.push({ event, reduction });
    }
    return reduction;
  }
}

const ids = ['w-0', 'w-1', 'w-2'];
const links = (index: number): fc.Arbitrary<string[]> => fc.subarray(ids.slice(0, index)); // they point backwards only, so there is no circle
const missions = fc.tuple(fc.integer({ min: 1, max: ids.length }), fc.tuple(links(0), links(1), links(2)), fc.boolean()).map(([size, dependencies, agents]) =>
  aMission({ mission_id: 'm', status: 'draft', work_items: ids.slice(0, size).map((work_item_id, index) => anItem({ work_item_id, depends_on: dependencies[index]!, ...(agents ? { assigned_agent: 'worker' } : {}) })) }),
);
const item = fc.constantFrom(...ids, ...ids, 'nowhere');
const run = fc.nat(5).map((n) => `r-${n}`);
const approval = fc.nat(20).map((n) => `a-${n}`);
const events: fc.Arbitrary<MissionEvent> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ type: 'mission_started', mission_id: 'm' } as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'mission_paused', mission_id: 'm', reason: 'x' } as const) },
  { weight: 3, arbitrary: fc.constant({ type: 'mission_resumed', mission_id: 'm' } as const) },
  { weight: 1, arbitrary: fc.nat(4).map((n): MissionEvent => (n === 0 ? { type: 'mission_canceled', mission_id: 'm', reason: 'x' } : { type: 'tool_observed', mission_id: 'm', run_id: 'r-0', tool: 'read', phase: 'done' })) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('run_started' as const), mission_id: fc.constant('m'), work_item_id: item, run_id: run }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('run_finished' as const), mission_id: fc.constant('m'), work_item_id: item, run_id: run, status: fc.constantFrom('ok', 'success', 'failed') }) },
  { weight: 14, arbitrary: fc.record({ type: fc.constant('approval_granted' as const), mission_id: fc.constant('m'), work_item_id: item, approval_id: approval }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('approval_denied' as const), mission_id: fc.constant('m'), work_item_id: item, approval_id: approval, reason: fc.constant('no') }) },
);
const histories = fc.tuple(missions, fc.array(events, { minLength: 20, maxLength: 100, size: 'max' }));
const RUNS = { numRuns: 300 };

const isNothing = (reduction: Reduction): boolean => reduction.ok && !reduction.changed && reduction.commands.length === 0;
const itemOf = ({ work_items }: MissionState, id: string): WorkItem => work_items.find(({ work_item_id }) => work_item_id === id)!;

/** What no mission may be, whatever happened to it. */
function impossible(mission: MissionState): string[] {
  const { status, work_items } = mission;
  const done = work_items.filter((each) => each.status === 'done').length;
  const of = ({ work_item_id, status: state, depends_on, run_id }: WorkItem): string[] => {
    const begun = state !== 'todo' && state !== 'blocked';
    const waits = depends_on.some((id) => itemOf(mission, id).status !== 'done');
    return [...(begun && waits ? [`${work_item_id} began before its dependency was done`] : []), ...(begun && run_id === undefined ? [`${work_item_id} is ${state} without a run`] : []), ...(state === 'blocked' && status !== 'canceled' ? [`${work_item_id} is blocked in a mission that is ${status}`] : [])];
  };
  return [...((status === 'succeeded') === (done === work_items.length) ? [] : [`${status} with ${done} of ${work_items.length} done`]), ...work_items.flatMap(of)];
}

/** What no event may do to a mission. */
function forbidden(before: MissionState, after: MissionState): string[] {
  const moves = after.work_items.map((item) => [itemOf(before, item.work_item_id), item] as const).filter(([from, to]) => from !== to);
  return [
    ...(after.revision === before.revision + 1 ? [] : [`revision ${before.revision} to ${after.revision}`]),
    ...(before.status === after.status || canMove(missionMachine, before.status, after.status) ? [] : [`${before.status} to ${after.status}`]),
    ...moves.filter(([from, to]) => from.status !== to.status && !canMove(workItemMachine, from.status, to.status)).map(([from, to]) => `${from.status} to ${to.status}`),
    ...(before.status === 'paused' ? moves.filter(([, to]) => to.status !== 'blocked').map(([from]) => `${from.work_item_id} moved while paused`) : []),
  ];
}

describe('any sequence of events', () => {
  it('leads by listed moves only, one revision at a time, and never to an impossible mission', () => {
    fc.assert(
      fc.property(histories, ([start, sequence]) => {
        const model = new Model(start);
        for (const event of sequence) {
          const before = model.mission;
          const reduction = model.post(event);
          const faults = reduction.ok && reduction.changed ? [...forbidden(before, model.mission), ...impossible(model.mission)] : model.mission === before ? [] : ['changed without saying so'];
          if (faults.length > 0) throw new Error(`${JSON.stringify(event)}: ${faults.join('; ')}`);
        }
      }),
      RUNS,
    );
  });

  it('once over stays as it is', () => {
    fc.assert(
      fc.property(histories, fc.array(events, { maxLength: 30 }), ([start, sequence], more) => {
        const model = new Model(start);
        for (const event of [...sequence, { type: 'mission_canceled', mission_id: 'm', reason: 'enough' } as const]) model.post(event);
        expect(isTerminal(missionMachine, model.mission.status)).toBe(true);
        const end = model.mission;
        for (const event of [...more, ...sequence]) {
          const reduction = model.post(event);
          if (reduction.ok && !isNothing(reduction)) throw new Error(`something came of ${JSON.stringify(event)}`);
        }
        expect(model.mission).toBe(end);
      }),
      RUNS,
    );
  });

  it('is worth nothing when runs and approvals of it are posted again, in whatever order', () => {
    const named: readonly string[] = ['run_started', 'run_finished', 'approval_granted', 'approval_denied'];
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat(200)), ([start, sequence], dice) => {
        const model = new Model(start);
        for (const event of sequence) model.post(event);
        const end = model.mission;
        const again = model.taken.filter(({ event }) => named.includes(event.type)).map(({ event }) => event);
        for (const event of again.map((each) => [dice.next().value as number, each] as const).sort(([a], [b]) => a - b).map(([, each]) => each)) if (!isNothing(model.post(event))) throw new Error(`counted twice: ${JSON.stringify(event)}`);
        expect(model.mission).toBe(end);
      }),
      RUNS,
    );
  });

  it('reaches every status a mission and a work item have, so the rules above are not about nothing', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(histories, ([start, sequence]) => {
        const model = new Model(start);
        for (const event of sequence) {
          model.post(event);
          for (const status of [`mission ${model.mission.status}`, ...model.mission.work_items.map(({ status: each }) => `item ${each}`)]) seen.add(status);
        }
      }),
      { ...RUNS, seed: 7 },
    );
    expect([...seen].sort()).toEqual(['item blocked', 'item done', 'item in_progress', 'item review', 'item rework', 'item test', 'item todo', 'mission canceled', 'mission draft', 'mission paused', 'mission running', 'mission succeeded']);
  });
});
