import type { ApprovalId, Channel, CustomerId, DeliveryView, ReachView, RingState, Rung, TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { eachAtOnce } from '@countersign/service';
import { Injectable } from '@nestjs/common';
import { People } from './people.js';
import { iso, isoOrNull } from './pages.js';

interface ReachRow {
  readonly person_id: string;
  readonly rung: Rung;
  readonly channel: Channel;
  readonly state: RingState;
  readonly reason: string | null;
  readonly at: Date;
  readonly digest: number | null;
}

interface DeliveryRow extends Omit<DeliveryView, 'device' | 'at'> {
  readonly person_id: string;
  readonly rung: Rung;
  readonly device_id: string | null;
  readonly at: Date;
}
const CHANNEL_OF: Readonly<Record<DeliveryView['by'], Channel>> = { fcm: 'push', webpush: 'push', email: 'email', sms: 'sms' };

const AT_ONCE = 4;

/** How people were reached about a question: each step at each person by each channel, with what became of it. */
@Injectable()
export class Reach {
  constructor(
    private readonly database: Database,
    private readonly people: People,
  ) {}

  async read(teamId: TeamId, id: ApprovalId): Promise<ReachView> {
    const [rows, sent, ladder] = await this.database.withTeam(teamId, (tx) =>
      Promise.all([
        tx.read<ReachRow>(sql`select person_id, rung, channel, state, reason, at, digest from app.ring where team_id = ${teamId} and approval_id = ${id} order by at, rung, channel`),
        tx.read<DeliveryRow>(sql`select person_id, rung, device_id, channel as by, state, coalesce(sent_at, not_before) as at, attempts, last_error as code from app.notification
          where team_id = ${teamId} and approval_id = ${id} and rung is not null and kind <> 'resolved' and channel <> 'in_app' order by id`),
        tx.one<{ next_at: Date | null; customer_id: CustomerId }>(sql`select next_at, customer_id from app.ladder where team_id = ${teamId} and approval_id = ${id}`),
      ]),
    );
    const devices = ladder === undefined ? new Map<string, string>() : await this.devicesOf(ladder.customer_id, sent);
    const deliveries = (ring: ReachRow): DeliveryView[] =>
      sent.filter((one) => one.person_id === ring.person_id && one.rung === ring.rung && CHANNEL_OF[one.by] === ring.channel)
        .map(({ by, state, attempts, code, device_id, at }) => ({ by, state, attempts, code, device: devices.get(device_id ?? '') ?? null, at: iso(at) }));
    const ids = [...new Set(rows.map(({ person_id }) => person_id))];
    const names = new Map(await Promise.all(ids.map(async (one) => [one, (await this.people.byId(one))?.displayName ?? 'somebody'] as const)));
    return {
      rings: rows.map((row) => {
        const { person_id, at, ...ring } = row;
        return { ...ring, person: names.get(person_id)!, who: ids.indexOf(person_id), at: iso(at), deliveries: deliveries(row) };
      }),
      nextAt: isoOrNull(ladder?.next_at ?? null),
    };
  }

  /** Has every open question of a customer looked at again: how one of its people wants to be reached, or can be, has changed, and what was held waits by the old wishes. */
  async lookAgain(customerId: string): Promise<void> {
    const open = await this.database.ops<{ team_id: TeamId; id: string }>('open_ladders', customerId);
    await eachAtOnce(open, AT_ONCE, ({ team_id, id }) =>
      this.database.withTeam(team_id, (tx) => {
        tx.ledgerOnly();
        tx.write(sql`update app.ladder set next_at = clock_timestamp() where team_id = ${team_id} and approval_id = ${id} and closed_at is null`);
        return Promise.resolve();
      }),
    );
  }

  /** What devices are called; of the customer's own people alone. */
  private async devicesOf(customerId: CustomerId, sent: readonly DeliveryRow[]): Promise<ReadonlyMap<string, string>> {
    const ids = [...new Set(sent.flatMap(({ device_id }) => device_id ?? []))];
    const rows = await this.database.withCustomer(customerId, (tx) => tx.read<{ id: string; name: string }>(sql`select id, name from app.device where customer_id = ${tx.scopeId} and id = any (${ids}::uuid[])`));
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}
