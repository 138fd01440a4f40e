import type { Audit } from '@countersign/audit';
import { TeamId, uuidv7, type Channel, type Rung } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT, eachAtOnce, LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { climb, type Climb } from '../../domain/climb.js';
import type { Held } from '../../domain/next-rung.js';
import { capsOf } from '../../domain/plan-ladder.js';
import { quietUntil } from '../../domain/quiet-hours.js';
import { liveChannels, partsOf, personFacts, quietHoursOf, stillAsked, type OfQuestion, type Ringee } from '../../domain/ringee.js';
import { approvalChanged, EventFeed } from '../../event-feed.js';
import { Channels } from '../reach/channels.js';
import { readNow, readYeses } from './approval-rows.js';
import { capsDoc, digestDevices, lockRungLately, readLadder, readRingees, rungDevices, type Ladder, type Question } from './ladder-rows.js';

const AT_ONCE = 4;
const OPEN: readonly string[] = ['pending', 'held'];
/** A ring under way when its question ends is let end: what takes its place must come after it. */
const AFTER_SENDING_MS = 1_000;

/** Climbs the ladders of questions: decides who is rung next, and writes it down. What is written is then sent. */
@Injectable()
export class Ladders {
  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    private readonly feed: EventFeed,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Looks at every ladder whose time has come. What fails is logged and looked at again: one team's trouble is not another's. */
  async climbDue(): Promise<void> {
    const due = await this.database.ops<{ team_id: TeamId; id: string }>('due_ladders');
    await eachAtOnce(due, AT_ONCE, ({ team_id, id }) => this.look(team_id, id).catch((error: unknown) => this.log.error({ err: error, teamId: team_id, approvalId: id }, 'a ladder could not be climbed, to be tried again')));
  }

  /** One look at one ladder; does nothing when another copy was quicker, or there is nothing to do yet. */
  look(teamId: TeamId, id: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const found = await readLadder(tx, id);
      tx.ledgerOnly();
      if (!found?.ladder.due) return;
      const { question, ladder } = found;
      if (!OPEN.includes(question.state)) return this.close(tx, teamId, question);
      if (question.paused || question.state === 'held') return;
      if (ladder.muted_until) return tx.write(sql`update app.ladder set next_at = ${ladder.muted_until} where team_id = ${teamId} and approval_id = ${id}`);
      const [everybody, yeses, policy, now] = await Promise.all([readRingees(tx, question.customer_id), readYeses(tx, id), capsDoc(tx), readNow(tx)]);
      const ringees = stillAsked(everybody, question.need_of, yeses);
      const { available } = this.channels;
      const lately = await lockRungLately(tx, ringees.filter((ringee) => liveChannels(ringee, available).length > 0).map(({ personId }) => personId), id);
      const people = partsOf(ringees, question.customer_id).map(({ ringee, part }) => personFacts(ringee, part, available, ofQuestion(found, ringee), lately.get(ringee.personId)));
      const startedAt = new Date(question.created_at.getTime() + question.frozen_ms);
      const step = climb({ now, startedAt, plan: ladder.plan, caps: capsOf(policy?.ladder ?? undefined), people, escalated: ladder.escalated_at !== null, hurried: ladder.hurried ?? undefined });
      this.write(tx, teamId, question, ringees, step, new Map([...lately].map(([personId, { held }]) => [personId, held])));
      if (step.escalate) await this.escalate(tx, teamId, question, step.escalate);
    });
  }

  private write(tx: Tx, teamId: TeamId, question: Question, ringees: readonly Ringee[], { moves, wakeAt, escalate }: Climb, held: ReadonlyMap<string, number>): void {
    for (const { personId, move } of moves) {
      const ringee = ringees.find((one) => one.personId === personId)!;
      const about = { teamId, approvalId: question.id, personId };
      if (move.do === 'note') tx.write(noted(about, move.rung, move.channel, move.state));
      else if (move.do === 'wait' && move.held) tx.write(heldBack(about, move.held));
      else if (move.do === 'ring') {
        const digest = move.digest ? held.get(personId)! + 1 : undefined;
        // the row is the ring: whoever else decided it, one of us fails here
        tx.writeExpecting(1, 'rung_meanwhile', sql`insert into app.ring (team_id, approval_id, person_id, rung, channel, state, digest) values (${teamId}, ${question.id}, ${personId}, ${move.rung}, ${move.channel}, 'ringing', ${digest ?? null})
          on conflict (team_id, approval_id, person_id, rung, channel) do update set state = 'ringing', digest = excluded.digest, reason = null, at = clock_timestamp(), ended_at = null where app.ring.state in ('held', 'dead')`);
        for (const rung of move.also) tx.write(noted(about, rung, move.channel, 'covered'));
        for (const { deviceId, channel } of addressesOf(ringee, move.channel)) {
          tx.write(sql`insert into app.notification (team_id, id, approval_id, kind, rung, person_id, customer_id, device_id, channel, state, expires_at)
            values (${teamId}, ${uuidv7()}, ${question.id}, ${digest === undefined ? move.rung : 'digest'}, ${move.rung}, ${personId}, ${ringee.customerId}, ${deviceId}, ${channel}, 'due', ${question.due_at})`);
        }
      }
    }
    tx.write(sql`update app.ladder set next_at = ${wakeAt ?? null}, escalated_at = case when ${escalate !== undefined} then clock_timestamp() else escalated_at end where team_id = ${teamId} and approval_id = ${question.id}`);
  }

  private async escalate(tx: Tx, teamId: TeamId, { id, goal_id, deliverable_id, digest }: Question, reason: NonNullable<Climb['escalate']>): Promise<void> {
    tx.write(sql`update app.approval set marks = array_append(marks, 'escalated') where team_id = ${teamId} and id = ${id} and not 'escalated' = any (marks)`);
    await this.audit(tx, 'APPROVAL-ESCALATED', { approval_id: id, deliverable_id, digest: digest.toString('hex'), reason });
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId: id, goalId: goal_id, state: 'pending' })));
  }

  /** What is over rings no more, and takes the place of its own notices, except where it was answered; where quiet hours are, when they end. */
  private async close(tx: Tx, teamId: TeamId, question: Question): Promise<void> {
    const { id } = question;
    const [devices, digests, ringees, now] = await Promise.all([rungDevices(tx, teamId, id), digestDevices(tx, id), readRingees(tx, question.customer_id), readNow(tx)]);
    const of = sql`team_id = ${teamId} and approval_id = ${id}`;
    tx.write(sql`update app.notification set state = 'withdrawn' where ${of} and state = 'due' and kind not in ('resolved', 'inbox')`);
    if (devices.some(({ sending }) => sending)) return tx.write(sql`update app.ladder set next_at = clock_timestamp() + make_interval(secs => ${AFTER_SENDING_MS / 1000}) where ${of}`);
    tx.write(sql`update app.ring set state = 'withdrawn', ended_at = clock_timestamp() where ${of} and state in ('held', 'ringing')`);
    const replaced = [...devices.map((device) => ({ ...device, kind: 'resolved' })), ...digests.map((device) => ({ ...device, kind: 'inbox' }))];
    const quiet = new Map(ringees.map(({ personId, preferences }) => [personId, quietUntil(now, quietHoursOf(preferences))]));
    for (const { kind, person_id, customer_id, device_id, channel } of replaced.filter((one) => one.device_id !== question.device_id)) {
      tx.write(sql`insert into app.notification (team_id, id, approval_id, kind, person_id, customer_id, device_id, channel, state, not_before, expires_at)
        values (${teamId}, ${uuidv7()}, ${id}, ${kind}, ${person_id}, ${customer_id}, ${device_id}, ${channel}, 'due', ${quiet.get(person_id) ?? now}, clock_timestamp() + interval '1 day')`);
    }
    tx.write(sql`update app.ladder set next_at = null, closed_at = clock_timestamp() where ${of}`);
  }
}

const ofQuestion = ({ rings, deferred, rungBefore }: Ladder, { personId }: Ringee): OfQuestion => ({
  tried: rings.filter((ring) => ring.personId === personId),
  deferredUntil: deferred.get(personId),
  rungBefore: rungBefore.has(personId),
});

interface About {
  readonly teamId: TeamId;
  readonly approvalId: string;
  readonly personId: string;
}
const KEY = sql`(team_id, approval_id, person_id, rung, channel)`;
const noted = ({ teamId, approvalId, personId }: About, rung: Rung, channel: Channel, state: 'covered' | 'dead') =>
  sql`insert into app.ring (team_id, approval_id, person_id, rung, channel, state, reason, ended_at) values (${teamId}, ${approvalId}, ${personId}, ${rung}, ${channel}, ${state}, ${state === 'dead' ? 'no_address' : null}, clock_timestamp())
    on conflict ${KEY} do update set state = excluded.state, reason = excluded.reason, ended_at = excluded.ended_at where app.ring.state = 'held'`;
const heldBack = ({ teamId, approvalId, personId }: About, { rung, channel, reason }: Held) =>
  sql`insert into app.ring (team_id, approval_id, person_id, rung, channel, state, reason) values (${teamId}, ${approvalId}, ${personId}, ${rung}, ${channel}, 'held', ${reason})
    on conflict ${KEY} do update set reason = excluded.reason where app.ring.state = 'held'`;

/** Where a ring by a channel goes: every device of theirs, or the one address they gave. */
const addressesOf = ({ devices }: Ringee, channel: Channel): readonly { deviceId: string | null; channel: string }[] =>
  channel === 'push' ? devices.map(({ id, platform }) => ({ deviceId: id, channel: platform })) : [{ deviceId: null, channel }];

