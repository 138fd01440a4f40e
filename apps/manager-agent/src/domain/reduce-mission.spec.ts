import type { MissionEvent, MissionState, WorkItem } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { about, aMission, anItem, missionFacts } from '../testing/missions.js';
import type { MissionFacts, Reduction } from './mission-facts.js';
import { DEADLINE_TIMER, failMission, MOST_ROUNDS, reduceMission } from './reduce-mission.js';

type Bare<E> = E extends unknown ? Omit<E, 'mission_id'> : never;
const post = (mission: MissionState, event: Bare<MissionEvent>, over: Partial<MissionFacts> = {}): Reduction => reduceMission(missionFacts(mission, over), about(mission, event));
const of = (items: Partial<WorkItem>[], status: MissionState['status'] = 'running'): MissionState => aMission({ status, work_items: items.map((item, index) => anItem({ work_item_id: `w-${index + 1}`, ...item })) });
const taken = (reduction: Reduction): Extract<Reduction, { ok: true }> => {
  if (!reduction.ok) throw new Error(`refused: ${reduction.code}`);
  return reduction;
};
const statuses = (reduction: Reduction): string[] => taken(reduction).mission.work_items.map(({ status }) => status);
const commands = (reduction: Reduction): string[] => taken(reduction).commands.map((command) => [command.type, 'kind' in command ? command.kind : undefined, 'event_type' in command ? command.event_type : undefined].filter(Boolean).join(' '));

const started = { type: 'mission_started' } as const;
const paused = { type: 'mission_paused', reason: 'lunch' } as const;
const resumed = { type: 'mission_resumed' } as const;
const canceled = { type: 'mission_canceled', reason: 'user stop' } as const;
const begun = (run_id = 'r-1', work_item_id = 'w-1') => ({ type: 'run_started', work_item_id, run_id }) as const;
const ended = (status = 'success', run_id = 'r-1', work_item_id = 'w-1') => ({ type: 'run_finished', work_item_id, run_id, status }) as const;
const granted = (approval_id: string, work_item_id = 'w-1') => ({ type: 'approval_granted', work_item_id, approval_id }) as const;
const denied = (approval_id: string, reason = 'missing edge-case test', work_item_id = 'w-1') => ({ type: 'approval_denied', work_item_id, approval_id, reason }) as const;

describe('the gates of a work item, as the original has them', () => {
  it('a reviewer’s denial sends it to rework and says so', () => {
    const mission = of([{ status: 'review', run_id: 'r-1' }]);
    const reduction = taken(post(mission, denied('appr-1')));
    expect(statuses(reduction)).toEqual(['rework']);
    expect(reduction.mission.revision).toBe(2);
    expect(reduction.commands).toEqual([{ type: 'emit_notice', mission_id: mission.mission_id, event_type: 'mission.work_item.rework_requested', properties: { workItemID: 'w-1', gate: 'review', reason: 'missing edge-case test' } }]);
  });

  it('a reviewer’s approval leads to the test gate and asks for the test', () => {
    const reduction = post(of([{ status: 'review' }]), granted('review-1'));
    expect(statuses(reduction)).toEqual(['test']);
    expect(commands(reduction)).toEqual(['request_approval test']);
  });

  it('a tester’s approval makes it done, and the last one done completes the mission', () => {
    const reduction = taken(post(of([{ status: 'test' }]), granted('test-1')));
    expect(statuses(reduction)).toEqual(['done']);
    expect(reduction.mission.status).toBe('succeeded');
    expect(commands(reduction)).toEqual(['emit_notice mission.work_item.completed', 'emit_notice mission.completed']);
  });

  it('a tester’s denial sends it to rework, naming the gate', () => {
    expect(taken(post(of([{ status: 'test' }]), denied('test-1'))).commands[0]).toMatchObject({ properties: { gate: 'test' } });
  });

  for (const status of ['ok', 'success', 'passed', 'PASSED', 'Ok']) {
    it(`a run that ended as ${status} asks for a review`, () => {
      const reduction = post(of([{ status: 'in_progress', run_id: 'r-1' }]), ended(status));
      expect(statuses(reduction)).toEqual(['review']);
      expect(commands(reduction)).toEqual(['request_approval review']);
    });
  }

  it('a run that ended otherwise goes to rework with how it ended', () => {
    const reduction = taken(post(of([{ status: 'in_progress', run_id: 'r-1' }]), ended('timeout')));
    expect(statuses(reduction)).toEqual(['rework']);
    expect(reduction.commands).toMatchObject([{ event_type: 'mission.work_item.rework_requested', properties: { workItemID: 'w-1', reason: 'run_failed', runStatus: 'timeout' } }]);
  });

  it('a run is known by its end alone, also in a draft', () => {
    const reduction = taken(post(of([{}], 'draft'), ended()));
    expect([statuses(reduction), reduction.mission.status, reduction.mission.work_items[0]?.run_id]).toEqual([['review'], 'draft', 'r-1']);
  });

  it('starting a mission is one revision and, without agents, no command', () => {
    const reduction = taken(post(of([{}], 'draft'), started));
    expect([reduction.mission.status, reduction.mission.revision, reduction.commands]).toEqual(['running', 2, []]);
  });

  it('what a run leaves behind is kept once and asked to be persisted', () => {
    const reduction = taken(post(of([{ status: 'in_progress', run_id: 'r-1', artifact_refs: ['a'] }]), { ...ended(), artifact_refs: ['a', 'b', 'b'] }));
    expect(reduction.mission.work_items[0]?.artifact_refs).toEqual(['a', 'b']);
    expect(commands(reduction)).toEqual(['persist_artifact', 'request_approval review']);
  });
});

describe('the holes of the original that are closed', () => {
  it('a cancelled mission is cancelled: what was open is blocked, what was done stays, and nothing moves any more', () => {
    const reduction = taken(post(of([{ status: 'done' }, { status: 'in_progress', run_id: 'r-1' }, {}]), canceled));
    expect([reduction.mission.status, statuses(reduction)]).toEqual(['canceled', ['done', 'blocked', 'blocked']]);
    const { mission } = reduction;
    for (const event of [started, paused, resumed, begun('r-9', 'w-3'), ended('ok', 'r-1', 'w-2'), granted('a', 'w-2'), denied('b', 'no', 'w-2')]) expect(post(mission, event)).toMatchObject({ ok: false, code: 'mission_over' });
    expect(taken(post(mission, canceled)).changed).toBe(false);
  });

  it('a paused mission stands still until it is resumed', () => {
    const { mission } = taken(post(of([{ status: 'in_progress', run_id: 'r-1' }]), paused));
    expect(mission.status).toBe('paused');
    for (const event of [begun('r-2'), ended(), granted('a'), denied('b')]) expect(post(mission, event)).toMatchObject({ ok: false, code: 'mission_paused' });
    expect(post(mission, started)).toMatchObject({ ok: false, code: 'mission_transition_refused' });
    expect(taken(post(mission, paused)).changed).toBe(false);
    expect(taken(post(mission, resumed)).mission).toMatchObject({ status: 'running', revision: 3 });
    expect(taken(post(mission, canceled)).mission.status).toBe('canceled');
  });

  it('a draft is neither paused nor resumed, and starting twice is nothing new', () => {
    for (const event of [paused, resumed]) expect(post(of([{}], 'draft'), event)).toMatchObject({ ok: false, code: 'mission_transition_refused' });
    expect(taken(post(of([{}]), started))).toMatchObject({ changed: false, commands: [], mission: { revision: 1 } });
  });

  it('one approval passes one gate, however often and however it is posted', () => {
    const past = [{ type: 'approval_granted', workItemId: 'w-1', id: 'review-1' }] as const;
    const mission = of([{ status: 'test' }]);
    expect(taken(post(mission, granted('review-1'), { past }))).toMatchObject({ changed: false, mission });
    expect(taken(post(mission, denied('review-1'), { past })).changed).toBe(false);
    expect(statuses(post(mission, granted('test-1'), { past }))).toEqual(['done']);
  });

  it('a run ends once: its end posted again does not take reworked work to review', () => {
    const past = [{ type: 'run_finished', workItemId: 'w-1', id: 'r-1' }] as const;
    const mission = of([{ status: 'rework', run_id: 'r-1' }]);
    for (const event of [ended(), begun()]) expect(taken(post(mission, event, { past }))).toMatchObject({ changed: false });
    expect(statuses(post(mission, ended('ok', 'r-2'), { past }))).toEqual(['review']);
  });

  it('work whose dependency is not done does not start, and is free once it is', () => {
    const mission = of([{ status: 'test' }, { depends_on: ['w-1'], assigned_agent: 'worker' }, { depends_on: ['w-1', 'w-2'], assigned_agent: 'worker' }]);
    for (const event of [begun('r-2', 'w-2'), ended('ok', 'r-2', 'w-2')]) expect(post(mission, event)).toMatchObject({ ok: false, code: 'work_item_not_ready', message: expect.stringContaining('w-1') });
    const reduction = taken(post(mission, granted('t')));
    expect(reduction.mission.status).toBe('running');
    expect(reduction.commands.filter(({ type }) => type === 'start_run')).toMatchObject([{ work_item_id: 'w-2', agent: 'worker', prompt: 'Implement patch\n\nPart of: Ship with gates' }]);
    expect(post(reduction.mission, begun('r-2', 'w-2'))).toMatchObject({ ok: true });
  });

  for (const status of ['todo', 'in_progress', 'rework', 'done'] as const) {
    it(`nothing is decided about work that is ${status}`, () => {
      const mission = of([{ status }, {}]);
      for (const event of [granted('a'), denied('b')]) expect(post(mission, event)).toMatchObject({ ok: false, code: 'work_item_transition_refused' });
    });
  }

  for (const status of ['review', 'test', 'done'] as const) {
    it(`no run of work that is ${status} starts or ends`, () => {
      const mission = of([{ status }, {}]);
      for (const event of [begun('r-2'), ended('ok', 'r-2')]) expect(post(mission, event)).toMatchObject({ ok: false, code: 'work_item_transition_refused' });
    });
  }

  it('another run takes over where the first one’s end was never heard of, and the first one’s end comes too late', () => {
    const { mission } = taken(post(of([{ status: 'in_progress', run_id: 'r-1' }]), begun('r-2')));
    expect(mission.work_items[0]).toMatchObject({ status: 'in_progress', run_id: 'r-2' });
    expect(post(mission, ended('ok', 'r-1'))).toMatchObject({ ok: false, code: 'run_mismatch' });
  });

  it('a work item that is not there is named as such', () => {
    expect(post(of([{}]), begun('r-1', 'w-9'))).toMatchObject({ ok: false, code: 'work_item_not_found' });
  });

  it('patience has an end', () => {
    const rounds = new Map([['w-1', MOST_ROUNDS + 1]]);
    expect(post(of([{ status: 'rework' }]), begun('r-2'), { rounds })).toMatchObject({ ok: false, code: 'work_item_rounds_used_up' });
  });

  it('agents are asked to run what is ready: at the start, after rework, after a pause', () => {
    const items = [{ assigned_agent: 'worker' }, { assigned_agent: 'tester', depends_on: ['w-1'] }, {}];
    expect(taken(post(of(items, 'draft'), started)).commands).toMatchObject([{ type: 'start_run', work_item_id: 'w-1', agent: 'worker' }]);
    expect(taken(post(of(items, 'paused'), resumed)).commands).toHaveLength(1);
    expect(commands(post(of([{ ...items[0], status: 'review' }]), denied('a')))).toEqual(['emit_notice mission.work_item.rework_requested', 'start_run']);
  });
});

describe('the end of a mission’s means', () => {
  const limited = (): MissionState => { const mission = of([{ assigned_agent: 'worker' }, { status: 'done' }], 'draft'); return { ...mission, spec: { ...mission.spec, budgets: { max_duration_ms: 500 } } }; };

  it('its time is a timer from its start on', () => {
    expect(taken(post(limited(), started)).commands[0]).toMatchObject({ type: 'schedule_timer', timer_id: DEADLINE_TIMER, due_at_ms: 1_500 });
  });

  it('the timer ends it when it is due by the database’s clock, and not because somebody says so', () => {
    const mission = { ...limited(), status: 'running' as const };
    const fired = { type: 'timer_fired', timer_id: DEADLINE_TIMER } as const;
    for (const over of [{ deadlineMs: 1_001 }, { deadlineMs: null }]) expect(taken(post(mission, fired, over)).changed).toBe(false);
    expect(taken(post(mission, { type: 'timer_fired', timer_id: 'tea' }, { deadlineMs: 1 })).changed).toBe(false);
    const reduction = taken(post(mission, fired, { deadlineMs: 1_000 }));
    expect([reduction.mission.status, statuses(reduction), commands(reduction)]).toEqual(['failed', ['blocked', 'done'], ['emit_notice mission.failed']]);
  });

  it('what is used up fails it, once, also while it is paused; what is over stays what it is', () => {
    for (const status of ['draft', 'running', 'paused'] as const) expect(taken(failMission(missionFacts(of([{}], status)), 'mission_max_tokens')).mission.status).toBe('failed');
    for (const status of ['succeeded', 'failed', 'canceled'] as const) expect(taken(failMission(missionFacts(of([{}], status)), 'mission_max_tokens')).changed).toBe(false);
  });
});
