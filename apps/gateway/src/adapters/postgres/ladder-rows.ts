import type { ApprovalPolicyFile, Channel, QuorumOf, RingState, Rung, TeamId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { Tried } from '../../domain/next-rung.js';
import type { LadderPlan } from '../../domain/plan-ladder.js';
import { preferencesOf, type Ringee, type RungLately } from '../../domain/ringee.js';

export interface Question {
  readonly id: string;
  readonly goal_id: string;
  readonly deliverable_id: string;
  readonly digest: Buffer;
  readonly state: string;
  readonly customer_id: string;
  readonly created_at: Date;
  readonly frozen_ms: number;
  readonly due_at: Date;
  readonly device_id: string | null;
  readonly paused: boolean;
  readonly need_of: QuorumOf;
}
export interface LadderRow {
  readonly plan: LadderPlan;
  readonly escalated_at: Date | null;
  readonly hurried: 'substitute' | 'governor' | null;
  readonly due: boolean;
  /** A report silenced the goal until then. */
  readonly muted_until: Date | null;
}
export interface RingRow extends Tried {
  readonly personId: string;
}
export interface Ladder {
  readonly question: Question;
  readonly ladder: LadderRow;
  readonly rings: readonly RingRow[];
  /** By person: until when they have put the question off. */
  readonly deferred: ReadonlyMap<string, Date>;
  /** Who was rung about exactly this before; what was taken back when the team stopped, and what a yes came to nothing of, is asked anew for good reason. */
  readonly rungBefore: ReadonlySet<string>;
}

/** Locks the approval and then its ladder, in the order in which a decision does. */
export async function readLadder(tx: Tx, id: string): Promise<Ladder | undefined> {
  const [question, ladder, rings, deferred, before] = await Promise.all([
    tx.one<Question>(sql`select a.id, a.goal_id, a.deliverable_id, a.digest, a.state, a.customer_id, a.created_at, a.frozen_ms, a.due_at, a.device_id, a.need_of, g.paused_at is not null as paused
      from app.approval a join app.goal g on g.team_id = a.team_id and g.id = a.goal_id where a.team_id = ${tx.scopeId} and a.id = ${id} for update of a`),
    tx.one<LadderRow>(sql`select plan, escalated_at, hurried, next_at <= clock_timestamp() as due, (select max(x.muted_until) from app.alert x join app.approval a on a.team_id = x.team_id and a.goal_id = x.goal_id where x.team_id = ${tx.scopeId} and a.id = ${id} and x.muted_until > clock_timestamp()) as muted_until from app.ladder where team_id = ${tx.scopeId} and approval_id = ${id} for update`),
    tx.read<{ person_id: string; rung: Rung; channel: Channel; state: RingState; at: Date }>(sql`select person_id, rung, channel, state, at from app.ring where team_id = ${tx.scopeId} and approval_id = ${id}`),
    tx.read<{ person_id: string; until: Date }>(sql`select distinct on (person_id) person_id, until from app.approval_mark where team_id = ${tx.scopeId} and approval_id = ${id} and kind = 'deferred' order by person_id, at desc`),
    tx.read<{ person_id: string }>(sql`select distinct r.person_id from app.approval a join app.approval b on b.team_id = a.team_id and b.goal_id = a.goal_id and b.asked_sha256 = a.asked_sha256 and b.revision < a.revision and b.state <> 'withdrawn' and not exists (select from app.effect e where e.team_id = b.team_id and e.approval_id = b.id)
      join app.ring r on r.team_id = b.team_id and r.approval_id = b.id and r.state in ('ringing', 'reached') where a.team_id = ${tx.scopeId} and a.id = ${id}`),
  ]);
  return (
    question &&
    ladder && {
      question,
      ladder,
      rings: rings.map(({ person_id, ...tried }) => ({ ...tried, personId: person_id })),
      deferred: new Map(deferred.map(({ person_id, until }) => [person_id, until])),
      rungBefore: new Set(before.map(({ person_id }) => person_id)),
    }
  );
}

interface RingeeRow {
  readonly person_id: string;
  readonly customer_id: string;
  readonly preferences: Parameters<typeof preferencesOf>[0];
  readonly has_email: boolean | null;
  readonly has_phone: boolean | null;
  readonly device_id: string | null;
  readonly platform: 'fcm' | 'webpush' | 'cli' | null;
  readonly subscribed: boolean | null;
}

/** Everybody who may be rung about a question of the customer. */
export async function readRingees(tx: Tx, customerId: string): Promise<Ringee[]> {
  const rows = await tx.read<RingeeRow>(sql`select * from ops.ringees_of(${customerId})`);
  return [...Map.groupBy(rows, ({ person_id }) => person_id).values()].map((of) => {
    const [{ person_id, customer_id, preferences, has_email, has_phone }] = of as [RingeeRow];
    const devices = of.flatMap(({ device_id, platform, subscribed }) => (device_id !== null && (platform === 'fcm' || (platform === 'webpush' && subscribed)) ? [{ id: device_id, platform }] : []));
    return { personId: person_id, customerId: customer_id, preferences: preferencesOf(preferences), hasEmail: has_email === true, hasPhone: has_phone === true, devices };
  });
}

interface LatelyRow {
  readonly person_id: string;
  readonly rung_at: Date[] | null;
  readonly held: number;
  readonly digest_at: Date | null;
  readonly digest_under_way: boolean;
}

/** How these people were rung lately. From here to the end of the transaction nobody else can ring them: the caps hold whoever rings. */
export async function lockRungLately(tx: Tx, people: readonly string[], question: string): Promise<Map<string, RungLately>> {
  if (people.length === 0) return new Map();
  const ids = [...people].sort();
  const [, rows] = await Promise.all([
    tx.read(sql`select pg_advisory_xact_lock(hashtextextended('ring ' || id, 0)) from unnest(${ids}::text[]) as p (id)`),
    tx.read<LatelyRow>(sql`select * from ops.rings_of(${ids}::uuid[], ${question})`),
  ]);
  return new Map(rows.map((row) => [row.person_id, { rungAt: row.rung_at ?? [], held: row.held, digestAt: row.digest_at ?? undefined, digestUnderWay: row.digest_under_way }]));
}

export const capsDoc = (tx: Tx): Promise<{ ladder: ApprovalPolicyFile['ladder'] | null } | undefined> => tx.one(sql`select doc -> 'ladder' as ladder from ops.published_policies('approval-policy') limit 1`);

/** What was rung about this question on a phone or in a browser, device by device; also where the answer was lost, as the phone may show it. */
export const rungDevices = (tx: Tx, teamId: TeamId, id: string): Promise<{ person_id: string; customer_id: string; device_id: string; channel: string; sending: boolean }[]> =>
  tx.read(sql`select person_id, customer_id, device_id, channel, bool_or(state = 'sending') as sending from app.notification
    where team_id = ${teamId} and approval_id = ${id} and device_id is not null and attempts > 0 and kind not in ('resolved', 'digest', 'inbox') group by 1, 2, 3, 4`);

/** Where a digest stands that told of this question. */
export const digestDevices = (tx: Tx, id: string): Promise<{ person_id: string; customer_id: string; device_id: string; channel: string }[]> => tx.read(sql`select * from ops.digests_about(${id})`);
