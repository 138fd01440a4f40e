import { canMove, isTerminal, missionMachine, RUN_SUCCESSES, workItemMachine, type MissionCommand, type MissionEvent, type MissionState, type MissionStatus, type WorkItem, type WorkItemStatus } from '@countersign/contracts';
import type { MissionFacts, MissionRefusal, Reduction } from './mission-facts.js';
import { completed, failedNotice, requestApproval, reworkRequested, startRun, workItemCompleted } from './mission-commands.js';

/** Rounds one work item may take; a person who wants more makes a new one. */
export const MOST_ROUNDS = 99;
export const DEADLINE_TIMER = 'mission-deadline';

type ItemEvent = Extract<MissionEvent, { work_item_id: string }>;
type Change = Partial<Pick<WorkItem, 'status' | 'run_id' | 'artifact_refs'>>;

/**
 * What one event makes of a mission (reference §2A.5), without the original's holes (T-17): a pause and a cancellation are
 * states in which no work item moves, a run's and an approval's id count once, an item whose dependencies are not done
 * cannot start, and what does not fit is refused with a code instead of being ignored.
 */
export function reduceMission(facts: MissionFacts, event: MissionEvent): Reduction {
  switch (event.type) {
    case 'mission_started':
      return start(facts);
    case 'mission_paused':
      return turn(facts, 'paused');
    case 'mission_resumed':
      return resume(facts);
    case 'mission_canceled':
      return end(facts, 'canceled');
    case 'tool_observed':
    case 'resource_changed':
      return unchanged(facts);
    case 'timer_fired':
      return event.timer_id === DEADLINE_TIMER && facts.deadlineMs !== null && facts.nowMs >= facts.deadlineMs ? failMission(facts, 'mission_max_duration_ms') : unchanged(facts);
    default:
      return itemEvent(facts, event);
  }
}

/** The mission's time or budget is used up: it is over, and what was open in it is stopped. A mission that is over already stays what it is. */
export function failMission(facts: MissionFacts, reason: string): Reduction {
  const { mission } = facts;
  return isTerminal(missionMachine, mission.status) ? unchanged(facts) : end(facts, 'failed', [failedNotice(mission, reason)]);
}

/** A work item whose dependencies are all done. */
export const isReady = (mission: MissionState, item: WorkItem): boolean => waitsFor(mission, item).length === 0;

function start(facts: MissionFacts): Reduction {
  const { mission, nowMs } = facts;
  if (mission.status === 'running') return unchanged(facts);
  if (mission.status === 'paused') return refuse('mission_transition_refused', 'The mission is paused; resume it.');
  const { max_duration_ms } = mission.spec.budgets;
  const timer: MissionCommand[] = max_duration_ms === undefined ? [] : [{ type: 'schedule_timer', mission_id: mission.mission_id, timer_id: DEADLINE_TIMER, due_at_ms: nowMs + max_duration_ms }];
  return turn(facts, 'running', [...timer, ...runsToStart(mission)]);
}

function resume(facts: MissionFacts): Reduction {
  const { mission } = facts;
  if (mission.status === 'draft') return refuse('mission_transition_refused', 'The mission is a draft; start it.');
  return turn(facts, 'running', runsToStart(mission));
}

/** To another status, with the items as they are; to the same one is no news. */
function turn(facts: MissionFacts, to: MissionStatus, commands: readonly MissionCommand[] = []): Reduction {
  const { mission } = facts;
  if (mission.status === to) return unchanged(facts);
  if (isTerminal(missionMachine, mission.status)) return over(mission);
  if (!canMove(missionMachine, mission.status, to)) return refuse('mission_transition_refused', `A mission that is ${mission.status} cannot become ${to}.`);
  return changed(mission, { status: to }, commands);
}

/** Over without having succeeded: whatever was open is blocked for good. */
function end(facts: MissionFacts, to: 'canceled' | 'failed', commands: readonly MissionCommand[] = []): Reduction {
  const turned = turn(facts, to, commands);
  if (!turned.ok || !turned.changed) return turned;
  const work_items = turned.mission.work_items.map((item) => (item.status === 'done' ? item : { ...item, status: 'blocked' as const }));
  return { ...turned, mission: { ...turned.mission, work_items } };
}

function itemEvent(facts: MissionFacts, event: ItemEvent): Reduction {
  const { mission } = facts;
  const item = mission.work_items.find(({ work_item_id }) => work_item_id === event.work_item_id);
  if (!item) return refuse('work_item_not_found', 'There is no such work item in this mission.');
  if (wasTaken(facts, event)) return unchanged(facts);
  if (isTerminal(missionMachine, mission.status)) return over(mission);
  if (mission.status === 'paused') return refuse('mission_paused', 'The mission is paused; nothing in it moves until it is resumed.');
  switch (event.type) {
    case 'run_started':
      return runStarted(facts, item, event.run_id);
    case 'run_finished':
      return runFinished(facts, item, event);
    case 'approval_granted':
      return granted(mission, item, event.approval_id);
    case 'approval_denied':
      return denied(mission, item, event.reason);
  }
}

/** A run starts once and ends once, an approval is used once, however often it is posted and under whatever key. */
function wasTaken({ past }: MissionFacts, event: ItemEvent): boolean {
  const mine = past.filter(({ workItemId }) => workItemId === event.work_item_id);
  switch (event.type) {
    case 'run_started':
      return mine.some(({ type, id }) => (type === 'run_started' || type === 'run_finished') && id === event.run_id);
    case 'run_finished':
      return mine.some(({ type, id }) => type === 'run_finished' && id === event.run_id);
    case 'approval_granted':
    case 'approval_denied':
      return mine.some(({ type, id }) => (type === 'approval_granted' || type === 'approval_denied') && id === event.approval_id);
  }
}

/** Another run takes over where one is under way: its own end was never reported. */
function runStarted(facts: MissionFacts, item: WorkItem, runId: string): Reduction {
  const { mission } = facts;
  const refusal = cannotRun(facts, item);
  if (refusal) return refusal;
  return item.status === 'in_progress' ? changed(mission, itemChanged(mission, item, { run_id: runId })) : moved(mission, item, 'in_progress', { run_id: runId });
}

function runFinished(facts: MissionFacts, item: WorkItem, { run_id, status, artifact_refs = [] }: Extract<ItemEvent, { type: 'run_finished' }>): Reduction {
  const { mission } = facts;
  const refusal = cannotRun(facts, item);
  if (refusal) return refusal;
  if (item.status === 'in_progress' && item.run_id !== run_id) return refuse('run_mismatch', 'Another run of this work item is under way.');
  const fresh = artifact_refs.filter((ref, index) => !item.artifact_refs.includes(ref) && artifact_refs.indexOf(ref) === index);
  const change = { run_id, artifact_refs: [...item.artifact_refs, ...fresh] };
  const persist = fresh.map((artifact_ref): MissionCommand => ({ type: 'persist_artifact', mission_id: mission.mission_id, work_item_id: item.work_item_id, artifact_ref, metadata: null }));
  if (RUN_SUCCESSES.includes(status.toLowerCase())) return moved(mission, item, 'review', change, [...persist, requestApproval(mission, item, 'review', `The result of "${item.title}" is to be reviewed.`)]);
  return toRework(mission, item, [...persist, reworkRequested(mission, item, { reason: 'run_failed', runStatus: status })], change);
}

function cannotRun({ mission, rounds }: MissionFacts, item: WorkItem): MissionRefusal | undefined {
  if (item.status !== 'todo' && item.status !== 'rework' && item.status !== 'in_progress') return refuse('work_item_transition_refused', `The work item is ${item.status}; no run of it is expected.`);
  const waiting = waitsFor(mission, item);
  if (waiting.length > 0) return refuse('work_item_not_ready', `It depends on work that is not done: ${waiting.join(', ')}.`);
  return (rounds.get(item.work_item_id) ?? 0) > MOST_ROUNDS ? refuse('work_item_rounds_used_up', `The work item had ${MOST_ROUNDS} rounds.`) : undefined;
}

function granted(mission: MissionState, item: WorkItem, approvalId: string): Reduction {
  if (item.status === 'review') return moved(mission, item, 'test', {}, [requestApproval(mission, item, 'test', `"${item.title}" passed its review (${approvalId}) and is to be tested.`)]);
  if (item.status !== 'test') return notAtGate(item);
  const done = moved(mission, item, 'done', {}, [workItemCompleted(mission, item, approvalId)]);
  if (!done.ok) return done;
  const next = done.mission;
  if (next.work_items.every(({ status }) => status === 'done')) return { ...done, mission: { ...next, status: 'succeeded' }, commands: [...done.commands, completed(mission)] };
  const freed = next.work_items.filter((other) => other.depends_on.includes(item.work_item_id));
  return { ...done, commands: [...done.commands, ...runsToStart(next, freed)] };
}

function denied(mission: MissionState, item: WorkItem, reason: string): Reduction {
  if (item.status !== 'review' && item.status !== 'test') return notAtGate(item);
  return toRework(mission, item, [reworkRequested(mission, item, { gate: item.status, reason })]);
}

function toRework(mission: MissionState, item: WorkItem, commands: readonly MissionCommand[], change: Change = {}): Reduction {
  const again = item.assigned_agent === undefined ? [] : [startRun(mission, item)];
  if (item.status === 'rework') return changed(mission, itemChanged(mission, item, change), [...commands, ...again]);
  return moved(mission, item, 'rework', change, [...commands, ...again]);
}

/** Items that name an agent and could begin now. */
function runsToStart(mission: MissionState, among: readonly WorkItem[] = mission.work_items): MissionCommand[] {
  const free = among.filter((item) => item.assigned_agent !== undefined && (item.status === 'todo' || item.status === 'rework') && isReady(mission, item));
  return free.map((item) => startRun(mission, item));
}

const waitsFor = (mission: MissionState, { depends_on }: WorkItem): string[] =>
  depends_on.filter((id) => mission.work_items.find(({ work_item_id }) => work_item_id === id)?.status !== 'done');

function moved(mission: MissionState, item: WorkItem, to: WorkItemStatus, change: Change = {}, commands: readonly MissionCommand[] = []): Reduction {
  if (!canMove(workItemMachine, item.status, to)) return refuse('work_item_transition_refused', `A work item that is ${item.status} cannot become ${to}.`);
  return changed(mission, itemChanged(mission, item, { ...change, status: to }), commands);
}

const itemChanged = ({ work_items }: MissionState, item: WorkItem, change: Change): Pick<MissionState, 'work_items'> => ({
  work_items: work_items.map((other) => (other.work_item_id === item.work_item_id ? { ...other, ...change } : other)),
});

const changed = (mission: MissionState, change: Partial<MissionState>, commands: readonly MissionCommand[] = []): Reduction => ({ ok: true, changed: true, mission: { ...mission, ...change, revision: mission.revision + 1 }, commands });
const unchanged = ({ mission }: MissionFacts): Reduction => ({ ok: true, changed: false, mission, commands: [] });
const refuse = (code: MissionRefusal['code'], message: string): MissionRefusal => ({ ok: false, code, message });
const over = ({ status }: MissionState): MissionRefusal => refuse('mission_over', `The mission is over: ${status}.`);
const notAtGate = ({ status }: WorkItem): MissionRefusal => refuse('work_item_transition_refused', `The work item is ${status}; nothing of it waits for a decision.`);
