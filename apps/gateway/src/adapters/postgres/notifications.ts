import { TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

/** One push to one device, claimed for sending. */
export interface DueNotification {
  readonly teamId: TeamId;
  readonly id: string;
  readonly approvalId: string;
  readonly personId: string;
  readonly customerId: string;
  readonly deviceId: string;
  /** Tries so far, this one included. */
  readonly attempts: number;
  readonly version: number;
  readonly teamName: string;
  readonly dueAt: Date;
  readonly now: Date;
}

/** A sender that has not answered for this long is taken for dead, and the row is due again. */
const CLAIM_SECONDS = 30;

/** Delivery attempts: rows of their own, append-only ledger in the sense of P1, so no entry goes with them. */
@Injectable()
export class Notifications {
  constructor(private readonly database: Database) {}

  due(): Promise<{ team_id: TeamId; id: string }[]> {
    return this.database.ops('due_notifications');
  }

  /** Takes one row for sending; undefined when another sender has it, or there is nothing to ring about any more. */
  claim(teamId: TeamId, id: string): Promise<DueNotification | undefined> {
    return this.database.withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      return tx.one<DueNotification>(sql`with n as (
          update app.notification set state = case when expires_at <= clock_timestamp() then 'withdrawn' else 'sending' end, attempts = attempts + 1, not_before = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
          where team_id = ${teamId} and id = ${id} and state in ('due', 'sending') and not_before <= clock_timestamp() returning *)
        select n.team_id as "teamId", n.id, n.approval_id as "approvalId", n.person_id as "personId", n.customer_id as "customerId", n.device_id as "deviceId", n.attempts, a.version, t.name as "teamName", a.due_at as "dueAt", clock_timestamp() as now
        from n join app.approval a on a.team_id = n.team_id and a.id = n.approval_id join app.team t on t.team_id = n.team_id where n.state = 'sending' and n.device_id is not null`);
    });
  }

  sent(teamId: TeamId, id: string, providerId: string): Promise<void> {
    return this.write(teamId, sql`update app.notification set state = 'sent', provider_id = ${providerId}, sent_at = clock_timestamp(), last_error = null where team_id = ${teamId} and id = ${id} and state = 'sending'`);
  }

  /** `retryMs` undefined: this was the last try. */
  failed(teamId: TeamId, id: string, error: string, retryMs: number | undefined): Promise<void> {
    return this.write(teamId, sql`update app.notification set state = ${retryMs === undefined ? 'failed' : 'due'}, last_error = ${error.slice(0, 500)}, not_before = clock_timestamp() + make_interval(secs => ${(retryMs ?? 0) / 1000})
      where team_id = ${teamId} and id = ${id} and state = 'sending'`);
  }

  private write(teamId: TeamId, statement: ReturnType<typeof sql>): Promise<void> {
    return this.database.withTeam(teamId, (tx) => {
      tx.ledgerOnly();
      tx.write(statement);
      return Promise.resolve();
    });
  }
}
