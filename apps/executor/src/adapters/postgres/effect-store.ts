import { person, personal, principalOf } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { effectFinished, EffectId, effectKey, effectStarted, strayPush, type ApprovalId, type Effect, type EffectState, type GoalId, type PersonId, type TeamId } from '@countersign/contracts';
import { GuardError, json, sql, type Database, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { PASSING, type Refusal } from '../../domain/refusal.js';
import type { ApprovalFacts, StoredArtifact } from '../../domain/verify-approval.js';
import type { Decided } from '../../domain/verify-signature.js';
import type { Plan, Receipt } from '../performer.js';

export interface StoredApproval extends ApprovalFacts {
  readonly id: ApprovalId;
  readonly teamId: TeamId;
  readonly goalId: GoalId;
  /** Nonces of yeses that were taken back, or that somebody's no, a newer version or a stop ended. */
  readonly takenBack: readonly string[];
  /** Of the entries of the yeses that stand, and of the one that says that they have effect. */
  readonly entryIds: readonly string[];
}
export interface StoredEffect {
  readonly id: EffectId;
  readonly state: EffectState;
  readonly settlementId: string | null;
  readonly kind: string;
  readonly plan: Plan;
  readonly acts: number;
  /** Since an act was begun last; null when none was. By the database's clock. */
  readonly begunAgoMs: number | null;
  /** How long the target still asked to be left alone; null where it did not. */
  readonly waitMs: number | null;
}

/** An effect that is being carried out. */
export interface Underway {
  readonly id: EffectId;
  readonly approval: StoredApproval;
  readonly kind: string;
}

/** A person who ends an unknown outcome. */
export interface SettledBy {
  readonly settlementId: string;
  readonly personId: PersonId;
  readonly reason: string;
}

/** One that was verified and may be begun. */
export interface Performing extends Underway {
  readonly effect: Effect;
  /** It is begun by one at a time. */
  readonly alone: boolean;
  /** How long an act may be under way. */
  readonly actMs: number;
  /** Acts that the executor knows of and the row does not say. */
  readonly unrecorded: number;
}

interface Outcome {
  readonly state: 'executed' | 'failed' | 'unknown';
  readonly code: string | null;
  readonly receipt: Receipt | null;
}

/** Every row the executor reads and writes, and the entry that goes with each change. */
export class EffectStore {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  /** The approval with everything behind it, and what was done about it so far. */
  load(teamId: TeamId, approvalId: ApprovalId): Promise<{ approval: StoredApproval; effect: StoredEffect | undefined } | undefined> {
    return this.database.withTeam(teamId, async (tx) => {
      const [row, decided, artifacts, effect] = await Promise.all([readApproval(tx, approvalId), readDecided(tx, approvalId), readArtifacts(tx, approvalId), readEffect(tx, approvalId)]);
      const standing = decided.filter(({ undone }) => !undone);
      return row && { approval: { ...row, decided: standing, takenBack: noncesOf(decided), entryIds: entryIdsOf(row.effectEntryId, standing), artifacts }, effect };
    });
  }

  /** Nonces of yeses to an approval that were taken back, or that somebody's no, a newer version or a stop ended. */
  takenBack(teamId: TeamId, approvalId: ApprovalId): Promise<string[]> {
    return this.database.withTeam(teamId, async (tx) => noncesOf(await readDecided(tx, approvalId)));
  }

  /**
   * Uses the approval and opens the effect, in one transaction with its entry (P1, P5). The database checks once more, under
   * locks, that it is granted, valid, of this epoch and not used; its refusal is thrown as `GuardError`.
   */
  async start(approval: StoredApproval, plan: Plan): Promise<EffectId> {
    const id = EffectId.next();
    await this.database.withTeam(
      approval.teamId,
      async (tx) => {
        tx.write(sql`select sec.use_approval(${approval.id}, ${Buffer.from(approval.digest, 'hex')})`);
        tx.write(sql`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key, plan)
          values (${approval.teamId}, ${id}, ${approval.id}, ${approval.goalId}, ${plan.kind}, 'started', ${effectKey(approval.id)}, ${json(plan)})`);
        publish(tx, effectStarted, { teamId: approval.teamId }, { epoch: approval.epoch, approvalId: approval.id, effectId: id, goalId: approval.goalId });
        await this.audit(tx, 'EFFECT-STARTED', { effect_id: id, approval_id: approval.id, kind: plan.kind, digest: approval.digest });
      },
      { fence: approval.epoch },
    );
    return id;
  }

  /** Why an effect would not go to a repository that the team's customer has adopted; undefined when it does. */
  stray(teamId: TeamId, effect: Effect): Promise<Refusal | undefined> {
    return this.database.withTeam(teamId, (tx) => strayOf(tx, effect));
  }

  /**
   * Notes, before it happens, that the target is about to be changed: what was never begun did surely not happen. Only in the
   * approved epoch, with an approval that was used for it, and to a repository of the customer's: a `GuardError` says why not;
   * `effect_begun` where it is to be begun by one alone and was, since it was seen begun `acts` times.
   */
  async begin({ id, approval, effect, alone }: Performing, acts: number): Promise<void> {
    await this.database.withTeam(
      approval.teamId,
      async (tx) => {
        tx.ledgerOnly();
        const [used, stray] = await Promise.all([tx.one(sql`select from app.approval_use where team_id = ${approval.teamId} and approval_id = ${approval.id}`), strayOf(tx, effect)]);
        if (!used) throw new GuardError('approval_unused');
        if (stray) throw new GuardError(stray);
        const only = alone ? sql` and attempts = ${acts}` : sql``;
        tx.writeExpecting(1, alone ? 'effect_begun' : 'effect_settled', sql`update app.effect set attempts = attempts + 1, begun_at = clock_timestamp() where team_id = ${approval.teamId} and id = ${id} and state = 'started'${only}`);
      },
      { fence: approval.epoch },
    );
  }

  /** The last act that somebody began, while the outcome is open; undefined where nobody did. */
  lastAct({ id, approval: { teamId } }: Performing): Promise<{ readonly acts: number; readonly begunAgoMs: number } | undefined> {
    return this.database.withTeam(teamId, (tx) =>
      tx.one(sql`select attempts as acts, (extract(epoch from clock_timestamp() - begun_at) * 1000)::float8 as "begunAgoMs" from app.effect where team_id = ${teamId} and id = ${id} and state = 'started' and attempts > 0`),
    );
  }

  /** An act that was noted and surely never reached its target, or was refused for so long: kept, so that whoever comes after a restart waits as well. */
  async takeBack({ id, approval: { teamId } }: Performing, afterMs: number): Promise<void> {
    await this.database.withTeam(teamId, (tx) => {
      tx.ledgerOnly();
      tx.write(sql`update app.effect set attempts = attempts - 1, not_before = clock_timestamp() + make_interval(secs => ${afterMs / 1000}) where team_id = ${teamId} and id = ${id} and state = 'started'`);
      return Promise.resolve();
    });
  }

  /** Records what was found; not fenced, because it has happened whatever became of the team. `by`: the look was a person's wish, the outcome was unknown. */
  executed(effect: Underway, receipt: Receipt, by?: SettledBy): Promise<void> {
    const { id, approval, kind } = effect;
    return this.settle(effect, { state: 'executed', code: null, receipt }, by && { ...by, how: 'look' }, (tx) => this.audit(tx, 'EFFECT-EXECUTED', { effect_id: id, approval_id: approval.id, kind, digest: approval.digest, receipt }));
  }

  /** `acts`: only while it was begun so often. */
  failed(effect: Underway, code: string, { by, acts }: { readonly by?: SettledBy | undefined; readonly acts?: number | undefined } = {}): Promise<void> {
    const { id, approval, kind } = effect;
    return this.settle(effect, { state: 'failed', code, receipt: null }, by && { ...by, how: 'look' }, (tx) => this.audit(tx, 'EFFECT-FAILED', { effect_id: id, approval_id: approval.id, kind, code }, { result: 'failed' }), acts);
  }

  unknown(effect: Underway, code: string): Promise<void> {
    const { id, approval, kind } = effect;
    return this.settle(effect, { state: 'unknown', code, receipt: null }, undefined, (tx) => this.audit(tx, 'EFFECT-UNKNOWN', { effect_id: id, approval_id: approval.id, kind, code }, { result: 'failed' }));
  }

  /** Records what a person says became of it: their word, and nobody else's, in the row and in the chain. */
  said(effect: Underway, outcome: 'executed' | 'failed', by: SettledBy): Promise<void> {
    const { id, approval, kind } = effect;
    const { personId, reason } = by;
    const body = { effect_id: id, approval_id: approval.id, kind, digest: approval.digest, outcome, settled_by: person(personId), reason: personal(personId, reason) };
    return this.settle(effect, { state: outcome, code: 'settled_by_person', receipt: null }, { ...by, how: 'word' }, (tx) => this.audit(tx, 'EFFECT-SETTLED', body));
  }

  /** Says in the chain that an effect was asked for and not performed; a final refusal also closes the approval's effect. */
  async refused(approval: StoredApproval, code: Refusal, kind: string, found?: string): Promise<void> {
    await this.database.withTeam(approval.teamId, async (tx) => {
      // "approved" without a person's decision on these bytes is a forgery, not something that may still change
      const final = !PASSING.has(code) || (code === 'approval_not_granted' && approval.state === 'approved');
      const id = final ? EffectId.next() : undefined;
      if (id !== undefined) {
        tx.write(sql`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, code, idempotency_key, finished_at)
          values (${approval.teamId}, ${id}, ${approval.id}, ${approval.goalId}, ${kind}, 'refused', ${code}, ${effectKey(approval.id)}, clock_timestamp())`);
        this.tell(tx, approval, id, 'refused');
      }
      const body = { approval_id: approval.id, code, kind, digest: approval.digest, ...(id ? { effect_id: id } : {}), ...(found ? { found_digest: found } : {}) };
      await this.audit(tx, 'EFFECT-REFUSED', body, { result: 'denied' });
    });
  }

  /** From `started`, or from `unknown` where a person ends it. Throws `GuardError('effect_settled')` when the outcome is known already. */
  private async settle({ id, approval }: Underway, to: Outcome, by: (SettledBy & { readonly how: 'word' | 'look' }) | undefined, entry: (tx: Tx) => Promise<unknown>, acts?: number): Promise<void> {
    const { teamId } = approval;
    const only = acts === undefined ? sql`` : sql` and attempts = ${acts}`;
    const settlement = by ? sql`, settlement_id = ${by.settlementId}, settled_by = ${by.personId}, settled_how = ${by.how}, settled_reason = ${by.reason}` : sql``;
    await this.database.withTeam(
      teamId,
      async (tx) => {
        tx.writeExpecting(
          1,
          'effect_settled',
          sql`update app.effect set state = ${to.state}, code = ${to.code}, receipt = ${to.receipt === null ? null : json(to.receipt)}, finished_at = clock_timestamp()${settlement}
            where team_id = ${teamId} and id = ${id} and state = ${by ? 'unknown' : 'started'}${only}`,
        );
        this.tell(tx, approval, id, to.state);
        await entry(tx);
      },
      by ? { principal: principalOf({ kind: 'person', id: by.personId }) } : {},
    );
  }

  private tell(tx: Tx, { teamId, id: approvalId, goalId, epoch }: StoredApproval, effectId: EffectId, state: 'executed' | 'failed' | 'refused' | 'unknown'): void {
    publish(tx, effectFinished, { teamId }, { epoch, approvalId, effectId, goalId, state });
  }
}

type ApprovalRow = Omit<StoredApproval, 'decided' | 'takenBack' | 'entryIds' | 'artifacts'> & { readonly effectEntryId: string | null };
async function readApproval(tx: Tx, id: ApprovalId): Promise<ApprovalRow | undefined> {
  const row = await tx.one<Omit<ApprovalRow, 'team'> & { teamState: string; teamEpoch: number }>(sql`
    select a.id, a.team_id as "teamId", a.goal_id as "goalId", a.deliverable_id as "deliverableId", a.state, a.epoch, encode(a.digest, 'hex') as digest, a.manifest, a.effect_entry_id as "effectEntryId",
      coalesce(a.valid_until <= clock_timestamp(), false) as expired, t.customer_id as "customerId", t.state as "teamState", t.epoch as "teamEpoch"
    from app.approval a join app.team t on t.team_id = a.team_id where a.team_id = ${tx.scopeId} and a.id = ${id}`);
  if (!row) return undefined;
  const { teamState, teamEpoch, ...approval } = row;
  return { ...approval, team: { state: teamState, epoch: teamEpoch } };
}

type DecidedRow = Decided & { readonly undone: boolean; /** By a no, a newer version, its time or a stop, which has its effect. */ readonly ended: boolean; readonly entryId: string | null };
const readDecided = (tx: Tx, id: ApprovalId): Promise<DecidedRow[]> =>
  tx.read<DecidedRow>(sql`select encode(d.digest, 'hex') as digest, d.person_id as "personId", d.device_id as "deviceId", d.at, d.assertion, d.entry_id as "entryId", exists (select from app.approval_decision u where u.team_id = d.team_id and u.undoes = d.id) as undone,
      a.superseded_by is not null or (a.state <> 'held' or a.held_for = 'approved') and exists (select from app.approval_decision n where n.team_id = d.team_id and n.approval_id = d.approval_id and n.decision in ('deny', 'request_changes', 'expire', 'withdraw')
        and not exists (select from app.approval_decision u where u.team_id = n.team_id and u.undoes = n.id)) as ended
    from app.approval_decision d join app.approval a on a.team_id = d.team_id and a.id = d.approval_id where d.team_id = ${tx.scopeId} and d.approval_id = ${id} and d.decision = 'approve'`);
const entryIdsOf = (effect: string | null, standing: readonly DecidedRow[]): string[] => [...new Set([effect, ...standing.map(({ entryId }) => entryId)].filter((id) => id !== null))];
const noncesOf = (decided: readonly DecidedRow[]): string[] => decided.flatMap(({ undone, ended, assertion }) => ((undone || ended) && typeof assertion?.nonce === 'string' ? [assertion.nonce] : []));

/** By the deliverable's list; whether they are the ones in the manifest is for the rule to say. */
const readArtifacts = (tx: Tx, id: ApprovalId): Promise<StoredArtifact[]> =>
  tx.read<StoredArtifact>(sql`
    select f.id, f.path, f.mode, f.deleted, f.content from app.approval a
      join app.deliverable d on d.team_id = a.team_id and d.id = a.deliverable_id
      cross join lateral jsonb_array_elements(d.files) as listed
      join app.artifact f on f.team_id = a.team_id and f.id = (listed ->> 'artifactId')::uuid
    where a.team_id = ${tx.scopeId} and a.id = ${id}`);

async function strayOf(tx: Tx, effect: Effect): Promise<Refusal | undefined> {
  if (effect.kind !== 'git.push') return undefined;
  const row = await tx.one<{ remote: string | null }>(sql`select ops.adopted_remote(${effect.mirror}) as remote`);
  return strayPush(effect, row?.remote ?? null);
}

const readEffect = (tx: Tx, id: ApprovalId): Promise<StoredEffect | undefined> =>
  tx.one<StoredEffect>(sql`select id, state, kind, plan, attempts as acts, (extract(epoch from clock_timestamp() - begun_at) * 1000)::float8 as "begunAgoMs", (extract(epoch from not_before - clock_timestamp()) * 1000)::float8 as "waitMs", settlement_id as "settlementId" from app.effect where team_id = ${tx.scopeId} and approval_id = ${id}`);
