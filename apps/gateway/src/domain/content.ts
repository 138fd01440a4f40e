import { MISSION_EVENT_TYPES, RUN_STATUSES, type AgentInstance, type ApprovalDetail, type ApprovalQueue, type ApprovalSummary, type DenialView, type Effect, type GoalDetail, type GoalSummary, type MissionCommand, type MissionEventView, type MissionState, type PolicyView, type SpawnPolicyFile, type TeamDetail } from '@countersign/contracts';
import { isStaff, type Caller } from './access.js';
import type { FeedEvent } from './event-view.js';

/** Things as they are shown to whoever may not read content: that they exist, how they stand and what they cost, without a word that an agent or a repository's program wrote. */

/** A thing as this caller may see it, who may see that it is there: the one place that knows who gets the words. */
export const shownTo = <T>(by: Caller, thing: T, without: (thing: T) => T): T => (isStaff(by) ? without(thing) : thing);

/** What an approval is for, by its kind alone: titles name branches, hosts and a mail's subject. */
const PLAIN: Readonly<Record<Effect['kind'], { readonly title: string; readonly question: string; readonly whatHappens: string }>> = {
  'git.push': { title: 'Push to a branch', question: 'May this be pushed?', whatHappens: 'One commit will be pushed to a branch of the customer’s.' },
  'file.publish': { title: 'Publish to a folder', question: 'May this be published?', whatHappens: 'Files will be published in a folder.' },
  'http.post': { title: 'Post to an address', question: 'May this be posted?', whatHappens: 'One file will be posted to an address that the operator allows.' },
  'email.send': { title: 'Send an e-mail', question: 'May this e-mail be sent?', whatHappens: 'One e-mail will be sent to addresses that the operator allows.' },
};
/** Facts that are figures, and name nobody and nothing. */
const FIGURES: readonly string[] = ['Files', 'Checks', 'Can be undone', 'Cost so far', 'Risk', 'Approvals needed', 'Waits after the last yes'];

export const approvalSummaryWithoutContent = <A extends ApprovalSummary>(approval: A, kind: Effect['kind']): A => ({ ...approval, title: PLAIN[kind].title });

/** A manifest is content, and so is all that is said from it: of a receipt, too, the addresses. */
export const approvalWithoutContent = (detail: ApprovalDetail, kind: Effect['kind']): ApprovalDetail => ({
  ...detail,
  ...PLAIN[kind],
  facts: detail.facts.filter(({ label }) => FIGURES.includes(label)),
  sent: null,
  agentSays: '',
  artifacts: [],
  checks: detail.checks.map((check) => ({ ...check, outputTail: '' })),
  decision: detail.decision && { ...detail.decision, reason: null },
  effect: detail.effect && { ...detail.effect, receipt: null, settlement: detail.effect.settlement && { ...detail.effect.settlement, reason: '' } },
});

/** A blocked goal's note repeats the notes of its task, and those end with the output of a check. */
export const goalWithoutContent = (goal: GoalSummary): GoalSummary => ({ ...goal, note: '' });

export const goalDetailWithoutContent = (goal: GoalDetail): GoalDetail => ({ ...goal, note: '', again: null, deliverable: goal.deliverable && { ...goal.deliverable, summary: '', files: [] }, effect: goal.effect && { ...goal.effect, receipt: null }, tasks: goal.tasks.map((task) => ({ ...task, detail: '', notes: [], progress: '' })) });

export const teamWithoutContent = (team: TeamDetail): TeamDetail => ({ ...team, goals: team.goals.map(goalWithoutContent) });

/** Of all events progress alone carries words. */
export function eventWithoutContent<E extends FeedEvent>(event: E): E {
  if (event.type !== 'member.progress') return event;
  const { text: _, ...data } = event.data;
  return { ...event, data };
}

/** Titles, states and order stay: they say that work exists and how it stands. */
export const missionWithoutContent = ({ spec: { metadata: _, ...spec }, ...mission }: MissionState): MissionState => ({
  ...mission,
  spec,
  work_items: mission.work_items.map(({ detail: _detail, metadata: _metadata, ...item }) => ({ ...item, artifact_refs: [] })),
});

/** Of what was posted its type, and what we could have said ourselves. */
export const missionEventWithoutContent = (view: MissionEventView): MissionEventView => ({ ...view, event: plain(view.event, SAYS_NOTHING) });

export function missionCommandWithoutContent(command: MissionCommand): MissionCommand {
  switch (command.type) {
    case 'start_run':
      return { ...command, prompt: '' };
    case 'request_approval':
      return { ...command, summary: '' };
    case 'persist_artifact':
      return { ...command, artifact_ref: '', metadata: null };
    case 'emit_notice':
      return { ...command, properties: plain(command.properties, SAYS_NOTHING) };
    case 'schedule_timer':
      return command;
  }
}

/** Texts that are ids, names of a policy, or words of a closed list. All others are somebody's words. */
const NO_WORDS = new Set([
  'type', 'mission_id', 'work_item_id', 'run_id', 'approval_id', 'missionID', 'instanceID', 'parentInstanceID', 'sessionID', 'messageID', 'runID', 'workItemID', 'approvalID',
  'requestedRole', 'role', 'templateID', 'skillHash', 'source', 'status', 'code', 'kind', 'decision', 'exhaustedBy', 'usageSource', 'tool',
]);
type Properties = Readonly<Record<string, unknown>>;

/** What is left of an event's properties: figures, and texts that are nobody's words. Whatever is new is withheld until it is listed. */
const plain = (properties: object, says: (name: string, text: string) => boolean = (name) => NO_WORDS.has(name)): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([name, value]: [string, unknown]) => (typeof value === 'string' ? says(name, value) : isFigure(value))));
const isFigure = (value: unknown): boolean => value === null || ['number', 'boolean'].includes(typeof value) || (typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((each) => typeof each === 'number'));

const OWN_ID = /^([a-z]{2,5}_)?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/;
const IDS = new Set(['mission_id', 'work_item_id', 'run_id', 'approval_id', 'missionID', 'workItemID', 'runID', 'approvalID']);
const KNOWN: Readonly<Record<string, readonly string[]>> = { type: MISSION_EVENT_TYPES, status: RUN_STATUSES };
/** Whoever posts an event makes up its ids and words: an id counts where it has our own shape, a word where it is one of ours. */
const SAYS_NOTHING = (name: string, text: string): boolean => (IDS.has(name) ? OWN_ID.test(text) : (KNOWN[name]?.includes(text.toLowerCase()) ?? false));

/** An event of the original's stream; its code says why, where it says so. What is told of a work item repeats what was posted. */
export const agentEventWithoutContent = <E extends { readonly type: string; readonly properties: Properties }>(event: E): E => ({ ...event, properties: event.type.startsWith('mission.work_item.') ? plain(event.properties, SAYS_NOTHING) : plain(event.properties) });

export const instanceWithoutContent = (agent: AgentInstance): AgentInstance => ({ ...agent, metadata: { ...agent.metadata, justification: '' } });

/** What the gate refused is told in its own words; what an agent tried, in the agent's. */
export const denialWithoutContent = (denial: DenialView): DenialView => (denial.kind === 'spawn' ? denial : { ...denial, reason: '', what: denial.what.split(':', 1)[0]! });

/** A governor of the platform may answer these, and must know what they say; the other staff need not. */
export const questionsFor = (by: Caller, queue: ApprovalQueue): ApprovalQueue => (by.roles.includes('platform_governor') ? queue : shownTo(by, queue, questionsWithoutContent));

/** Why a spawn needs a person is the gate's own sentence; why a call does names what the agent wants. */
const questionsWithoutContent = ({ spawnApprovals, toolApprovals, ...queue }: ApprovalQueue): ApprovalQueue => ({
  ...queue,
  spawnApprovals: spawnApprovals.map((question) => ({ ...question, request: { ...question.request, justification: '' } })),
  toolApprovals: toolApprovals.map(({ args: _, ...question }) => ({ ...question, reason: '' })),
});

/** The rules are everybody's to read; what another customer may spend is not. */
export function policyFor(by: Caller, view: PolicyView): PolicyView {
  const document = view.document as SpawnPolicyFile | null;
  if (isStaff(by) || document?.customer_budgets === undefined) return view;
  const { [by.customerId]: own } = document.customer_budgets;
  return { ...view, document: { ...document, customer_budgets: own === undefined ? {} : { [by.customerId]: own } } };
}
