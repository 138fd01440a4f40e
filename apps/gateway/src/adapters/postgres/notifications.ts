import { firstOf, type ApprovalState, type TeamId } from '@countersign/contracts';
import { Database, sql, type Statement, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import type { RingKind } from '../../domain/ring-text.js';
import type { Room } from '../../lanes.js';
import { CLAIM_SECONDS } from '../reach/channel.js';
import type { Way } from '../reach/channels.js';
import { newestHead } from './newest-head.js';

/** One ring at one address, claimed for sending. */
export interface DueNotification {
  readonly teamId: TeamId;
  readonly id: string;
  readonly approvalId: string;
  readonly kind: RingKind | 'digest' | 'inbox';
  readonly rung: string | null;
  readonly personId: string;
  readonly customerId: string;
  /** Whose question it is: somebody else is told nothing of what it is about. */
  readonly ofCustomer: string;
  readonly deviceId: string | null;
  readonly channel: Way;
  /** Tries so far, this one included. */
  readonly attempts: number;
  readonly version: number;
  readonly teamName: string;
  readonly title: string;
  readonly state: ApprovalState;
  readonly decidedBy: string | null;
  readonly digest: number | null;
  readonly dueAt: Date;
  /** When its ring began, where it is one of a ladder, which waits for what comes of it. */
  readonly rungAt: Date | null;
  /** It rings also in quiet hours. */
  readonly critical: boolean;
  readonly now: Date;
  /** The newest signed head of the team's record. */
  readonly head: string | null;
}

/** That there is nothing to ring about any more, in the question \`q\` of a row. */
const OVER = sql`(expires_at <= clock_timestamp() or (kind not in ('resolved', 'inbox') and (select q.state from q) not in ('pending', 'held')))`;

/** Delivery attempts: rows of their own, append-only ledger in the sense of P1, so no entry goes with them. */
@Injectable()
export class Notifications {
  constructor(private readonly database: Database) {}

  due(room: Room): Promise<{ team_id: TeamId; id: string; channel: Way }[]> {
    return this.database.ops('due_notifications', ...room);
  }

  /** Takes one row for sending; undefined when another sender has it, or there is nothing to ring about any more. */
  claim(teamId: TeamId, id: string): Promise<DueNotification | undefined> {
    return this.database.withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      return tx.one<DueNotification>(sql`with q as (select a.* from app.approval a where a.team_id = ${teamId} and a.id = (select approval_id from app.notification where team_id = ${teamId} and id = ${id})),
        n as (update app.notification set state = case when ${OVER} then 'withdrawn' else 'sending' end, attempts = attempts + case when ${OVER} then 0 else 1 end, not_before = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
          where team_id = ${teamId} and id = ${id} and state in ('due', 'sending') and not_before <= clock_timestamp() returning *)
        select n.team_id as "teamId", n.id, n.approval_id as "approvalId", n.kind, n.rung, n.person_id as "personId", n.customer_id as "customerId", n.device_id as "deviceId", n.channel, n.attempts, q.version, t.name as "teamName", q.title, q.state, q.customer_id as "ofCustomer",
          q.decided_by as "decidedBy", case n.kind when 'inbox' then ops.told_and_waiting(n.person_id)::int else r.digest end as digest, q.due_at as "dueAt", r.at as "rungAt", n.rung is not null and coalesce((l.plan ->> 'critical')::boolean, false) as critical, clock_timestamp() as now, ${newestHead} as head
        from n cross join q join app.team t on t.team_id = n.team_id left join app.ladder l on l.team_id = n.team_id and l.approval_id = n.approval_id
          left join app.ring r on r.team_id = n.team_id and r.approval_id = n.approval_id and r.person_id = n.person_id and r.rung = n.rung and r.channel = case n.channel when 'email' then 'email' when 'sms' then 'sms' else 'push' end where n.state = 'sending'`);
    });
  }

  /** One address reached is a person reached: the ladder goes on with that at once. */
  sent(due: DueNotification, providerId: string): Promise<void> {
    return this.end(due, sql`update app.notification set state = 'sent', provider_id = ${providerId}, sent_at = clock_timestamp(), last_error = null where team_id = ${due.teamId} and id = ${due.id} and state = 'sending'`);
  }

  /** `retryMs` undefined: this was the last try. When no address of a ring is left to try, the ring is dead and the ladder goes on at once. */
  failed(due: DueNotification, error: string, retryMs: number | undefined): Promise<void> {
    return this.end(due, sql`update app.notification set state = ${retryMs === undefined ? 'failed' : 'due'}, last_error = ${firstOf(error, 500)}, not_before = clock_timestamp() + make_interval(secs => ${(retryMs ?? 0) / 1000})
      where team_id = ${due.teamId} and id = ${due.id} and state = 'sending'`);
  }

  /** It was no try: somebody takes it up again in so long. */
  giveBack(due: DueNotification, ms: number): Promise<void> {
    return this.database.withTeam(due.teamId, async (tx) => {
      tx.ledgerOnly();
      await Promise.resolve(tx.write(givenBack(due, ms)));
    });
  }

  /**
   * It came into quiet hours: a ring of a ladder that has reached nobody is held like one that was decided in them, once nothing of it is
   * being sent, and what of it was taken up meanwhile with it; anything else comes when they end.
   */
  holdUntil(due: DueNotification, until: Date): Promise<void> {
    const of = sql`team_id = ${due.teamId} and approval_id = ${due.approvalId} and person_id = ${due.personId} and rung = ${due.rung}`;
    return this.database.withTeam(due.teamId, async (tx) => {
      tx.ledgerOnly();
      await lockLadder(tx, due);
      const ring = await tx.one<{ sending: boolean }>(sql`select exists (select from app.notification where ${of} and id <> ${due.id} and state = 'sending') as sending from app.ring where ${of} and state in ('ringing', 'held')`);
      if (ring === undefined) return tx.write(givenBack(due, until.getTime() - due.now.getTime()));
      if (ring.sending) return tx.write(givenBack(due, AFTER_SENDING_MS));
      tx.write(sql`update app.notification set state = 'withdrawn', attempts = attempts - case state when 'sending' then 1 else 0 end, last_error = 'quiet_hours', not_before = clock_timestamp() where ${of} and (state = 'due' or state = 'sending' and id = ${due.id})`);
      tx.write(sql`update app.ring set state = 'held', reason = 'quiet_hours', digest = null, at = clock_timestamp() where ${of} and state = 'ringing'`);
      tx.write(sql`update app.ladder set next_at = least(next_at, ${until}::timestamptz) where team_id = ${due.teamId} and approval_id = ${due.approvalId} and closed_at is null`);
    });
  }

  private end(due: DueNotification, outcome: Statement): Promise<void> {
    return this.database.withTeam(due.teamId, async (tx) => {
      tx.ledgerOnly();
      await lockLadder(tx, due);
      tx.write(outcome);
      if (due.rung !== null) tx.write(endRing(due));
    });
  }
}

/** What of a ring is being sent is let end before the rest of it is held. */
const AFTER_SENDING_MS = 1_000;
const givenBack = ({ teamId, id }: DueNotification, ms: number): Statement =>
  sql`update app.notification set state = 'due', attempts = attempts - 1, not_before = clock_timestamp() + make_interval(secs => ${ms / 1000}) where team_id = ${teamId} and id = ${id} and state = 'sending'`;
const lockLadder = (tx: Tx, { teamId, approvalId }: DueNotification): Promise<unknown> => tx.read(sql`select 1 from app.ladder where team_id = ${teamId} and approval_id = ${approvalId} for update`);

/** What a ring came to, from its deliveries: reached by one, dead when all have failed, else still under way. */
const endRing = ({ teamId, approvalId, personId, rung }: DueNotification): Statement => sql`with d as (
    select bool_or(n.state = 'sent') as reached, bool_or(n.state in ('due', 'sending')) as open, min(n.last_error) as error from app.notification n
    where n.team_id = ${teamId} and n.approval_id = ${approvalId} and n.person_id = ${personId} and n.rung = ${rung} and n.kind <> 'resolved' and n.state in ('sent', 'due', 'sending', 'failed')),
  r as (update app.ring set state = case when d.reached then 'reached' else 'dead' end, reason = case when d.reached then null else d.error end, ended_at = clock_timestamp() from d
    where team_id = ${teamId} and approval_id = ${approvalId} and person_id = ${personId} and rung = ${rung} and state = 'ringing' and (d.reached or not d.open) returning 1)
  update app.ladder set next_at = clock_timestamp() where team_id = ${teamId} and approval_id = ${approvalId} and closed_at is null and exists (select from r)`;
