import { person, personal, type Audit, type Json } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { escalationNews, uuidv7, type PersonId, type Role, type TeamId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Due, Signal, Standing } from '../../domain/signals.js';
import type { ChangeAsked } from '../../domain/steer-escalation.js';
import type { TeamTerms } from './team-policy.js';

/** What it costs the platform to carry a team at all, a month. */
const carried = sql`(select coalesce(sum(c.value::numeric * 1000000), 0)::int8 from ops.published_policies('price-table') p, jsonb_each_text(p.doc #> '{platform,usdPerMonth}') c where p.id = 'price-table')`;

/** The platform's own escalations, one look at them or one person's word after the other. */
export const platformTurn = sql`select pg_advisory_xact_lock(hashtextextended('escalations', 0))`;

/** What is measured about the context's team now. */
export const readSignals = (tx: Tx, { terms }: TeamTerms): Promise<Signal[]> =>
  tx.read<Signal>(sql`select signal, subject, member_id as "memberId", counted, at, figures from ops.team_signals(${tx.scopeId}::uuid, ${json(terms)}::jsonb || jsonb_build_object('carryUsdMicros', ${carried}))`);

/** The newest escalation of each cause. */
export const readStanding = (tx: Tx): Promise<Standing[]> =>
  tx.read<Standing>(sql`select distinct on (x.trigger, x.subject) x.id, x.trigger, x.subject, x.state <> 'resolved' as open, x.evidence_at as "evidenceAt", x.resolved_at as "resolvedAt", o.at is not null as over, o.reported_at as "reportedAt", x.figures, x.due_at as "dueAt", x.overdue_at is not null as overdue
    from app.escalation x left join app.escalation_over o on o.team_id = x.team_id and o.escalation_id = x.id where x.team_id = ${tx.chainId} order by x.trigger, x.subject, x.raised_at desc, x.id desc`);

export async function raiseEscalation(tx: Tx, audit: Audit, { trigger, subject, to, counted, figures, evidenceAt, dueAt }: Due, customerId: string | null, { version }: TeamTerms): Promise<void> {
  const id = uuidv7();
  tx.write(sql`insert into app.escalation (team_id, id, customer_id, trigger, subject, to_role, counted, figures, evidence_at, due_at)
    values (${tx.chainId}, ${id}, ${customerId}, ${trigger}, ${subject}, ${to}, ${counted}, ${json(figures)}, ${evidenceAt}, ${dueAt})`);
  await audit(tx, 'ESCALATION-RAISED', { escalation_id: id, team_id: tx.scopeId, trigger, subject, to_role: to, counted, figures: asText(figures), due_at: dueAt, policy_version: version });
  tellOf(tx, id, 'raised');
}

/** Queues the news of an escalation: who it is for hears of it. */
const tellOf = (tx: Tx, escalationId: string, what: 'raised' | 'overdue'): void => void publish(tx, escalationNews, { teamId: tx.chainId as TeamId }, { epoch: 1, escalationId, what });

/** Figures of an entry are whole numbers, as text where they are none. */
const asText = (figures: Due['figures']): Json => Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number.isSafeInteger(value) ? (value as number) : String(value)]));

export async function markLate(tx: Tx, audit: Audit, { id, dueAt }: Standing, toRole: string): Promise<void> {
  tx.writeExpecting(1, 'escalation_late', sql`update app.escalation set overdue_at = clock_timestamp() where team_id = ${tx.chainId} and id = ${id} and overdue_at is null`);
  await audit(tx, 'ESCALATION-OVERDUE', { escalation_id: id, to_role: toRole, due_at: dueAt });
  tellOf(tx, id, 'overdue');
}

/** That it was over once is kept beside what a person resolved, which does not change any more. */
export const markOver = (tx: Tx, { id }: Standing): void => tx.write(sql`insert into app.escalation_over (team_id, escalation_id, at) values (${tx.chainId}, ${id}, clock_timestamp()) on conflict do nothing`);

/** That what a person resolved was reported again. */
export const markReported = (tx: Tx, { id }: Standing): void => tx.write(sql`insert into app.escalation_over as o (team_id, escalation_id, reported_at) values (${tx.chainId}, ${id}, clock_timestamp()) on conflict (team_id, escalation_id) do update set reported_at = excluded.reported_at`);

export interface Resolution {
  /** A code where it is over by itself. */
  readonly words: string;
  readonly by?: PersonId;
}
export async function resolveEscalation(tx: Tx, audit: Audit, id: string, { words, by }: Resolution): Promise<void> {
  tx.writeExpecting(1, 'escalation_resolved', sql`update app.escalation set state = 'resolved', resolved_at = clock_timestamp(), resolved_by = ${by ?? null}, resolution = ${words} where team_id = ${tx.chainId} and id = ${id} and state <> 'resolved'`);
  await audit(tx, 'ESCALATION-RESOLVED', { escalation_id: id, ...(by === undefined ? { resolution: words } : { resolved_by: person(by), resolution: personal(by, words) }) });
}

/** What governors have asked for about one member, and nobody has resolved; the oldest first. */
export const readChangesAsked = (tx: Tx, memberId: string): Promise<ChangeAsked[]> =>
  tx.read<ChangeAsked>(sql`select x.id as "escalationId", i.id as "incidentId", i.recorded_by as "askedBy" from app.escalation x join app.incident i on i.team_id = x.team_id and i.id::text = x.subject
    where x.team_id = ${tx.scopeId} and x.trigger = 'composition_change' and x.state <> 'resolved' and i.member_id = ${memberId} order by x.raised_at, x.id`);

export interface NewIncident {
  readonly kind: string;
  readonly memberId: string | null;
  readonly counted: number;
  /** Who recorded it, and the role that let them. */
  readonly by?: { readonly personId: PersonId; readonly as: Role };
  readonly words?: string;
  readonly id?: string;
}
/** Writes down what suspended somebody, or what a person recorded; returns its id. */
export async function recordIncident(tx: Tx, audit: Audit, { kind, memberId, counted, by, words = '', id = uuidv7() }: NewIncident, epoch: number): Promise<string> {
  tx.write(sql`insert into app.incident (team_id, id, kind, member_id, recorded_by, recorded_as, words, counted, epoch) values (${tx.scopeId}, ${id}, ${kind}, ${memberId}, ${by?.personId ?? null}, ${by?.as ?? null}, ${words}, ${counted}, ${epoch})`);
  const said = by === undefined ? {} : { recorded_by: person(by.personId), ...(words === '' ? {} : { words: personal(by.personId, words) }) };
  await audit(tx, 'INCIDENT-RECORDED', { incident_id: id, team_id: tx.scopeId as TeamId, kind, ...(memberId === null ? {} : { member_id: memberId }), counted, ...said });
  return id;
}
