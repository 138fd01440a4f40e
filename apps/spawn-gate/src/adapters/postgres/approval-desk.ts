import { principalOf, type Audit } from '@countersign/audit';
import { APPROVAL_CODE, BUDGET_UNITS, InstanceId, InvalidInputError, NotFoundError, RefusedError, stableJson, uuidv7, type AskTool, type DecideGateApproval, type AccountKind, type GateDecision, type MoveTeam, type RaiseAsked, type RequestRaise, type SpawnOutcome, type TeamId, type ToolAnswer } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { decideMove } from '../../domain/move-team.js';
import { shown } from '../../domain/amounts.js';
import { decideAnswer, maySteer } from '../../domain/steer.js';
import { refusesBeyondTrial } from '../../domain/trial-cap.js';
import { AccountBook, takeTurn } from './account-book.js';
import { amountsIn } from './amounts-in.js';
import { endQuestion, isUnheard, latestQuestion, markHeard, openQuestion, questionById, type QuestionRow } from './gate-approvals.js';
import { readPolicy } from './in-force.js';
import { accountPath, instanceById, type InstanceRow } from './instances.js';
import { carryOut, readMove } from './move-team.js';
import { outcomeOf, outcomeOfQuestion } from './outcomes.js';
import { readDoor } from './read-spawn.js';
import { done, refused } from './replies.js';
import { orderAgain, sha256, type Request } from './spawn-order.js';
import { readMission, readTeam, type MissionRow, type TeamRow } from './spawn-rows.js';
import { grantMore } from './top-up.js';
import { readTrialCap } from './trial-rows.js';
import { settleCase } from './write-spawn.js';

const MAX_ARGS_BYTES = 32_768;

/** Questions of the gate: who may answer them, what a yes does, how they end when nobody answers, and how a tool call asks. */
@Injectable()
export class ApprovalDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** A person answers. A yes to a spawn runs the whole gate again, in the same transaction; whatever it then says stays on record. A yes to a budget raises it, or is not taken where the customer's account has not enough, or a trial would cost the platform more than its cap and the platform has not said so. Idempotent: the same answer by the same person changes nothing. */
  decide(request: DecideGateApproval): Promise<GateDecision> {
    const { teamId, approvalId, by, decision: word, reason } = request;
    const principal = principalOf({ kind: 'person', id: by.personId });
    return this.database.withTeam(
      teamId,
      async (tx) => {
        const [, team, question] = await Promise.all([tx.read(takeTurn(tx)), readTeam(tx), questionById(tx, approvalId)]);
        if (!team || !question) throw new NotFoundError('approval');
        const paused = standsStill(await readMission(tx, sql`${question.goal_id}::uuid`));
        const answer = decideAnswer(word, by, team.customer_id, { state: question.state, requestedBy: question.requested_by, decidedBy: question.decided_by, overdue: question.overdue, paused });
        if (answer.outcome === 'refused') return { ...refusalOf(answer.code, answer.message), kind: question.kind, state: question.state, approvalId };
        if (answer.outcome === 'repeated') return this.repeat(tx, question);
        if (answer.outcome === 'expired') {
          await endQuestion(tx, this.audit, question, { state: 'expired' });
          return { ...refusalOf('approval_expired', 'nobody answered in time'), kind: question.kind, state: 'expired', approvalId };
        }
        const words = { by: { personId: by.personId, words: reason } };
        if (word === 'deny') {
          await endQuestion(tx, this.audit, question, { state: 'denied', ...words });
          return { ...agreed('denied'), kind: question.kind, state: 'denied', approvalId };
        }
        if (question.request['move'] !== undefined) return this.moveAgain(tx, question, words);
        if (question.kind === 'spawn') return this.startAgain(tx, question, words);
        const kept = question.kind === 'budget' ? await grantMore(tx, this.audit, question, team, by) : undefined;
        if (kept) return { ...refusalOf(kept.code, kept.message), kind: question.kind, state: question.state, approvalId };
        return this.agree(tx, question, words);
      },
      { principal },
    );
  }

  private async repeat(tx: Tx, question: QuestionRow): Promise<GateDecision> {
    const { id, kind, state } = question;
    const outcome = kind === 'spawn' && state === 'approved' ? await outcomeOfQuestion(tx, question) : agreed(state);
    return { ...outcome, kind, state, approvalId: id };
  }

  private async startAgain(tx: Tx, question: QuestionRow, words: { by: { personId: DecideGateApproval['by']['personId']; words: string } }): Promise<GateDecision> {
    const order = orderAgain(question.request as unknown as Request, question.epoch);
    const { spawn } = await readDoor(tx, order);
    await endQuestion(tx, this.audit, question, { state: 'approved', resultId: order.id, ...words });
    const settled = await settleCase(tx, this.audit, spawn);
    spawn.book.save(tx);
    return { ...outcomeOf(spawn, settled), kind: 'spawn', state: 'approved', approvalId: question.id };
  }

  /** What a person deploys or reactivates goes on with the yes to its manager: the whole move is judged again, and the whole gate. */
  private async moveAgain(tx: Tx, question: QuestionRow, words: { by: { personId: DecideGateApproval['by']['personId']; words: string } }): Promise<GateDecision> {
    const read = await readMove(tx, moveOf(tx, question)!);
    if ('reply' in read || read.move.team.epoch !== question.epoch) {
      await endQuestion(tx, this.audit, question, { state: 'withdrawn', reason: 'team_moved' });
      return { ...refusalOf('approval_withdrawn', 'what it was for is over'), kind: 'spawn', state: 'withdrawn', approvalId: question.id };
    }
    const instanceId = InstanceId.next();
    await endQuestion(tx, this.audit, question, { state: 'approved', resultId: instanceId, ...words });
    const { manager } = await carryOut(tx, this.audit, read, instanceId);
    return { ...outcomeOf(manager!.spawn, manager!.settled), kind: 'spawn', state: 'approved', approvalId: question.id };
  }

  private async agree(tx: Tx, question: QuestionRow, words: { by: { personId: DecideGateApproval['by']['personId']; words: string } }): Promise<GateDecision> {
    await endQuestion(tx, this.audit, question, { state: 'approved', ...words });
    return { ...agreed('approved'), kind: question.kind, state: 'approved', approvalId: question.id };
  }

  /** A question that nobody answered in time expires, but not while its mission stands still; one whose team, epoch or mission is over is withdrawn. Does nothing while it may wait. */
  sweep(teamId: TeamId, approvalId: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const [, team, question] = await Promise.all([tx.read(takeTurn(tx)), readTeam(tx), questionById(tx, approvalId)]);
      if (!team || question?.state !== 'pending') return;
      const mission = await readMission(tx, sql`${question.goal_id}::uuid`);
      const reason = whyOver(question, team, mission, moveOf(tx, question));
      if (reason !== undefined) await endQuestion(tx, this.audit, question, { state: 'withdrawn', reason });
      else if (question.overdue && !standsStill(mission)) await endQuestion(tx, this.audit, question, { state: 'expired' });
    });
  }

  /**
   * A tool call asks for a person's yes, or how far its question is. Bound to the digest of instance, tool and arguments. A yes is
   * good for one call; a no stands for as long as the instance lives; what nobody answered is said once and may be asked again.
   */
  askTool(request: AskTool): Promise<ToolAnswer> {
    const { teamId, instanceId, tool, args, callId } = request;
    const text = stableJson(args);
    if (Buffer.byteLength(text) > MAX_ARGS_BYTES) throw new InvalidInputError('the arguments are more than a person can be shown', [{ pointer: '/args', rule: 'size', message: `must be at most ${MAX_ARGS_BYTES} bytes of JSON` }]);
    const digest = sha256(stableJson({ teamId, instanceId, tool, args }));
    return this.database.withTeam(teamId, async (tx) => {
      const [, instance, { policy }] = await Promise.all([tx.read(takeTurn(tx)), instanceById(tx, instanceId), readPolicy(tx)]);
      if (!instance) throw new NotFoundError('instance');
      const [question, mission] = await Promise.all([latestQuestion(tx, digest, callId), readMission(tx, sql`${instance.goal_id}::uuid`)]);
      mustRun(instance, mission);
      if (!policy) throw new RefusedError('spawn_policy_missing', 'no spawn policy is in force');
      if (question && (question.state === 'pending' || question.state === 'denied')) return answerOf(question);
      if (question && isUnheard(question, callId)) return this.hear(tx, question, request);
      const id = uuidv7();
      await openQuestion(tx, this.audit, {
        id,
        kind: 'tool',
        goalId: instance.goal_id,
        taskId: instance.task_id,
        instanceId,
        requestedBy: principalOf({ kind: 'instance', id: instanceId }),
        request: { tool, args, callId },
        digest,
        code: request.code,
        reason: request.reason,
        epoch: instance.epoch,
        waitMs: policy.approvalMs.tool,
        until: instanceId,
      });
      return { outcome: 'pending', approvalId: id, code: 'tool_requires_approval', reason: request.reason };
    }, { principal: principalOf({ kind: 'instance', id: instanceId }) });
  }

  /** A person asks for more for a team or a mission, of any unit; somebody else answers. What waits about exactly this already is the answer. What a trial may not cost the platform, only its staff asks for. */
  async requestRaise({ teamId, accountId, by, more, reason }: RequestRaise): Promise<RaiseAsked> {
    const amounts = amountsIn(more);
    const requestedBy = principalOf({ kind: 'person', id: by.personId });
    return this.database.withTeam(teamId, async (tx) => {
      const [, team, book, { policy }, owner] = await Promise.all([
        tx.read(takeTurn(tx)),
        readTeam(tx),
        AccountBook.read(tx, accountPath(tx, accountId)),
        readPolicy(tx),
        tx.one<{ kind: AccountKind; goal_id: string | null }>(sql`select b.kind, g.id as goal_id from app.budget b left join app.goal g on g.team_id = b.team_id and g.id = b.account_id where b.team_id = ${tx.scopeId} and b.account_id = ${accountId} and b.unit = 'tokens'`),
      ]);
      const account = book.get(accountId);
      if (!team || !account || !owner) throw new NotFoundError('account');
      if (!maySteer(by, team.customer_id)) return refused('not_permitted', 'this person may not ask for more');
      if (owner.kind === 'instance') return refused('account_of_agent', 'an agent asks for itself: ask for its mission');
      if (BUDGET_UNITS.every((unit) => amounts[unit] === 0)) return refused('raise_empty', 'say how much more, of what');
      if (!policy) return refused('spawn_policy_missing', 'no spawn policy is in force');
      const capped = refusesBeyondTrial('ask', by, await readTrialCap(tx, team), book.path(accountId).accounts, amounts);
      if (capped) return refused(capped.code, capped.message);
      const over = whyOver({ epoch: team.epoch }, team, await readMission(tx, sql`${owner.goal_id}::uuid`));
      if (over !== undefined) return refused(over, 'nothing is spent from that account any more');
      const request = { accountId, account: owner.kind, granted: shown(account.granted), amounts: shown(amounts) };
      const digest = sha256(stableJson({ teamId, requestedBy, ...request }));
      const earlier = await latestQuestion(tx, digest);
      if (earlier?.state === 'pending') return { ...done('unchanged', 'it waits already'), approvalId: earlier.id };
      const id = uuidv7();
      await openQuestion(tx, this.audit, { id, kind: 'budget', goalId: owner.goal_id, taskId: null, instanceId: null, requestedBy, request, digest, code: 'raise_requested', reason, epoch: team.epoch, waitMs: policy.approvalMs.budget });
      return { ...done('ok', 'it waits for a person'), approvalId: id };
    }, { principal: requestedBy });
  }

  private async hear(tx: Tx, question: QuestionRow, { instanceId, callId }: AskTool): Promise<ToolAnswer> {
    if (question.used_at === null) {
      tx.ledgerOnly();
      markHeard(tx, question, callId);
      if (question.state === 'approved') await this.audit(tx, 'TOOL-APPROVAL-USED', { approval_id: question.id, digest: question.digest.toString('hex'), instance_id: instanceId, call_id: callId });
    }
    return answerOf(question);
  }
}

const agreed = (state: QuestionRow['state']): SpawnOutcome => ({ ok: true, code: 'ok', message: `it is ${state}`, violations: [], requiresUserApproval: false });
const refusalOf = (code: string, message: string): SpawnOutcome => ({ ok: false, code, message, violations: [], requiresUserApproval: false });

/** Why nobody needs to answer any more. */
function whyOver(question: Pick<QuestionRow, 'epoch'>, team: TeamRow, { goal_id, goal_state, stop }: MissionRow, move?: MoveTeam): string | undefined {
  if (move) return stillOpen(question, team, move) ? undefined : 'team_moved';
  if (team.state !== 'active' || team.epoch !== question.epoch) return 'team_stopped';
  if (stop === 'cancelled' || goal_state === 'cancelled') return 'mission_cancelled';
  return goal_id !== null && goal_state !== null && OVER.includes(goal_state) ? 'mission_over' : undefined;
}
function stillOpen({ epoch }: Pick<QuestionRow, 'epoch'>, team: TeamRow, { verb, by }: MoveTeam): boolean {
  const decision = decideMove(verb, by, { state: team.state, epoch: team.epoch, customerId: team.customer_id });
  return decision.outcome === 'moved' && decision.epoch === epoch;
}
/** The move of the team that the question holds up, if it does. */
function moveOf(tx: Tx, { request }: QuestionRow): MoveTeam | undefined {
  const { move } = request as unknown as Request;
  return move && { ...move, teamId: tx.scopeId as TeamId };
}
const OVER: readonly string[] = ['done', 'denied', 'expired', 'failed'];

const standsStill = ({ stop, paused }: MissionRow): boolean => stop === 'paused' || paused;

function mustRun({ state }: InstanceRow, mission: MissionRow): void {
  if (state !== 'running') throw new RefusedError('instance_ended', `the instance is ${state}`);
  if (mission.stop === 'cancelled' || mission.goal_state === 'cancelled') throw new RefusedError('mission_cancelled', 'the mission was cancelled');
  if (standsStill(mission)) throw new RefusedError('mission_paused', 'the mission is paused');
}

function answerOf({ id, state, reason }: QuestionRow): ToolAnswer {
  const code = state === 'approved' ? 'ok' : state === 'pending' ? 'tool_requires_approval' : APPROVAL_CODE.tool[state];
  return { outcome: state, approvalId: id, code, reason };
}
