import { principalOf, type Audit } from '@countersign/audit';
import { NotFoundError, type InstanceId, type MoveTeam, type TeamId, type TeamMoved, type TeamState } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Denied } from '../../domain/decide-spawn.js';
import { decideMove, THE_GATE } from '../../domain/move-team.js';
import { trialStanding } from '@countersign/contracts';
import { AccountBook, takeTurn } from './account-book.js';
import { endOpen } from './end-instance.js';
import { latestQuestion, withdrawQuestions } from './gate-approvals.js';
import { closeSession, openSession, type Session, type SuspendedFor } from './helpdesk-session.js';
import { accountsOfOpen, openInstances } from './instances.js';
import { judgeCertification, keepDecision } from './certify.js';
import { isOwn, writeMove, type Move, type MoveOrder, type OwnMove } from './move-entries.js';
import { readManagerSpawn, type SpawnCase } from './read-spawn.js';
import { done, refused } from './replies.js';
import { readTeam } from './spawn-rows.js';
import { stopGoals } from './stop-goals.js';
import { tellTeam } from './team-news.js';
import { readTeamPolicy } from './team-policy.js';
import { beginTrial, endTrial, expireTrial, readTrial, thawTrial } from './trial-rows.js';
import { sentence, settleCase, type Settled } from './write-spawn.js';

/**
 * A team's life. Each verb is one transaction: state and epoch, instances stopped or started, helpdesk opened or closed,
 * entries and the news. Every other service learns it from the row (P9).
 */
@Injectable()
export class TeamDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent: a verb that leads where the team is already changes nothing. */
  move(request: MoveTeam): Promise<TeamMoved> {
    const principal = principalOf({ kind: 'person', id: request.by.personId });
    return this.database.withTeam(request.teamId, async (tx) => {
      const read = await readMove(tx, request);
      return 'reply' in read ? read.reply : (await carryOut(tx, this.audit, read)).reply;
    }, { principal });
  }

  /** A move that the gate makes by itself. */
  moveOwn(order: OwnMove): Promise<TeamMoved> {
    return this.database.withTeam(order.teamId, async (tx) => {
      const read = await readMove(tx, order);
      return 'reply' in read ? read.reply : (await carryOut(tx, this.audit, read)).reply;
    });
  }

  /** A trial whose last day is over says so, and takes nothing new; one whose grace is over completes the team, with what it delivered kept. */
  sweepTrial(teamId: TeamId): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      await takeTurnOf(tx);
      const trial = await readTrial(tx);
      if (!trial) return;
      const standing = trialStanding(trial, trial.now);
      if (standing !== 'running' && trial.expiredAt === null) await expireTrial(tx, this.audit, trial);
      if (standing !== 'over' || trial.endedAt !== null) return;
      const read = await readMove(tx, { teamId, verb: 'complete', code: 'trial_expired', reason: 'The trial is over.' });
      if ('move' in read) await carryOut(tx, this.audit, read);
    });
  }
}

const takeTurnOf = (tx: Tx): Promise<unknown> => tx.read(takeTurn(tx));

/** A move as the team's state and the person's roles allow it, or the answer that there is none. */
export type ReadMove = { readonly reply: TeamMoved } | OpenMove;
export interface OpenMove {
  readonly move: Move;
  readonly book: AccountBook;
}

export async function readMove(tx: Tx, request: MoveOrder): Promise<ReadMove> {
  const [, , team, clock, book] = await Promise.all([
    tx.read(takeTurn(tx)),
    // Waits for writes under way that hold the team active (`sec.fence`). Taken before a person's keys are, as everybody does.
    tx.read(sql`select 1 from app.team where team_id = ${tx.scopeId} for no key update`),
    readTeam(tx),
    tx.one<{ now: Date }>(sql`select clock_timestamp() as now`),
    AccountBook.read(tx, accountsOfOpen(tx)),
  ]);
  if (!team) throw new NotFoundError('team');
  const decision = decideMove(request.verb, isOwn(request) ? THE_GATE : request.by, { state: team.state, epoch: team.epoch, customerId: team.customer_id });
  if (decision.outcome === 'refused') return { reply: refused(decision.code, decision.message) };
  if (decision.outcome === 'unchanged') return { reply: done('unchanged', `the team is ${team.state} already`) };
  const { to, epoch, stops } = decision;
  return { move: { request, before: team.state, team: { ...team, state: to, epoch }, stops, now: clock!.now }, book };
}

export interface Carried {
  readonly reply: TeamMoved;
  /** What the gate said to the manager that the move starts. */
  readonly manager?: Manager;
}
interface Manager {
  readonly spawn: SpawnCase;
  readonly settled: Settled;
}

/** `approvedAs`: a person has said yes to the manager; the id is that of the instance. */
export async function carryOut(tx: Tx, audit: Audit, { move, book }: OpenMove, approvedAs?: InstanceId): Promise<Carried> {
  const { request, team, stops } = move;
  const judged = request.verb === 'certify' || request.verb === 'reject' ? { ...(await judgeCertification(tx, team)), by: request.by.personId } : undefined;
  if (judged?.refusal && request.verb === 'certify') return { reply: refused(judged.refusal.code, judged.refusal.message) };
  if (request.verb === 'certify' && judged?.authorIds.includes(request.by.personId)) return { reply: refused('author_may_not_certify', 'whoever wrote a part of this version does not certify its teams: one person counts once') };
  if (request.verb === 'certify' && judged?.reviewerIds.includes(request.by.personId)) return { reply: refused('reviewer_may_not_certify', 'whoever reviewed this version does not certify its teams: one person counts once') };
  if (team.state === 'suspended') tx.write(sql`select sec.freeze()`);
  if (stops) await stopAll(tx, audit, book, move);
  const manager = startsManager(move) ? await startManager(tx, audit, move, book, approvedAs) : undefined;
  book.save(tx);
  // A manager that may not start leaves the team where it was; the refusal, or the question, is on record.
  if (manager && !manager.settled.decision.allowed) return { reply: refusalOf(manager.settled), manager };
  if (team.state === 'active') tx.write(sql`select sec.unfreeze()`);
  if (request.verb === 'reactivate') thawTrial(tx);
  // before the team is: the database wants the record there
  const certified = judged && { ...keepDecision(tx, request.verb === 'certify' ? 'certified' : 'rejected', judged.by, judged), ...(judged.refusal ? { refusal: judged.refusal.code } : {}) };
  tx.writeExpecting(1, 'team_moved', sql`update app.team set state = ${team.state}, epoch = ${team.epoch}, state_reason = ${request.reason}, state_changed_at = clock_timestamp(),
    frozen_at = case when ${team.state} = 'suspended' then clock_timestamp() end where team_id = ${tx.scopeId}`);
  const closed = await closeSession(tx, request.reason); // before a suspension there is none, unless somebody passed the gate by: that must keep nobody from stopping the team
  const session = team.state === 'suspended' ? await openSession(tx, team, suspendedFor(request)) : undefined;
  if (isOver(team.state)) await endWork(tx, audit, move);
  await writeMove(tx, audit, move, { opened: talking(session), closed: talking(closed), managerInstanceId: manager?.settled.instanceId, certified });
  if (request.verb === 'deploy' && team.mode === 'trial') await beginTrial(tx, audit, team, move.now, await readTeamPolicy(tx));
  tellTeam(tx, team.state, team.epoch, request.verb, isOwn(request) ? undefined : request.by.personId);
  return { reply: done('ok', `the team is ${team.state}`), ...(manager ? { manager } : {}) };
}

const talking = (session: Session | undefined): Session | undefined => (session?.talks ? session : undefined);
const suspendedFor = (request: MoveOrder): SuspendedFor => ({ reason: request.reason, causes: isOwn(request) ? (request.causes ?? []) : [], kinds: isOwn(request) ? [request.code] : [] });

/** Every instance ends and gives its slice back; its process dies when the fleet hears of it, its writes are refused from now on. Nobody needs to answer what was asked before; whether the team may go on is asked still. */
async function stopAll(tx: Tx, audit: Audit, book: AccountBook, { team }: Move): Promise<void> {
  const reason = `team_${team.state}`;
  const open = await openInstances(tx);
  for (const instance of open) await endOpen(tx, audit, book, instance, { state: 'cancelled', reason });
  await withdrawQuestions(tx, audit, sql`not coalesce(q.instance_id = any (${open.map(({ id }) => id)}::uuid[]), false) and (${team.state} <> 'active' or q.request -> 'move' is null)`, reason);
}

/** Members that are single agents again have no manager. */
type Starting = Move & { readonly request: MoveTeam };
const startsManager = (move: Move): move is Starting => move.team.state === 'active' && move.team.coordination !== 'individuals' && !isOwn(move.request);

const isOver = (state: TeamState): boolean => state === 'completed' || state === 'dissolved';

/** A team that is over leaves nothing half done behind: each open goal is stopped for good, which its manager hears of, and the trial ends. */
async function endWork(tx: Tx, audit: Audit, { request, team }: Move): Promise<void> {
  endTrial(tx, isOwn(request) ? 'expired' : 'ended');
  await stopGoals(tx, audit, `team_${team.state}`);
}

async function startManager(tx: Tx, audit: Audit, { request, team }: Starting, book: AccountBook, approvedAs?: InstanceId): Promise<Manager> {
  const spawn = await readManagerSpawn(tx, team, request, book, approvedAs);
  const question = await latestQuestion(tx, spawn.digest);
  return { spawn, settled: await settleCase(tx, audit, spawn, question?.state === 'pending' ? question.id : undefined) };
}

const refusalOf = ({ decision, approvalId }: Settled): TeamMoved => ({ ...refused(decision.code, sentence(decision as Denied)), ...(approvalId === undefined ? {} : { approvalId }) });
