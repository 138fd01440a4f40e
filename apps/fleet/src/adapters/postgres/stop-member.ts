import { CANCELLED_BY_PERSON, type MemberStopped, type StopMember } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { RunStore } from './run-store.js';

/** Ends what of a member has no agent yet: the gate has none of it to end, and it would begin as soon as there is room. */
@Injectable()
export class MemberStop {
  constructor(
    private readonly database: Database,
    private readonly runs: RunStore,
  ) {}

  async stop({ teamId, memberId, by, reason }: StopMember): Promise<MemberStopped> {
    const team = await this.database.withTeam(teamId, (tx) => tx.one<{ customerId: string }>(sql`select customer_id as "customerId" from app.team where team_id = ${teamId}`));
    if (!team || !maySteer(by, team)) return { ok: false, code: 'not_permitted', message: 'This person may not stop members of the team.' };
    const stopped = await this.runs.endWaiting(teamId, memberId, { kind: 'stopped', code: CANCELLED_BY_PERSON, detail: reason });
    return { ok: true, code: 'ok', message: '', stopped };
  }
}

/** As at the gate, which ends the agents. */
const maySteer = ({ customerId, roles }: StopMember['by'], team: { readonly customerId: string }): boolean =>
  (team.customerId === customerId && roles.includes('customer_governor')) || roles.includes('operator') || roles.includes('platform_governor');
