import { person, type Audit } from '@countersign/audit';
import { uuidv7, type AlertKind, type AlertStop, type PersonId, type TeamId, type WatchPolicy } from '@countersign/contracts';
import { Database, DatabaseError, sql, type Tx } from '@countersign/database';
import { AUDIT, LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { EventFeed } from '../../event-feed.js';
import { alarm, watchOf, type Alarm } from '../../domain/watch.js';
import { isUndone, readNow } from './approval-rows.js';

export interface Unstopped {
  readonly team_id: TeamId;
  readonly id: string;
  readonly stops: AlertStop;
  readonly by_person: PersonId | null;
}
interface RestlessRow {
  readonly team_id: TeamId;
  readonly kind: AlertKind;
  readonly goal_id: string | null;
  readonly approval_id: string | null;
  readonly agent_id: string;
  readonly counted: number;
}
interface Reported {
  readonly deliverable_id: string;
  readonly digest: Buffer;
  readonly person_id: string;
}

/** Writes alerts down, with their entries. */
@Injectable()
export class AlertWriter {
  constructor(
    private readonly database: Database,
    private readonly feed: EventFeed,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** An alert for everything that nobody was told of yet. What fails is logged and found again: one team's trouble is not another's. */
  async raise(): Promise<void> {
    const [row] = await this.database.ops<{ doc: { watch?: WatchPolicy } }>('published_policies', 'approval-policy');
    const policy = watchOf(row?.doc.watch);
    const { asks, refusals } = policy;
    const restless = await this.database.ops<RestlessRow>('restless_agents', asks.ofGoal, asks.ofAgent, asks.minutes, refusals.times, refusals.minutes);
    for (const { team_id, kind, goal_id, approval_id, agent_id, counted } of restless) {
      const raised = alarm({ kind, goalId: goal_id, approvalId: approval_id, agentId: agent_id, counted }, policy);
      await this.write(team_id, raised).catch((error: unknown) => this.log.error({ err: error, teamId: team_id, kind }, 'an alert could not be raised, to be tried again'));
    }
  }

  isActive(teamId: TeamId): Promise<boolean> {
    return this.database.withTeam(teamId, async (tx) => (await tx.one(sql`select from app.team where team_id = ${teamId} and state = 'active'`)) !== undefined);
  }

  /** What it was to stop is stopped. */
  stopped(teamId: TeamId, id: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      tx.write(sql`insert into app.alert_stop (team_id, alert_id) values (${teamId}, ${id}) on conflict do nothing`);
      await Promise.resolve();
    });
  }

  private async write(teamId: TeamId, raised: Alarm): Promise<void> {
    const { kind, goalId, approvalId, agentId, counted, minutes, stops } = raised;
    await this.database.withTeam(teamId, async (tx) => {
      // of several copies that found it, one writes it: they come after each other here
      const [, again, now, report] = await Promise.all([
        tx.read(sql`select pg_advisory_xact_lock(hashtextextended('alert ' || ${teamId}::text, 0))`),
        tx.one(sql`select from app.alert where team_id = ${teamId} and kind = ${kind} and goal_id is not distinct from ${goalId} and approval_id is not distinct from ${approvalId} and at > clock_timestamp() - interval '2 seconds'`),
        readNow(tx),
        approvalId === null ? undefined : readReport(tx, approvalId),
      ]);
      if (again !== undefined) return;
      const id = uuidv7();
      const mutedUntil = raised.muteMs > 0 ? new Date(now.getTime() + raised.muteMs) : null;
      tx.write(sql`insert into app.alert (team_id, id, customer_id, kind, stops, goal_id, approval_id, agent_id, by_person, counted, minutes, muted_until)
        select ${teamId}, ${id}, t.customer_id, ${kind}, ${stops}, ${goalId}, ${approvalId}, ${agentId}, ${report?.person_id ?? null}, ${counted}, ${minutes}, ${mutedUntil} from app.team t where t.team_id = ${teamId}`);
      if (kind === 'reported') await this.audit(tx, 'APPROVAL-REPORTED', { approval_id: approvalId!, alert_id: id, deliverable_id: report!.deliverable_id, digest: report!.digest.toString('hex'), customer_governor_id: person(report!.person_id), stops, ...(mutedUntil ? { muted_until: mutedUntil } : {}) });
      else await this.audit(tx, 'AGENT-PAUSED', { alert_id: id, agent_id: agentId, ...(goalId === null ? {} : { goal_id: goalId }), reason: kind, counted, minutes });
      tx.afterCommit(() => {
        this.log.warn({ teamId, alertId: id, kind, stops, counted }, 'an operator should look at this');
        this.feed.publish({ type: 'alert.raised', data: { teamId, alertId: id, kind, stops } });
      });
    }).catch((error: unknown) => {
      if (!(error instanceof DatabaseError) || error.code !== 'already_exists') throw error;
    });
  }
}

const readReport = (tx: Tx, approvalId: string): Promise<Reported | undefined> =>
  tx.one<Reported>(sql`select a.deliverable_id, a.digest, d.person_id from app.approval a join app.approval_decision d on d.team_id = a.team_id and d.approval_id = a.id and d.report and not ${isUndone} where a.team_id = ${tx.scopeId} and a.id = ${approvalId} order by d.at desc limit 1`);
