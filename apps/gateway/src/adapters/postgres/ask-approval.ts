import { createHash } from 'node:crypto';
import { canonicalJson, person, personal, type Audit, type Json } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { ApprovalId, decisionTakenBack, GoalId, mayPush, MOST_MAIL_TEXT_BYTES, outletsOf, RefusedError, refuseOutgoing, sizeOf, strayPush, unsendable, uuidv7, type DeliverableCheck, type DeliverableFile, type DeliverableId, type Effect, type Outlets, type OutgoingRefusal, TeamId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { approvalChanged, EventFeed } from '../../event-feed.js';
import { askedOf, buildManifest, findMismatch, withBases, type ManifestFacts, type StoredArtifact } from '../../domain/manifest.js';
import { planLadder, type LadderPlan } from '../../domain/plan-ladder.js';
import { rosterOf, type Roster, type RosterPerson } from '../../domain/roster.js';
import { costRehearsal } from './costs.js';
import { isUsed, policyInForce, readAuthors, readNow, readPolicy, readTeam, silence, type PolicyInForce, type TeamRow } from './approval-rows.js';
import { readRingees } from './ladder-rows.js';

interface Deliverable {
  readonly id: DeliverableId;
  readonly goal_id: string;
  readonly revision: number;
  readonly effect: Effect;
  readonly files: readonly DeliverableFile[];
  readonly checks: readonly DeliverableCheck[];
  readonly proposed_by: string;
  readonly agent: string;
  readonly task_id: string | null;
  /** Instances above the asking one, the nearest first. */
  readonly parents: readonly string[];
  readonly untrusted_input: boolean;
  readonly private_data: boolean;
  readonly asked: boolean;
  readonly paused: boolean;
  /** Of its predecessor, where the team's stop took that back: the time it had left goes on. */
  readonly left_ms: number | null;
  readonly cost_micros: number;
  readonly cost_rehearsal: boolean;
  /** Of the effect's mirror, where it is the customer's. */
  readonly adopted_remote: string | null;
  /** Why nobody was asked when that was tried last. */
  readonly refused: Json | null;
}
interface Replaced {
  readonly id: string;
  readonly deliverable_id: string;
  readonly digest: Buffer;
}
interface Circumstances extends Pick<ManifestFacts, 'files' | 'signedHead' | 'supersedes'> {
  /** Whose yes counts; undefined: one is enough. */
  readonly people: readonly string[] | undefined;
  readonly now: Date;
}
interface Asked {
  readonly facts: ManifestFacts;
  readonly title: string;
  readonly manifest: Buffer;
  readonly digest: Buffer;
  /** Of what is asked, whoever asks it when. */
  readonly askedSha256: Buffer;
  readonly dueAt: Date;
  readonly ladder: LadderPlan;
}

/** More than any deliverable's list of files; a manifest is read whole by browser and executor. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Turns a proposed deliverable into a question to a person. */
@Injectable()
export class AskApproval {
  constructor(
    @Inject(AUDIT) private readonly audit: Audit,
    private readonly config: GatewayConfig,
    private readonly feed: EventFeed,
  ) {}

  /**
   * Stores manifest, approval, notifications and entries in the caller's transaction, which is fenced by `epoch`; the
   * goal's older question is superseded. Returns the approval's id, or undefined when this deliverable was asked about before,
   * or its goal is paused: then the sweep asks once it goes on; or when too few people could say yes: that is entered and shown
   * once, and asked again as soon as there are enough.
   *
   * Throws `RefusedError('digest_mismatch')` when the stored bytes are not what the deliverable names, `mirror_foreign` or
   * `remote_not_adopted` when it would go where the team's customer has no repository, `remote_not_allowed` or another of `refuseOutgoing` where the operator lets nothing of theirs go, `too_large` or `not_a_text` when the executor
   * would not send it.
   */
  async ask(tx: Tx, teamId: TeamId, deliverableId: DeliverableId, epoch: number): Promise<ApprovalId | undefined> {
    const [deliverable, team, now, published] = await Promise.all([readDeliverable(tx, deliverableId), readTeam(tx), readNow(tx), readPolicy(tx)]);
    if (deliverable === undefined) throw new RefusedError('unknown_deliverable', 'no such deliverable');
    if (deliverable.asked || deliverable.paused) return undefined;
    const [stored, replaced, ringees, signedHead] = await Promise.all([
      readStored(tx, deliverable),
      lockReplaced(tx, deliverable.goal_id),
      readRingees(tx, team.customer_id),
      readSignedHead(tx),
    ]);
    const mismatch = findMismatch(deliverable.files, stored);
    if (mismatch) throw new RefusedError('digest_mismatch', `the stored bytes of ${mismatch.path} are not what was proposed`);
    const stray = strayPush(deliverable.effect, deliverable.adopted_remote);
    if (stray) throw new RefusedError(stray, 'the push would not go to a repository that the customer has adopted');
    const barred = barredBy(deliverable.effect, outletsOf(this.config.egress, team.customer_id), this.config.pushAnywhere);
    if (barred) throw new RefusedError(barred, 'the operator does not let this customer’s work go there');
    const unfit = unsendable(deliverable.effect, deliverable.files, await readText(tx, deliverable));
    if (unfit) throw new RefusedError(unfit, 'it cannot be sent as it is');
    const policy = policyInForce(published, team.bundle, deliverable.effect.kind, sizeOf(deliverable.effect, deliverable.files));
    const roster = await readRoster(tx, team, deliverable, policy);
    if (roster && !roster.ok) return void (await this.refuse(tx, teamId, deliverable, roster.code, { need: roster.need, found: roster.found, policyVersion: policy.version }));
    const asked = this.question(teamId, deliverable, team, policy, { files: withBases(deliverable.effect, deliverable.files, stored), signedHead, people: roster?.people, now, supersedes: replaced[0]?.id });
    for (const old of replaced) await this.supersede(tx, asked.facts, old, epoch);
    insertApproval(tx, asked, epoch);
    await this.notify(tx, asked, ringees.filter(({ customerId }) => customerId === team.customer_id).map(({ personId }) => personId));
    const { approvalId, goalId } = asked.facts;
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId, goalId, state: 'pending' })));
    return ApprovalId.parse(approvalId);
  }

  private question(teamId: TeamId, row: Deliverable, team: TeamRow, policy: PolicyInForce, { files, signedHead, people, now, supersedes }: Circumstances): Asked {
    const { need, of } = policy.rule.quorum;
    const timeoutMs = row.left_ms ?? this.config.approvalTimeoutMs ?? policy.rule.timeoutMinutes * 60_000;
    const dueAt = new Date(now.getTime() + timeoutMs);
    const facts: ManifestFacts = {
      approvalId: ApprovalId.next(),
      teamId,
      customerId: team.customer_id,
      goalId: row.goal_id,
      deliverableId: row.id,
      revision: row.revision,
      files,
      effect: row.effect,
      checks: row.checks,
      requestedBy: { memberId: row.proposed_by, agent: row.agent, task: row.task_id, parents: row.parents },
      signedHead,
      touched: { untrustedInput: row.untrusted_input, privateData: row.private_data },
      costMicros: row.cost_micros,
      costRehearsal: row.cost_rehearsal,
      policy: { id: policy.id, version: policy.version, tier: policy.rule.tier, validMinutes: policy.rule.validMinutes, delaySeconds: policy.rule.delaySeconds },
      quorum: people && { need, of, people },
      supersedes,
      createdAt: now,
      dueAt,
    };
    const value = buildManifest(facts);
    const manifest = canonicalJson(value as unknown as Json, MAX_MANIFEST_BYTES);
    const asked = canonicalJson(askedOf(value) as unknown as Json, MAX_MANIFEST_BYTES);
    return { facts, title: value.title, manifest, digest: sha256(manifest), askedSha256: sha256(asked), dueAt, ladder: planLadder(policy.ladder, timeoutMs, policy.rule.tier) };
  }

  /** That asking was tried and failed, for a reason that stays until somebody mends it: said as a lack of people is. */
  async failed(tx: Tx, teamId: TeamId, deliverableId: DeliverableId, code: string): Promise<void> {
    const deliverable = await readDeliverable(tx, deliverableId);
    if (deliverable && !deliverable.asked && !deliverable.paused) await this.refuse(tx, teamId, deliverable, code);
  }

  /** Nobody is asked what cannot be asked, or too few could answer. Said once for each reason: in the chain, on the goal's page, to whoever looks at it. */
  private async refuse(tx: Tx, teamId: TeamId, { id, goal_id, refused }: Deliverable, code: string, short?: { readonly need: number; readonly found: number; readonly policyVersion: number }): Promise<void> {
    const detail = { ...short };
    if (refused && canonicalJson(refused).equals(canonicalJson({ code, ...detail }))) return;
    tx.write(sql`insert into app.unasked (team_id, deliverable_id, code, detail) values (${teamId}, ${id}, ${code}, ${json(detail)}) on conflict (team_id, deliverable_id) do update set code = excluded.code, detail = excluded.detail, at = clock_timestamp()`);
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId: id, goalId: goal_id, state: 'not_asked' })));
    await this.audit(tx, 'APPROVAL-NOT-ASKED', { deliverable_id: id, goal_id, code, ...(short ? { need: short.need, found: short.found, policy_version: short.policyVersion } : {}) }, { result: 'denied' });
  }

  private async supersede(tx: Tx, { teamId, goalId, approvalId: by }: ManifestFacts, old: Replaced, epoch: number): Promise<void> {
    tx.write(sql`update app.approval a set state = 'superseded', superseded_by = ${by}, version = version + 1 where a.team_id = ${teamId} and a.id = ${old.id} and not ${isUsed}`);
    tx.write(silence(TeamId.parse(teamId), old.id));
    publish(tx, decisionTakenBack, { teamId: TeamId.parse(teamId) }, { epoch, approvalId: ApprovalId.parse(old.id), goalId: GoalId.parse(goalId) });
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId: old.id, goalId, state: 'superseded' })));
    await this.audit(tx, 'APPROVAL-SUPERSEDED', { approval_id: old.id, deliverable_id: old.deliverable_id, digest: old.digest.toString('hex'), superseded_by: by });
  }

  /** The ladder by which people are reached, and for each approver a row in the inbox and an entry; who is rung, and when, the ladder says. */
  private async notify(tx: Tx, asked: Asked, approvers: readonly string[]): Promise<void> {
    const { teamId, approvalId, customerId, policy } = asked.facts;
    tx.write(sql`insert into app.ladder (team_id, approval_id, customer_id, plan, policy_version) values (${teamId}, ${approvalId}, ${customerId}, ${json(asked.ladder)}, ${policy.version})`);
    for (const personId of approvers) {
      const inboxId = insertInbox(tx, asked, personId);
      await this.audit(tx, 'MOBILE-APPROVAL-REQUESTED', { customer_governor_id: person(personId), ...requested(asked, inboxId) });
    }
    // A customer without a governor: the question stands and expires; the entry says that nobody could be told.
    if (approvers.length === 0) await this.audit(tx, 'MOBILE-APPROVAL-REQUESTED', { customer_governor_id: personal(asked.facts.customerId, 'nobody'), ...requested(asked, 'none') });
  }
}

const requested = ({ facts, digest, dueAt }: Asked, notificationId: string) => ({
  deliverable_id: facts.deliverableId,
  push_notification_id: notificationId,
  approval_id: facts.approvalId,
  digest: digest.toString('hex'),
  expires_at: dueAt,
});

const readDeliverable = (tx: Tx, id: DeliverableId): Promise<Deliverable | undefined> =>
  tx.one<Deliverable>(sql`select d.id, d.goal_id, d.revision, d.effect, d.files, d.checks, d.proposed_by, coalesce((select m.agent from app.member m where m.team_id = d.team_id and m.id = d.proposed_by), 'manager-agent') as agent,
      (select i.task_id from app.instance i where i.team_id = d.team_id and i.id = own.id) as task_id,
      array(with recursive above as (select i.parent_id, 1 as up from app.instance i where i.team_id = d.team_id and i.id = own.id union all select i.parent_id, a.up + 1 from above a join app.instance i on i.team_id = d.team_id and i.id = a.parent_id)
        select parent_id from above where parent_id is not null order by up) as parents,
      exists (select from app.goal g where g.team_id = d.team_id and g.id = d.goal_id and g.repository is not null)
        or exists (select from app.instance i where i.team_id = d.team_id and i.goal_id = d.goal_id and (i.capabilities #>> '{net_scopes,enabled}')::boolean and jsonb_array_length(i.capabilities #> '{net_scopes,allow_hosts}') > 0) as untrusted_input,
      exists (select from app.instance i where i.team_id = d.team_id and i.goal_id = d.goal_id and jsonb_array_length(i.capabilities -> 'secrets_scopes') > 0) as private_data,
      exists (select from app.approval a where a.team_id = d.team_id and a.deliverable_id = d.id) as asked,
      -- an alert that stops the agent holds from when it stands, not from when the goal does
      exists (select from app.goal g where g.team_id = d.team_id and g.id = d.goal_id and g.paused_at is not null)
        or exists (select from app.alert x where x.team_id = d.team_id and x.stops = 'agent' and not exists (select from app.alert_stop s where s.team_id = x.team_id and s.alert_id = x.id) and coalesce(x.goal_id, d.goal_id) = d.goal_id) as paused,
      (select case when a.epoch <> t.epoch then a.left_ms end from app.approval a join app.team t on t.team_id = a.team_id where a.team_id = d.team_id and a.goal_id = d.goal_id order by a.revision desc limit 1) as left_ms,
      coalesce((select b.spent from app.budget b where b.team_id = d.team_id and b.account_id = d.goal_id and b.unit = 'usd_micros'), 0) as cost_micros, ${costRehearsal(sql`d.team_id`, sql`d.goal_id`)} as cost_rehearsal,
      ops.adopted_remote(d.effect ->> 'mirror') as adopted_remote, (select u.detail || jsonb_build_object('code', u.code) from app.unasked u where u.team_id = d.team_id and u.deliverable_id = d.id) as refused
    from app.deliverable d
      left join lateral (select i.id from app.instance i where i.team_id = d.team_id and i.member_id = d.proposed_by order by i.started_at desc, i.id desc limit 1) own on true where d.team_id = ${tx.scopeId} and d.id = ${id}`);

const readSignedHead = (tx: Tx): Promise<ManifestFacts['signedHead']> => tx.one(sql`select size, encode(root, 'hex') as root from audit.checkpoint where team_id = (select sec.chain()) order by size desc limit 1`);

/** Undefined where one yes is enough, whosever of those who may decide. */
async function readRoster(tx: Tx, team: TeamRow, { goal_id, proposed_by }: Deliverable, { rule: { quorum, tier } }: PolicyInForce): Promise<Roster | undefined> {
  if (quorum.need === 1) return undefined;
  const [people, authors] = await Promise.all([tx.read<RosterPerson>(sql`select person_id as id, roles, keys from ops.roster_of(${team.customer_id})`), readAuthors(tx, sql`${goal_id}`)]);
  return rosterOf(quorum, tier, people, [proposed_by, ...authors]);
}

/** Postgres hashes the stored bytes itself; they need not travel. */
const readStored = (tx: Tx, { files }: Deliverable): Promise<StoredArtifact[]> =>
  tx.read<StoredArtifact>(sql`select f.id, f.path, f.mode, f.deleted, f.size, encode(f.sha256, 'hex') as sha256, encode(sha256(coalesce(f.content, ''::bytea)), 'hex') as "contentSha256", octet_length(coalesce(f.content, ''::bytea)) as "contentSize", b.id as "baseId", encode(sha256(b.base_content), 'hex') as "baseSha256"
    from unnest(${files.map(({ artifactId }) => artifactId)}::uuid[], ${files.map(({ artifactId, firstId = artifactId }) => firstId)}::uuid[]) u (id, first_id) join app.artifact f on f.team_id = ${tx.scopeId} and f.id = u.id
      left join app.artifact b on b.team_id = f.team_id and b.id = u.first_id and b.path = f.path`);

/** Of a mail, what it says; the rule refuses a longer one unread. */
async function readText(tx: Tx, { effect, files }: Deliverable): Promise<Buffer | undefined> {
  if (effect.kind !== 'email.send') return undefined;
  const body = files.find(({ path, size }) => path === effect.body && size <= MOST_MAIL_TEXT_BYTES);
  return body && (await tx.one<{ content: Buffer }>(sql`select content from app.artifact where team_id = ${tx.scopeId} and id = ${body.artifactId}`))?.content;
}

/** Older questions of the goal that could still be answered or used; locked, so that an executor is either before or after us. */
const lockReplaced = (tx: Tx, goalId: string): Promise<Replaced[]> =>
  tx.read<Replaced>(sql`select a.id, a.deliverable_id, a.digest from app.approval a where a.team_id = ${tx.scopeId} and a.goal_id = ${goalId} and a.state in ('pending', 'held', 'approved') and not ${isUsed} order by a.revision desc for update`);

/** Why the operator lets it not go where it says; the executor, which has the last word, would refuse it. */
function barredBy(effect: Effect, outlets: Outlets, pushAnywhere: boolean): OutgoingRefusal | 'remote_not_allowed' | undefined {
  if (effect.kind === 'git.push') return mayPush(effect.remote, outlets, pushAnywhere) ? undefined : 'remote_not_allowed';
  return effect.kind === 'file.publish' ? undefined : refuseOutgoing(effect, outlets);
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function insertApproval(tx: Tx, { facts, title, manifest, digest, askedSha256, dueAt }: Asked, epoch: number): void {
  tx.write(sql`insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, created_at, due_at, asked_sha256, need, need_of)
    values (${facts.teamId}, ${facts.approvalId}, ${facts.goalId}, ${facts.deliverableId}, ${facts.revision}, ${manifest}, ${digest}, ${title}, ${facts.policy.tier}, 'pending', ${epoch}, ${facts.customerId}, ${facts.requestedBy.memberId}, ${facts.createdAt}, ${dueAt}, ${askedSha256}, ${facts.quorum?.need ?? 1}, ${facts.quorum?.of ?? 'people'})`);
}

function insertInbox(tx: Tx, { facts, dueAt }: Asked, personId: string): string {
  const id = uuidv7();
  tx.write(sql`insert into app.notification (team_id, id, approval_id, kind, person_id, customer_id, channel, state, expires_at, sent_at)
    values (${facts.teamId}, ${id}, ${facts.approvalId}, 'inbox', ${personId}, ${facts.customerId}, 'in_app', 'sent', ${dueAt}, ${facts.createdAt})`);
  return id;
}
