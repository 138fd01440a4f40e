import { person, principalOf, type Audit } from '@countersign/audit';
import { NotFoundError, PLATFORM_CHAIN, type CommandReply, type RecordIncident, type SteerEscalation, type SteerMember } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { canRecord, decideEscalation, decideReplacement, freshName, mayRecord, maySteerMember, recordsAs } from '../../domain/steer-escalation.js';
import { takeTurn } from './account-book.js';
import { platformTurn, readChangesAsked, recordIncident, resolveEscalation } from './escalation-rows.js';
import { readMembers, reinstateMember, replaceMember, suspendMembers, type MemberRow } from './members.js';
import { done, refused } from './replies.js';
import { SignalWatch } from './signal-watch.js';
import { readTeam, type TeamRow } from './spawn-rows.js';
import { tellTeam } from './team-news.js';

interface EscalationRow {
  readonly state: 'open' | 'acknowledged' | 'resolved';
  readonly to_role: string;
  readonly customer_id: string | null;
}

/** What people do about escalations, incidents and single members. */
@Injectable()
export class EscalationDesk {
  constructor(
    private readonly database: Database,
    private readonly watch: SignalWatch,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Whoever it is for says that they have seen it, or how it ended. Idempotent. */
  steer({ teamId, escalationId, by, verb, words }: SteerEscalation): Promise<CommandReply> {
    const principal = principalOf({ kind: 'person', id: by.personId });
    const work = async (tx: Tx): Promise<CommandReply> => {
      await tx.read(teamId === PLATFORM_CHAIN ? platformTurn : takeTurn(tx)); // a look that is on its way ends first, and not in vain
      const row = await tx.one<EscalationRow>(sql`select state, to_role, customer_id from app.escalation where team_id = ${teamId} and id = ${escalationId} for update`);
      if (!row) throw new NotFoundError('escalation');
      const decision = decideEscalation(verb, by, { state: row.state, toRole: row.to_role, customerId: row.customer_id });
      if (decision.outcome === 'refused') return refused(decision.code, decision.message);
      if (decision.outcome === 'unchanged') return done('unchanged', 'it is so already');
      if (verb === 'resolve') await resolveEscalation(tx, this.audit, escalationId, { words, by: by.personId });
      else await this.acknowledge(tx, escalationId, by.personId);
      return done('ok', verb === 'resolve' ? 'resolved' : 'acknowledged');
    };
    return teamId === PLATFORM_CHAIN ? this.database.withPlatform(work, { principal }) : this.database.withTeam(teamId, work, { principal });
  }

  private async acknowledge(tx: Tx, id: string, personId: SteerEscalation['by']['personId']): Promise<void> {
    tx.writeExpecting(1, 'escalation_acknowledged', sql`update app.escalation set state = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = ${personId} where team_id = ${tx.scopeId} and id = ${id} and state = 'open'`);
    await this.audit(tx, 'ESCALATION-ACKNOWLEDGED', { escalation_id: id, acknowledged_by: person(personId) });
  }

  /** What no row shows: a person says it, once by the id it came with, and what follows from it follows at once. */
  record({ teamId, incidentId, by, kind, memberId, words }: RecordIncident): Promise<CommandReply> {
    return this.database.withTeam(teamId, async (tx): Promise<CommandReply> => {
      await tx.read(takeTurn(tx));
      const [team, members, known, clock] = await Promise.all([readTeam(tx), readMembers(tx), tx.one(sql`select 1 from app.incident where team_id = ${teamId} and id = ${incidentId}`), tx.one<{ now: Date }>(sql`select clock_timestamp() as now`)]);
      if (!team) throw new NotFoundError('team');
      if (!mayRecord(kind, by, team.customer_id)) return refused('not_permitted', `this person may not record: ${kind}`);
      if (known) return done('unchanged', 'it is recorded already');
      if (!canRecord(kind, team.state)) return refused('wrong_team_state', `of a team that is ${team.state} nobody would hear this`);
      if (memberId !== undefined && !members.some(({ id }) => id === memberId)) throw new NotFoundError('member');
      await recordIncident(tx, this.audit, { id: incidentId, kind, memberId: memberId ?? null, counted: 1, by: { personId: by.personId, as: recordsAs(kind, by) }, words }, team.epoch);
      await this.watch.lookWithin(tx, [{ signal: kind, subject: incidentId, memberId: memberId ?? null, counted: 1, at: clock!.now, figures: {} }]);
      return done('ok', 'recorded');
    }, { principal: principalOf({ kind: 'person', id: by.personId }) });
  }

  /** One member stops, may work again, or makes room for a fresh one. The manager stops with its team. */
  member(request: SteerMember): Promise<CommandReply> {
    const { teamId, memberId, by, verb, reason } = request;
    return this.database.withTeam(teamId, async (tx) => {
      await tx.read(takeTurn(tx));
      const [team, members] = await Promise.all([readTeam(tx), readMembers(tx)]);
      const member = members.find(({ id }) => id === memberId);
      if (!team || !member) throw new NotFoundError('member');
      if (!maySteerMember(verb, by, team.customer_id)) return refused('not_permitted', `this person may not ${verb} a member`);
      if (member.kind === 'manager') return refused('manager_is_the_team', 'a manager is suspended with its team, which goes on with a fresh agent as its manager');
      if (verb === 'replace') return this.replace(tx, request, team, members, member);
      const to = verb === 'suspend' ? 'suspended' : 'active';
      if (member.state === to) return done('unchanged', `the member is ${to} already`);
      if (member.state === 'removed') return refused('member_removed', 'the member is no part of the team any more');
      const why = { code: 'unspecified', by: by.personId, words: reason };
      await (verb === 'suspend' ? suspendMembers(tx, this.audit, [{ memberId, reason: why }]) : reinstateMember(tx, this.audit, memberId, why));
      tellTeam(tx, team.state, team.epoch);
      return done('ok', `the member is ${to}`);
    }, { principal: principalOf({ kind: 'person', id: by.personId }) });
  }

  /** Idempotent by the id of the fresh one. With it the requests are resolved that asked for it. */
  private async replace(tx: Tx, { memberId, by, reason, replacementId }: SteerMember, { state, epoch }: TeamRow, members: readonly MemberRow[], member: MemberRow): Promise<CommandReply> {
    if (replacementId === undefined) return refused('invalid_input', 'who the fresh one will be is not said');
    if (members.some(({ id }) => id === replacementId)) return done('unchanged', 'the member is replaced already');
    if (member.state === 'removed') return refused('member_removed', 'the member is no part of the team any more');
    const decision = decideReplacement(by.personId, state, await readChangesAsked(tx, memberId));
    if (decision.outcome === 'refused') return refused(decision.code, decision.message);
    if (member.state === 'active') await suspendMembers(tx, this.audit, [{ memberId, reason: { code: 'replaced' } }]);
    const name = freshName(member.name, members.map((each) => each.name));
    await replaceMember(tx, this.audit, { memberId, replacementId, name, requests: decision.asked.map(({ incidentId }) => incidentId), by: by.personId, words: reason });
    for (const { escalationId } of decision.asked) await resolveEscalation(tx, this.audit, escalationId, { words: `replaced by ${name}`, by: by.personId });
    tellTeam(tx, state, epoch);
    return done('ok', `${name} takes the place of ${member.name}`);
  }
}
