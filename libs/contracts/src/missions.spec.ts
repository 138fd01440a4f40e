import { expect } from 'expect';
import { describe, it } from 'node:test';
import { GoalId, TaskId } from './ids.js';
import { MISSION_EVENT_TYPES, readMissionEvent, type MissionEventBody } from './mission-events.js';
import { missionMachine, MISSION_STATUSES, missionStatusOf, missionView, taskStateOf, WORK_ITEM_STATUSES, workItemMachine, workItemStatusOf, type MissionRow, type WorkItemRow } from './missions.js';
import { GOAL_STATES, isTerminal, TASK_STATES } from './states.js';

const row = (over: Partial<MissionRow> = {}): MissionRow => ({ id: GoalId.next(), origin: 'mission', title: 'Ship', text: 'Ship it', state: 'running', paused: false, terms: {}, revision: 3, updatedAtMs: 7, ...over });
const item = (over: Partial<WorkItemRow> = {}): WorkItemRow => ({ id: TaskId.next(), key: 'w-1', title: 'Do', detail: '', state: 'todo', round: 0, dependsOn: [], skill: '', runId: null, artifactRefs: [], metadata: {}, ...over });

describe('a goal as a mission', () => {
  it('has a status for every state; what is over is over in both', () => {
    for (const state of GOAL_STATES) {
      expect(MISSION_STATUSES).toContain(missionStatusOf({ state, paused: false }));
      expect([state, isTerminal(missionMachine, missionStatusOf({ state, paused: true }))]).toEqual([state, ['done', 'denied', 'expired', 'failed', 'cancelled'].includes(state)]);
    }
    expect(['planned', 'running', 'proposed', 'executing'].map((state) => missionStatusOf({ state: state as MissionRow['state'], paused: true }))).toEqual(['paused', 'paused', 'paused', 'paused']);
  });

  it('stores every work item’s status so that it is read back as the same', () => {
    for (const status of WORK_ITEM_STATUSES) expect(workItemStatusOf({ state: taskStateOf(status), round: status === 'rework' ? 2 : 1 })).toBe(status);
    for (const state of TASK_STATES) expect(WORK_ITEM_STATUSES).toContain(workItemStatusOf({ state, round: 1 }));
    expect([1, 2].map((round) => workItemStatusOf({ state: 'assigned', round }))).toEqual(['in_progress', 'rework']);
  });

  it('lists moves between its own words only', () => {
    for (const [from, to] of Object.entries(missionMachine)) expect([from, to.filter((each) => !MISSION_STATUSES.includes(each))]).toEqual([from, []]);
    for (const [from, to] of Object.entries(workItemMachine)) expect([from, to.filter((each) => !WORK_ITEM_STATUSES.includes(each))]).toEqual([from, []]);
  });

  it('shows the ids its maker chose, and leaves out what nobody said', () => {
    const first = item();
    const mission = row({ terms: { success_criteria: ['green'] } });
    expect(missionView(mission, [first, item({ key: 'w-2', detail: 'how', skill: 'tester', runId: 'r-1', dependsOn: [first.id], metadata: { a: 1 }, state: 'approved' })])).toEqual({
      mission_id: mission.id,
      status: 'running',
      spec: {
        mission_id: mission.id,
        title: 'Ship',
        goal: 'Ship it',
        knowledge: { enabled: false, reuse_mode: 'disabled', trust_floor: 'promoted', read_spaces: [], promote_spaces: [] },
        success_criteria: ['green'],
        entrypoint: null,
        budgets: {},
        capabilities: { allowed_tools: [], allowed_agents: [], allowed_memory_tiers: [] },
      },
      work_items: [
        { work_item_id: 'w-1', title: 'Do', status: 'todo', depends_on: [], artifact_refs: [] },
        { work_item_id: 'w-2', title: 'Do', detail: 'how', status: 'test', depends_on: ['w-1'], assigned_agent: 'tester', run_id: 'r-1', artifact_refs: [], metadata: { a: 1 } },
      ],
      revision: 3,
      updated_at_ms: 7,
    });
  });

  it('of a goal shows its tasks by their ids and its first line as the title', () => {
    const task = item({ key: 'docs', skill: 'docs' });
    const { spec, work_items } = missionView(row({ origin: 'goal', title: '', text: '  Document it\nall of it' }), [task]);
    expect([spec.title, work_items[0]!.work_item_id]).toEqual(['Document it', task.id]);
  });
});

describe('a mission’s event', () => {
  const full: MissionEventBody = { type: 'mission_started', mission_id: 'm', work_item_id: 'w', run_id: 'r', status: 'ok', tool: 't', phase: 'p', approval_id: 'a', reason: '', timer_id: 'i', key: 'k', rev: 0, artifact_refs: ['x'] };

  it('keeps the fields of its type and no others', () => {
    expect(Object.fromEntries(MISSION_EVENT_TYPES.map((type) => [type, Object.keys((readMissionEvent({ ...full, type }) as { event: object }).event).slice(2)]))).toEqual({
      mission_started: [],
      mission_paused: ['reason'],
      mission_resumed: [],
      mission_canceled: ['reason'],
      run_started: ['work_item_id', 'run_id'],
      run_finished: ['work_item_id', 'run_id', 'status', 'artifact_refs'],
      tool_observed: ['run_id', 'tool', 'phase'],
      approval_granted: ['work_item_id', 'approval_id'],
      approval_denied: ['work_item_id', 'approval_id', 'reason'],
      timer_fired: ['timer_id'],
      resource_changed: ['key', 'rev'],
    });
  });

  it('names the first field it lacks', () => {
    expect(readMissionEvent({ type: 'run_finished', mission_id: 'm', work_item_id: 'w' })).toEqual({ missing: 'run_id' });
    expect(readMissionEvent({ type: 'mission_paused', mission_id: 'm' })).toEqual({ missing: 'reason' });
  });
});
