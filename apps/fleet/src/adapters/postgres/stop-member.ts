import { CANCELLED_BY_PERSON, type MemberStopped, type StopMember } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { RunStore, type EndingRun } from './run-store.js';

/** Ends what of a member has no agent yet: the gate has none of it to end, and it would begin as soon as there is room. */
@Injectable()
export class MemberStop {
  constructor(
    private readonly database: Database,
    private readonly runs: RunStore,
  ) {}

  async stop({ teamId, memberId, by, reason }: StopMember): Promise<MemberStopped> {
    const [team, waiting] = await this.database.withTeam(teamId, (tx) => Promise.all([
      tx.one<{ customerId: string }>(sql`select customer_id as "customerId" from app.team where team_id = ${teamId}`),
      tx.read<EndingRun>(sql`select r.team_id as "teamId", r.id as "runId", r.task_id as "taskId", k.goal_id as "goalId", r.member_id as "memberId", r.round, r.attempt, r.epoch from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id
        where r.team_id = ${teamId} and r.member_id = ${memberId} and (r.state = 'queued' or (r.state = 'running' and r.instance_id is null))`),
    ]));
    if (!team || !maySteer(by, team)) return { ok: false, code: 'not_permitted', message: 'This person may not stop members of the team.' };
    for (const run of waiting) await this.runs.end(run, { kind: 'stopped', code: CANCELLED_BY_PERSON, detail: reason }, {});
    return { ok: true, code: 'ok', message: '', stopped: waiting.length };
  }
}

/** As at the gate, which ends the agents. */
const maySteer = ({ customerId, roles }: StopMember['by'], team: { readonly customerId: string }): boolean =>
  (team.customerId === customerId && roles.includes('customer_governor')) || roles.includes('operator') || roles.includes('platform_governor');
