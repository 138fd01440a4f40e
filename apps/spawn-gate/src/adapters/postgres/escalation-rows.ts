import { person, personal, type Audit, type Json } from '@countersign/audit';
import { uuidv7, type PersonId, type TeamId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Due, Signal, Standing } from '../../domain/signals.js';
import type { TeamTerms } from './team-policy.js';

/** What is measured about the context's team now. */
export const readSignals = (tx: Tx, { terms }: TeamTerms): Promise<Signal[]> =>
  tx.read<Signal>(sql`select signal, subject, member_id as "memberId", counted, at, figures from ops.team_signals(${tx.scopeId}::uuid, ${json(terms)}::jsonb)`);

/** The newest escalation of each cause. */
export const readStanding = (tx: Tx): Promise<Standing[]> =>
  tx.read<Standing>(sql`select distinct on (trigger, subject) id, trigger, subject, state <> 'resolved' as open, evidence_at as "evidenceAt", resolved_at as "resolvedAt", due_at as "dueAt", overdue_at is not null as overdue
    from app.escalation where team_id = ${tx.chainId} order by trigger, subject, raised_at desc, id desc`);

export async function raiseEscalation(tx: Tx, audit: Audit, { trigger, subject, to, counted, figures, evidenceAt, dueAt }: Due, customerId: string | null, { version }: TeamTerms): Promise<void> {
  const id = uuidv7();
  tx.write(sql`insert into app.escalation (team_id, id, customer_id, trigger, subject, to_role, counted, figures, evidence_at, due_at)
    values (${tx.chainId}, ${id}, ${customerId}, ${trigger}, ${subject}, ${to}, ${counted}, ${json(figures)}, ${evidenceAt}, ${dueAt})`);
  await audit(tx, 'ESCALATION-RAISED', { escalation_id: id, team_id: tx.scopeId, trigger, subject, to_role: to, counted, figures: asText(figures), due_at: dueAt, policy_version: version });
}

/** Figures of an entry are whole numbers, as text where they are none. */
const asText = (figures: Due['figures']): Json => Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number.isSafeInteger(value) ? (value as number) : String(value)]));

export async function markLate(tx: Tx, audit: Audit, { id, dueAt }: Standing, toRole: string): Promise<void> {
  tx.writeExpecting(1, 'escalation_late', sql`update app.escalation set overdue_at = clock_timestamp() where team_id = ${tx.scopeId} and id = ${id} and overdue_at is null`);
  await audit(tx, 'ESCALATION-OVERDUE', { escalation_id: id, to_role: toRole, due_at: dueAt });
}

export interface Resolution {
  /** A code where it is over by itself. */
  readonly words: string;
  readonly by?: PersonId;
}
export async function resolveEscalation(tx: Tx, audit: Audit, id: string, { words, by }: Resolution): Promise<void> {
  tx.writeExpecting(1, 'escalation_resolved', sql`update app.escalation set state = 'resolved', resolved_at = clock_timestamp(), resolved_by = ${by ?? null}, resolution = ${words} where team_id = ${tx.scopeId} and id = ${id} and state <> 'resolved'`);
  await audit(tx, 'ESCALATION-RESOLVED', { escalation_id: id, ...(by === undefined ? { resolution: words } : { resolved_by: person(by), resolution: personal(by, words) }) });
}

export interface NewIncident {
  readonly kind: string;
  readonly memberId: string | null;
  readonly counted: number;
  readonly by?: PersonId;
  readonly words?: string;
  readonly id?: string;
}
/** Writes down what suspended somebody, or what a person recorded; returns its id. */
export async function recordIncident(tx: Tx, audit: Audit, { kind, memberId, counted, by, words = '', id = uuidv7() }: NewIncident, epoch: number): Promise<string> {
  tx.write(sql`insert into app.incident (team_id, id, kind, member_id, recorded_by, words, counted, epoch) values (${tx.scopeId}, ${id}, ${kind}, ${memberId}, ${by ?? null}, ${words}, ${counted}, ${epoch})`);
  const said = by === undefined ? {} : { recorded_by: person(by), ...(words === '' ? {} : { words: personal(by, words) }) };
  await audit(tx, 'INCIDENT-RECORDED', { incident_id: id, team_id: tx.scopeId as TeamId, kind, ...(memberId === null ? {} : { member_id: memberId }), counted, ...said });
  return id;
}
