import { person, personal, type ActionName, type BodyOf } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { approvalRequested, checksRequested, DeliverableId, draftDecided, firstOf, goalChanged, goalMachine, isTerminal, missionStatusOf, taskAssigned, taskWithdrawn, uuidv7, type DraftId, type MemberId, type PersonId, type ReviewEvent, type TaskId, type TaskState } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { createHash } from 'node:crypto';
import type { Action, ReviewDecision } from '../../domain/actions.js';
import { after } from '../../domain/after.js';
import type { GoalFacts, TaskFacts } from '../../domain/facts.js';
import { countedFrom } from '../../domain/hand-over.js';
import { latestDeliverable, openDraft, ownerOf } from '../../domain/read-facts.js';
import { passOnAnswers, tellUnanswered } from './clarifications.js';
import { writeAboutTask } from './member-mail.js';
import { emitUpdated } from './mission-news.js';
import { namedInRecord, tellReviewer, type ReviewAction, type ReviewBody } from './review-news.js';
import { shareEarlier, shareResults } from './share-results.js';

type Do<K extends Action['do']> = Extract<Action, { do: K }>;
const IN_HAND = new Set<TaskState>(['assigned', 'in_progress', 'approved']);

/** Writes what the rule decided: rows, history, entries and messages of one look, all in the caller's transaction. */
export class GoalWriter {
  private facts: GoalFacts;

  constructor(
    private readonly tx: Tx,
    private readonly audit: Audit,
    facts: GoalFacts,
    /** A person who asked for this, where it was not the manager's own idea; the principal of the transaction. */
    private readonly by?: PersonId,
  ) {
    this.facts = facts;
  }

  /** Applies the actions in order and tells the screens that the goal changed. */
  async apply(actions: readonly Action[]): Promise<void> {
    for (const action of actions) {
      await this.one(action);
      this.facts = after(this.facts, action);
    }
    if (actions.length > 0) this.tellChange();
  }

  /** To the screens, and to those who see the goal as a mission. */
  private tellChange(): void {
    const { team, goal } = this.facts;
    const revision = goal.missionRevision + 1;
    this.updateGoal(sql`mission_revision = ${revision}`);
    emitUpdated(this.tx, { missionID: goal.id, revision, status: missionStatusOf(goal) });
    publish(this.tx, goalChanged, { teamId: team.id }, { epoch: team.epoch, goalId: goal.id });
  }

  private one(action: Action): Promise<unknown> {
    switch (action.do) {
      case 'assign':
        return this.assign(action);
      case 'reassign':
        return this.reassign(action);
      case 'escalate':
        return this.escalate(action);
      case 'hold':
        return this.moveTask(action.task, 'todo', action.notes);
      case 'begin':
        return this.moveTask(action.task, 'in_progress');
      case 'request-checks':
        return this.requestChecks(action);
      case 'decide':
        return this.decide(action);
      case 'commit-again':
        return this.commitAgain(action);
      case 'keep-waiting':
        return this.keepWaiting(action.task);
      case 'finish-task':
        return this.moveTask(action.task, 'done').then(() => shareResults(this.tx, this.audit, this.facts, action.task));
      case 'reopen':
        return this.reopen(action);
      case 'block-task':
        return this.stopTask(action.task, 'blocked', action.notes);
      case 'cancel-task':
        return this.stopTask(action.task, 'cancelled');
      case 'request-review':
        return this.requestReview(action);
      case 'escalate-review':
        return this.escalateReview(action.task);
      case 'start-review':
        return this.review(action.task, 'review_started', 'TASK-REVIEW-STARTED', { request: action.request });
      case 'nudge-review':
        return this.nudgeReview(action);
      case 'approve-review':
        return this.review(action.task, 'review_approved', 'TASK-REVIEW-APPROVED', {});
      case 'ask-changes':
        return this.askChanges(action);
      case 'remove-approval':
        return this.review(action.task, 'review_removed', 'TASK-APPROVAL-REMOVED', {});
      case 'set-owner':
        return this.setOwner(action);
      case 'add-task':
        return this.addTask(action).then(() => shareEarlier(this.tx, this.audit, after(this.facts, action), action));
      case 'propose':
        return this.propose(action);
      case 'delegate':
        return this.delegate(action);
      case 'resume-goal':
        return this.resumeGoal(action);
      case 'say':
        return this.say(action.note);
      case 'move-goal':
        return this.moveGoal(action);
    }
  }

  /** The entry stands in the chain before the message can leave (S4-87): both are in this transaction, the relay sends after it. */
  private async assign({ task: id, round, notes, why, member }: Do<'assign'>): Promise<void> {
    const planned = this.task(id);
    const task = member === undefined ? planned : { ...planned, memberId: member };
    const anew = why === 'answer' ? sql`, rounds_from = ${round - 1}, taken_from = '{}'` : sql``;
    this.update(id, sql`state = 'assigned', member_id = ${task.memberId}, round = ${round}, notes = ${json(notes)}, epoch = ${this.facts.team.epoch}${anew}`);
    this.event(id, 'assigned', { round, why });
    await this.handTo(task, round);
  }

  /** First that it was taken from one, then that another has it: both in the record before either can hear of it. */
  private async reassign(action: Do<'reassign'>): Promise<void> {
    const { task: id, to, round, notes, why } = action;
    const { team, goal, managerId } = this.facts;
    const task = this.task(id);
    const from = ownerOf(task);
    this.update(id, sql`state = 'assigned', member_id = ${to}, round = ${round}, notes = ${json(notes)}, epoch = ${team.epoch}, rounds_from = ${countedFrom(task, action)}, taken_from = taken_from || ${from}::uuid`);
    this.event(id, 'reassigned', { round, why, from, to });
    await this.entry('MANAGER-TASK-REASSIGNED', { task_id: id, goal_id: goal.id, manager_id: managerId, from_member_id: from, team_member_id: to, reason: why, round });
    if (IN_HAND.has(task.state)) publish(this.tx, taskWithdrawn, this.toMember(task), this.taskRef(id, task.round));
    this.tell(to, task, `“${task.title}” is yours now; another member had it before.`);
    await this.handTo({ ...task, memberId: to }, round);
  }

  private async askChanges({ task: id, note }: Do<'ask-changes'>): Promise<void> {
    await this.review(id, 'review_changes_requested', 'TASK-CHANGES-REQUESTED', { note });
    const task = this.task(id);
    if (task.memberId !== null) this.tell(task.memberId, task, `Changes are asked for on “${task.title}”${note === '' ? '.' : `: ${note}`}`);
  }

  /** A message of the lead, in the member's inbox like a person's; what it is about stands in the record by its own entry. */
  private tell(to: MemberId, task: TaskFacts, text: string): void {
    writeAboutTask(this.tx, { managerId: this.facts.managerId, to, taskId: task.id, text });
  }

  private async handTo(task: TaskFacts, round: number): Promise<void> {
    const { goal, managerId, precedents: [precedent] } = this.facts;
    await this.entry('MANAGER-TASK-ASSIGNED', {
      manager_id: managerId,
      team_member_id: ownerOf(task),
      // a person's words are committed to under their own name, so that they go when they do
      task_description: task.addedBy === null ? personal(goal.submittedBy, `${task.title}. ${goal.text}`) : personal(task.addedBy, task.title),
      correlation_id: goal.id,
      task_id: task.id,
      goal_id: goal.id,
      role: task.skill, round,
      ...(precedent === undefined ? {} : { precedent }),
    });
    if (round > 1) passOnAnswers(this.tx, task.id, ownerOf(task)); // before the first nobody has asked
    if (task.state !== 'todo' || round > 1) await tellUnanswered(this.tx, this.audit, { taskId: task.id, goalId: goal.id, title: task.title, to: ownerOf(task) });
    publish(this.tx, taskAssigned, this.toMember(task), this.taskRef(task.id, round));
  }

  private async requestChecks({ task: id, draft }: Do<'request-checks'>): Promise<void> {
    const task = this.task(id);
    this.update(id, sql`state = 'review', epoch = ${this.facts.team.epoch}`);
    this.event(id, 'review', { draft, round: task.round });
    this.tx.write(sql`insert into app.review (team_id, id, task_id, draft_id, round) values (${this.facts.team.id}, ${uuidv7()}, ${id}, ${draft}, ${task.round}) on conflict (team_id, draft_id) do nothing`);
    await this.status('task_review', id);
    publish(this.tx, checksRequested, this.toMember(task), { ...this.taskRef(id, task.round), draftId: draft });
  }

  private async decide({ task: id, draft, decision, notes }: Do<'decide'>): Promise<void> {
    const task = this.task(id);
    const guard = sql`update app.review set decision = ${decision}, notes = ${json(notes)}, decided_at = clock_timestamp() where team_id = ${this.facts.team.id} and draft_id = ${draft} and decision is null`;
    this.tx.writeExpecting(1, 'review_decided', guard);
    if (decision === 'approved') this.update(id, sql`state = 'approved'`);
    this.event(id, decision, { draft, round: task.round });
    const ids = { manager_id: this.facts.managerId, team_member_id: ownerOf(task), draft_id: draft, task_id: id };
    await this.entry('MANAGER-DRAFT-REVIEWED', { ...ids, decision, round: task.round, notes_sha256: createHash('sha256').update(json(notes)).digest('hex') });
    this.tellDecision(task, draft, decision);
  }

  private async commitAgain({ task: id, draft }: Do<'commit-again'>): Promise<void> {
    this.update(id, sql`epoch = ${this.facts.team.epoch}`);
    await this.status('task_handed_on', id);
    this.tellDecision(this.task(id), draft, 'approved');
  }

  private async keepWaiting(id: TaskId): Promise<void> {
    this.update(id, sql`epoch = ${this.facts.team.epoch}`);
    await this.status('task_waits', id);
  }

  /** A person wishes for something: whoever it was taken from may have it again, and its rounds are counted anew. */
  private async reopen({ task: id, notes }: Do<'reopen'>): Promise<void> {
    this.update(id, sql`taken_from = '{}', rounds_from = round`);
    await this.moveTask(id, 'todo', notes);
  }

  private async moveTask(id: TaskId, state: TaskState, notes?: readonly string[]): Promise<void> {
    this.update(id, notes === undefined ? sql`state = ${state}` : sql`state = ${state}, notes = ${json(notes)}`);
    this.event(id, state, {});
    await this.status(`task_${state}`, id);
  }

  /** The manager's own wish that a person looks at it; the goal waits for their answer. */
  private async escalate({ task: id, reason, notes }: Do<'escalate'>): Promise<void> {
    const { goal, managerId } = this.facts;
    await this.entry('MANAGER-ESCALATED', { task_id: id, goal_id: goal.id, manager_id: managerId, reason });
    await this.stopTask(id, 'blocked', notes);
  }

  private async stopTask(id: TaskId, state: 'blocked' | 'cancelled', notes?: readonly string[]): Promise<void> {
    const task = this.task(id);
    await this.moveTask(id, state, notes);
    if (IN_HAND.has(task.state) || (task.state === 'review' && openDraft(task))) publish(this.tx, taskWithdrawn, this.toMember(task), this.taskRef(id, task.round));
  }

  /** What is said about done work stands in its history and in the record; the row stays as it is. */
  private async review(id: TaskId, kind: ReviewEvent, action: ReviewAction, body: ReviewBody): Promise<string> {
    const event = this.event(id, kind, body);
    const { reviewer, note = '' } = body;
    await this.entry(action, {
      task_id: id, goal_id: this.facts.goal.id,
      ...(reviewer === undefined || reviewer === null ? {} : { reviewer: namedInRecord(reviewer) }),
      ...(note === '' || this.by === undefined ? {} : { comment: personal(this.by, note) }),
    });
    return event;
  }

  /** Whoever asks for their own review knows of it. */
  private async requestReview({ task: taskId, reviewer }: Do<'request-review'>): Promise<void> {
    const request = await this.review(taskId, 'review_requested', 'TASK-REVIEW-REQUESTED', { reviewer });
    if (reviewer !== `person:${this.by}`) tellReviewer(this.tx, this.facts.team, reviewer, { taskId, request, what: 'asked' });
  }

  private async nudgeReview({ task: taskId, request }: Do<'nudge-review'>): Promise<void> {
    const reviewer = this.task(taskId).review.cycle?.reviewer ?? null;
    await this.review(taskId, 'review_nudged', 'TASK-REVIEW-NUDGED', { request, reviewer });
    tellReviewer(this.tx, this.facts.team, reviewer, { taskId, request, what: 'reminded' });
  }

  /** The goal waits for whoever comes to it: so everybody who may hears of it. */
  private async escalateReview(taskId: TaskId): Promise<void> {
    await this.entry('MANAGER-ESCALATED', { task_id: taskId, goal_id: this.facts.goal.id, manager_id: this.facts.managerId, reason: 'not_reviewed' });
    const request = await this.review(taskId, 'review_requested', 'TASK-REVIEW-REQUESTED', { reviewer: null });
    tellReviewer(this.tx, this.facts.team, null, { taskId, request, what: 'escalated' });
  }

  private async setOwner({ task: id, member, skill, criteria }: Do<'set-owner'>): Promise<void> {
    this.update(id, sql`member_id = ${member}, skill = ${skill}, criteria = ${json(criteria)}`);
    this.event(id, 'owner_set', { owner: member });
    if (member !== null) this.tell(member, this.task(id), `“${this.task(id).title}” is yours; nobody has begun it.`);
    await this.entry('TASK-OWNER-SET', { task_id: id, goal_id: this.facts.goal.id, team_member_id: member });
  }

  private async addTask({ task: id, title, detail, notes, owner, dependsOn }: Do<'add-task'>): Promise<void> {
    const { team, goal, tasks } = this.facts;
    this.tx.write(sql`insert into app.task (team_id, id, goal_id, ordinal, key, title, detail, skill, member_id, criteria, notes, depends_on, state, epoch)
      values (${team.id}, ${id}, ${goal.id}, ${tasks.length}, ${id}, ${title}, ${detail}, ${owner?.skill ?? ''}, ${owner?.id ?? null}, ${json(owner?.criteria ?? [])}, ${json(notes)}, ${[...dependsOn]}::uuid[], 'todo', ${team.epoch})`);
    this.event(id, 'created', { owner: owner?.id ?? null });
    const said = personal(this.by ?? goal.submittedBy, detail === '' ? title : `${title}. ${detail}`);
    await this.entry('TASK-CREATED', { task_id: id, goal_id: goal.id, task_description: said, ...(owner ? { team_member_id: owner.id } : {}), ...(dependsOn.length > 0 ? { depends_on: dependsOn } : {}) });
  }

  private async propose({ revision, proposal: { summary, effect, files, checks } }: Do<'propose'>): Promise<void> {
    const { team, goal, managerId } = this.facts;
    const id = DeliverableId.next();
    this.tx.write(sql`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by)
      values (${team.id}, ${id}, ${goal.id}, ${revision}, ${summary}, ${json(effect)}, ${json(files)}, ${json(checks)}, ${managerId})`);
    this.updateGoal(sql`state = 'proposed', revision = ${revision}, epoch = ${team.epoch}, note = ''`);
    await this.entry('MANAGER-APPROVAL-REQUESTED', { manager_id: managerId, customer_governor_id: person(goal.submittedBy), deliverable_id: id, goal_id: goal.id, effect: effect.kind });
    this.announce(id);
  }

  /** Only a person has a goal delegated: it is on record in their name. */
  private async delegate({ workers, switchedFrom }: Do<'delegate'>): Promise<void> {
    const { goal } = this.facts;
    this.updateGoal(sql`mode = 'orchestrate', workers = ${workers}, note = case when state = 'planned' then '' else note end`);
    await this.entry('GOAL-DELEGATED', { goal_id: goal.id, customer_governor_id: person(this.by ?? goal.submittedBy), mode: 'orchestrate', ...(switchedFrom === 'plan' ? { switched_from: switchedFrom } : {}), workers });
  }

  private async resumeGoal({ announce }: Do<'resume-goal'>): Promise<void> {
    this.updateGoal(sql`epoch = ${this.facts.team.epoch}`);
    await this.status('goal_resumed', this.facts.goal.id);
    const id = latestDeliverable(this.facts)?.id;
    if (announce && id) this.announce(id);
  }

  /** Words beside a goal that waits, or that it waits no longer. */
  private async say(note: string): Promise<void> {
    this.updateGoal(sql`note = ${note}`);
    await this.status(note === '' ? 'goal_goes_on' : 'goal_waits', this.facts.goal.id);
  }

  private async moveGoal({ to, note, code, approval }: Do<'move-goal'>): Promise<void> {
    const { goal } = this.facts;
    const over = isTerminal(goalMachine, to);
    this.updateGoal(sql`state = ${to}, note = ${firstOf(note, 4000)}, finished_at = case when ${over} then clock_timestamp() end, paused_at = case when ${over} then null else paused_at end`);
    const latest = latestDeliverable(this.facts);
    const goal_id = goal.id;
    if (to === 'done') await this.entry('GOAL-COMPLETED', { goal_id, ...(latest?.id ? { deliverable_id: latest.id } : {}), ...(latest?.effect ? { effect_id: latest.effect.id } : {}) });
    else if (to === 'blocked') await this.entry('GOAL-BLOCKED', { goal_id, reason: code, ...this.blockedTask() });
    else if (to === 'failed') await this.entry('GOAL-FAILED', { goal_id, reason: code });
    else if (to === 'cancelled') await this.entry('GOAL-CANCELLED', { goal_id, reason: this.by === undefined ? code : personal(this.by, note) });
    else await this.status(`goal_${to}`, approval ?? goal_id);
  }

  private blockedTask(): { task_id?: string } {
    const blocked = this.facts.tasks.find(({ state }) => state === 'blocked');
    return blocked ? { task_id: blocked.id } : {};
  }

  private readonly task = (id: TaskId): TaskFacts => this.facts.tasks.find((task) => task.id === id)!;
  private readonly toMember = (task: TaskFacts): { teamId: string; memberId: string } => ({ teamId: this.facts.team.id, memberId: ownerOf(task) });
  private readonly taskRef = (taskId: TaskId, round: number) => ({ epoch: this.facts.team.epoch, goalId: this.facts.goal.id, taskId, round });

  private update(id: TaskId, set: ReturnType<typeof sql>): void {
    this.tx.writeExpecting(1, 'task_gone', sql`update app.task set ${set}, changed_at = clock_timestamp() where team_id = ${this.facts.team.id} and id = ${id}`);
  }

  private updateGoal(set: ReturnType<typeof sql>): void {
    this.tx.writeExpecting(1, 'goal_gone', sql`update app.goal set ${set}, changed_at = clock_timestamp() where team_id = ${this.facts.team.id} and id = ${this.facts.goal.id}`);
  }

  private event(task: TaskId, kind: string, body: object): string {
    const id = uuidv7();
    this.tx.write(sql`insert into app.task_event (team_id, id, task_id, kind, actor, body) values (${this.facts.team.id}, ${id}, ${task}, ${kind}, ${this.by ?? this.facts.managerId}, ${json(body)})`);
    return id;
  }

  private announce(deliverableId: DeliverableId): void {
    publish(this.tx, approvalRequested, { teamId: this.facts.team.id }, { epoch: this.facts.team.epoch, goalId: this.facts.goal.id, deliverableId });
  }

  private tellDecision(task: TaskFacts, draftId: DraftId, decision: ReviewDecision): void {
    publish(this.tx, draftDecided, this.toMember(task), { ...this.taskRef(task.id, task.round), draftId, decision });
  }

  private status(status: string, about: string): Promise<void> {
    return this.entry('TEAM-STATUS-UPDATE', { team_id: this.facts.team.id, status, triggered_by: about });
  }

  /** The manager acts as a member of the team, unless a person asked for it: then the transaction's context names who. */
  private async entry<A extends ActionName>(action: A, body: BodyOf<A>): Promise<void> {
    await this.audit(this.tx, action, body, this.by === undefined ? { actor: { kind: 'agent', id: this.facts.managerId } } : {});
  }
}
