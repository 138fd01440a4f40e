import { firstOf, ONE_GO_MINUTES, PLATFORM_CHAIN, type AccountNotice, type CustomerId, type EscalationState, type EscalationTrigger, type NotificationPreferencesBody, type PersonId, type QuestionAsked, type ReviewAsked, type Role, type TeamId } from '@countersign/contracts';
import { Database, sql, type Statement, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { concern, ofTeam } from '../../domain/account-text.js';
import { quietUntil } from '../../domain/quiet-hours.js';
import { preferencesOf, quietHoursOf } from '../../domain/ringee.js';
import type { Room } from '../../lanes.js';
import { CLAIM_SECONDS } from '../reach/channel.js';
import type { Way } from '../reach/channels.js';
import { readWaiting } from './board.js';
import { readOpenQuestion } from './clarifications.js';

/** One notice at one address, claimed for sending. */
export interface DueAccountNotice {
  readonly customerId: CustomerId;
  readonly id: string;
  readonly personId: string;
  readonly kind: AccountNotice;
  readonly about: string;
  readonly channel: Way;
  readonly deviceId: string | null;
  /** One that stands in no settings any more. */
  readonly address: string | null;
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** What is asked of the person, an escalation too, and which team it is about; null where there is none. */
  readonly askId: string | null;
  readonly teamId: TeamId | null;
}
interface Concerning {
  readonly personId: string;
  readonly kind: AccountNotice;
  /** The device's name. */
  readonly about: string;
  /** Not told: it is what the notice is about. Undefined: all are told. */
  readonly deviceId?: string;
}

/** Who is told this often in an hour gets no more text messages, which cost; by push and mail a device or key is told of always, the database lets none in without. Of addresses by themselves: whoever changes them back and forth silences nothing that is said of a device. */
const MOST_AN_HOUR = 60;
const MOST_OF_ADDRESSES_AN_HOUR = 6;
/** Escalations have a page, and reviews a board; whoever has many made, fills no mailbox with them and silences nothing that is said of a device. */
const MOST_TO_LOOK_AT_AN_HOUR = 60;
const OF_ADDRESSES: readonly AccountNotice[] = ['email_changed', 'phone_changed'];

/** How many of these, or of the others, a person was told within an hour. */
const lately = (tx: Tx, personId: string, ofAddresses: boolean): Statement =>
  sql`(select count(*) from app.account_notice o where o.customer_id = ${tx.scopeId} and o.person_id = ${personId} and o.created_at > clock_timestamp() - interval '1 hour' and (o.kind = any (${OF_ADDRESSES})) = ${ofAddresses} and o.kind !~ '^(escalation|review|question)_')`;

/** That the person `p` was not told too often lately that something of the kind is to be looked at. */
const notTooOften = (like: string): Statement =>
  sql`(select count(*) from app.account_notice o where o.customer_id = p.customer_id and o.person_id = p.id and o.created_at > clock_timestamp() - interval '1 hour' and o.kind like ${like}) < ${MOST_TO_LOOK_AT_AN_HOUR}`;

/** Every way that the person `p` of the context's customer has now. */
const waysOf = (tx: Tx, person: Statement): Statement => sql`
    select d.platform as channel, d.id as device_id from app.device d where d.customer_id = ${tx.scopeId} and d.person_id = ${person} and d.removed_at is null and d.address_gone_at is null
      and (d.platform = 'fcm' or (d.platform = 'webpush' and (d.subscription is not null or d.address like '{%')))
    union all select 'email', null from app.preference f where f.customer_id = ${tx.scopeId} and f.person_id = ${person} and f.doc ->> 'email' is not null
    union all select 'sms', null from app.preference f where f.customer_id = ${tx.scopeId} and f.person_id = ${person} and f.doc ->> 'phone' is not null`;

/** A team of the customer stands still, goes on, or has ended. */
export interface TeamNews {
  readonly teamId: string;
  readonly name: string;
  readonly epoch: number;
  readonly kind: 'team_suspended' | 'team_reactivated' | 'team_over';
  /** Not told: whoever did it knows. */
  readonly exceptId?: PersonId | undefined;
}
/** What must be so of the team `t` where the news of that epoch is told: a suspension also where it is over by now. */
const SO: Readonly<Record<TeamNews['kind'], (epoch: number) => Statement>> = {
  team_suspended: (epoch) => sql`(t.state = 'suspended' and t.epoch = ${epoch} or t.epoch > ${epoch})`,
  team_reactivated: (epoch) => sql`t.state = 'active' and t.epoch >= ${epoch}`,
  team_over: () => sql`t.state in ('completed', 'dissolved', 'archived')`,
};
/** Tells every governor of the customer by every way, once: the rows are named after what they tell, to whom and how, so that there is no second one. */
export const tellOfTeam = (tx: Tx, { teamId, name, epoch, kind, exceptId }: TeamNews): Statement => sql`insert into app.account_notice (customer_id, id, person_id, kind, about, about_team, channel, device_id, state)
  select p.customer_id, md5(concat_ws('|', ${teamId}::text, ${epoch}::text, ${kind}::text, p.id, w.channel, w.device_id))::uuid, p.id, ${kind}::text, ${firstOf(name, 80)}::text, ${teamId}::uuid, w.channel, w.device_id, 'due'
  from app.person p cross join lateral (${waysOf(tx, sql`p.id`)}) w where p.customer_id = ${tx.scopeId} and 'customer_governor' = any (p.roles) and p.id is distinct from ${exceptId ?? null}::uuid on conflict do nothing`;
/** What was not heard yet of the team goes first (`ops.due_account_notices`), so that the last word is what is so; it is tried when the new word would have been. */
const hurryOfTeam = (tx: Tx, teamId: string): Statement =>
  sql`update app.account_notice set not_before = clock_timestamp() where customer_id = ${tx.scopeId} and about_team = ${teamId}::uuid and kind like 'team%' and state = 'due' and not_before > clock_timestamp()`;

/** Tells every governor of the customer that a person approves without reading, once a day: named after person and day, as above. */
export const tellOfHaste = (tx: Tx, hastyId: string, name: string): Statement => sql`insert into app.account_notice (customer_id, id, person_id, kind, about, about_person, channel, device_id, state)
  select p.customer_id, md5(concat_ws('|', ${hastyId}::text, 'approves_hastily', (clock_timestamp() at time zone 'UTC')::date, p.id, w.channel, w.device_id))::uuid, p.id, 'approves_hastily', ${firstOf(name, 80)}::text, ${hastyId}::uuid, w.channel, w.device_id, 'due'
  from app.person p cross join lateral (${waysOf(tx, sql`p.id`)}) w where p.customer_id = ${tx.scopeId} and 'customer_governor' = any (p.roles) on conflict do nothing`;

/** Something that one role has to look at, or did not in time. */
export interface Concern {
  readonly escalationId: string;
  readonly kind: 'escalation_raised' | 'escalation_overdue';
  readonly about: string;
  readonly role: Role;
}
/** Tells who has the role, in the context's customer, by the ways they chose for escalations but never by text message; once, as above. */
export const tellOfEscalation = (tx: Tx, { escalationId, kind, about, role }: Concern): Statement => sql`insert into app.account_notice (customer_id, id, person_id, kind, about, about_ask, channel, device_id, state)
  select p.customer_id, md5(concat_ws('|', ${escalationId}::text, ${kind}::text, p.id, w.channel, w.device_id))::uuid, p.id, ${kind}::text, ${firstOf(about, 80)}::text, ${escalationId}::uuid, w.channel, w.device_id, 'due'
  from app.person p cross join lateral (${waysOf(tx, sql`p.id`)}) w left join app.preference f on f.customer_id = p.customer_id and f.person_id = p.id
  where p.customer_id = ${tx.scopeId} and ${role}::text = any (p.roles) and w.channel <> 'sms'
    and coalesce(f.doc #> '{channels,escalation}', '["push", "email"]') ? (case w.channel when 'email' then 'email' else 'push' end)
    and ${notTooOften('escalation%')} on conflict do nothing`;

/** A person is asked to review something, or reminded of it, or anybody may review it, or is asked what a member wants to know. */
interface Ask {
  readonly id: string;
  readonly teamId: TeamId;
  readonly teamName: string;
  readonly kind: 'review_asked' | 'review_reminded' | 'review_escalated' | 'question_asked';
  /** Undefined: every governor. */
  readonly personId?: string;
}
/** Tells governors by the ways they chose for questions, or for reminders, but never by text message, when their quiet hours are over; once, as above. A reminder takes the place of what was not sent by the same way. */
async function tellAsked(tx: Tx, { id, teamId, teamName, kind, personId }: Ask): Promise<void> {
  const people = await tx.read<{ id: string; doc: Partial<NotificationPreferencesBody> | null; now: Date }>(sql`select p.id, f.doc, clock_timestamp() as now from app.person p left join app.preference f on f.customer_id = p.customer_id and f.person_id = p.id
    where p.customer_id = ${tx.scopeId} and (${personId ?? null}::uuid is null or p.id = ${personId ?? null}::uuid) and 'customer_governor' = any (p.roles)`);
  for (const { id: person, doc, now } of people) {
    const preferences = preferencesOf(doc);
    const channels = preferences.channels[kind === 'review_reminded' ? 'reminder' : 'approval'];
    tx.write(sql`insert into app.account_notice (customer_id, id, person_id, kind, about, about_team, about_ask, channel, device_id, state, not_before)
      select p.customer_id, md5(concat_ws('|', ${id}::text, ${kind}::text, p.id, w.channel, w.device_id))::uuid, p.id, ${kind}::text, ${firstOf(ofTeam(teamId, teamName), 80)}::text, ${teamId}::uuid, ${id}::uuid, w.channel, w.device_id, 'due', coalesce(${quietUntil(now, quietHoursOf(preferences)) ?? null}::timestamptz, clock_timestamp())
      from app.person p cross join lateral (${waysOf(tx, sql`p.id`)}) w
      where p.customer_id = ${tx.scopeId} and p.id = ${person} and w.channel <> 'sms' and (case w.channel when 'email' then 'email' else 'push' end) = any (${[...channels]}) and ${notTooOften(kind === 'question_asked' ? 'question%' : 'review%')} on conflict do nothing`);
    if (kind === 'review_reminded') tx.write(sql`update app.account_notice a set state = 'withdrawn' where a.customer_id = ${tx.scopeId} and a.person_id = ${person} and a.about_ask = ${id}::uuid and a.kind = 'review_asked' and a.state = 'due'
      and exists (select from app.account_notice r where r.customer_id = a.customer_id and r.person_id = a.person_id and r.about_ask = a.about_ask and r.kind = ${kind}::text and r.channel = a.channel and r.device_id is not distinct from a.device_id)`);
  }
}

/** Tells a person of something by every way that is theirs now, whatever they said about channels and quiet hours. */
export const tellOfDevice = (tx: Tx, { personId, kind, about, deviceId }: Concerning): Statement => sql`insert into app.account_notice (customer_id, id, person_id, kind, about, channel, device_id, state)
  select ${tx.scopeId}::uuid, gen_random_uuid(), ${personId}::uuid, ${kind}::text, ${about}::text, w.channel, w.device_id, 'due' from (${waysOf(tx, sql`${personId}::uuid`)}) w
  where (${deviceId ?? null}::uuid is null or w.device_id is distinct from ${deviceId ?? null}::uuid) and (w.channel <> 'sms' or ${lately(tx, personId, false)} < ${MOST_AN_HOUR})`;

/** The same of a new key, except where the device it is on was added in the same go. */
export const tellOfKey = (tx: Tx, personId: string, deviceId: string): Promise<void> =>
  tx.one<{ name: string }>(sql`select name from app.device where customer_id = ${tx.scopeId} and id = ${deviceId} and created_at < clock_timestamp() - make_interval(mins => ${ONE_GO_MINUTES})`).then((device) => {
    if (device) tx.write(tellOfDevice(tx, { personId, kind: 'key_added', about: device.name, deviceId }));
  });

/** Tells an address that it is a person's no more. */
export const tellOldAddress = (tx: Tx, personId: string, kind: 'email_changed' | 'phone_changed', address: string): Statement =>
  sql`insert into app.account_notice (customer_id, id, person_id, kind, about, channel, address, state)
    select ${tx.scopeId}::uuid, gen_random_uuid(), ${personId}::uuid, ${kind}::text, '', ${kind === 'email_changed' ? 'email' : 'sms'}::text, ${address}::text, 'due' where ${lately(tx, personId, true)} < ${MOST_OF_ADDRESSES_AN_HOUR}`;

interface EscalationOwner {
  readonly customer_id: CustomerId | null;
  readonly to_role: Role;
  readonly trigger: EscalationTrigger;
  readonly state: EscalationState;
  readonly team_name: string | null;
}
/** A question rings by its own ladder, to the end; that a team stands still is told as such. */
const TOLD_OTHERWISE: Readonly<Record<'raised' | 'overdue', readonly EscalationTrigger[]>> = { raised: ['deliverable_ready', 'team_suspended'], overdue: ['deliverable_ready'] };

/** Deliveries of what people are told of their own account: rows written with the change they tell of. */
@Injectable()
export class AccountNotices {
  constructor(private readonly database: Database) {}

  /** A team's governors hear once that it stands still, once that it goes on, and once that it has ended. */
  async tellOfTeam(teamId: TeamId, epoch: number, kind: TeamNews['kind'], exceptId?: PersonId): Promise<void> {
    const team = await this.database.withTeam(teamId, (tx) => tx.one<{ customer_id: CustomerId; name: string }>(sql`select t.customer_id, t.name from app.team t where t.team_id = ${teamId} and ${SO[kind](epoch)}`));
    if (!team) return;
    await this.database.withCustomer(team.customer_id, async (tx) => {
      tx.ledgerOnly();
      tx.write(hurryOfTeam(tx, teamId));
      tx.write(tellOfTeam(tx, { teamId, name: team.name, epoch, kind, exceptId }));
      await Promise.resolve();
    });
  }

  /** Who has to look hears so; when it is late, so does the platform's governor. What is resolved by then is not told any more. */
  async tellOfEscalation(escalationId: string, what: 'raised' | 'overdue'): Promise<void> {
    const row = await this.openEscalation(escalationId);
    if (!row || TOLD_OTHERWISE[what].includes(row.trigger)) return;
    const about = concern(row.trigger, row.team_name);
    for (const role of new Set<Role>(what === 'overdue' ? [row.to_role, 'platform_governor'] : [row.to_role])) {
      const home = role === 'customer_governor' ? row.customer_id : (PLATFORM_CHAIN as CustomerId);
      if (home !== null) await this.within(home, (tx) => Promise.resolve(tx.write(tellOfEscalation(tx, { escalationId, kind: `escalation_${what}`, about, role }))));
    }
  }

  private async openEscalation(escalationId: string): Promise<EscalationOwner | undefined> {
    const [row] = await this.database.ops<EscalationOwner>('owner_of_escalation', escalationId);
    return row?.state === 'resolved' ? undefined : row;
  }

  /** Whoever is asked to review hears so, and once more that they are reminded; not who has decided, begun or been relieved by then. Where nobody is left to be asked, all who govern do. */
  async tellOfReview(teamId: TeamId, { request, what }: ReviewAsked): Promise<void> {
    const kind = `review_${what}` as const;
    const asked = await this.reviewAsked(teamId, request, kind);
    if (asked) await this.within(asked.customerId, (tx) => tellAsked(tx, { ...asked, id: request, teamId, kind }));
  }

  /** The customer's governors hear that a member waits for an answer; not of a question that is answered or over by then. */
  async tellOfQuestion(teamId: TeamId, { questionId }: QuestionAsked): Promise<void> {
    const asked = await this.database.withTeam(teamId, (tx) => readOpenQuestion(tx, questionId));
    if (asked) await this.within(asked.customerId, (tx) => tellAsked(tx, { ...asked, id: questionId, teamId, kind: 'question_asked' }));
  }

  /** Of a request that still waits for the person whom it names, and in the case of a reminder has not been begun; without a person when it waits for anybody. */
  private async reviewAsked(teamId: TeamId, request: string, kind: AccountNotice): Promise<{ readonly customerId: CustomerId; readonly teamName: string; readonly personId?: string } | undefined> {
    const waiting = await this.database.withTeam(teamId, (tx) => readWaiting(tx, request));
    if (waiting?.cycle.request !== request) return undefined;
    const { active, cycle: { reviewer, startedAtMs }, ...of } = waiting;
    // said also while the team stands still: nothing more is said of it when that is over
    if (kind === 'review_escalated') return reviewer === null ? of : undefined;
    if (!active || !reviewer?.startsWith('person:') || (kind === 'review_reminded' && startedAtMs !== null)) return undefined;
    return { ...of, personId: reviewer.slice('person:'.length) };
  }

  /** Whether what it tells of still is asked of the person, or still is to be looked at: quiet hours and an address that does not answer can hold a notice for longer than that. */
  async stillSo({ askId, teamId, kind, personId }: DueAccountNotice): Promise<boolean> {
    if (askId === null) return true;
    if (teamId === null) return (await this.openEscalation(askId)) !== undefined; // what no team asks
    if (kind === 'question_asked') return (await this.database.withTeam(teamId, (tx) => readOpenQuestion(tx, askId))) !== undefined;
    const asked = await this.reviewAsked(teamId, askId, kind);
    return asked !== undefined && (asked.personId ?? personId) === personId;
  }

  due(room: Room): Promise<{ customer_id: CustomerId; id: string; channel: Way }[]> {
    return this.database.ops('due_account_notices', ...room);
  }

  /** Takes one for sending; undefined when another sender has it. */
  claim(customerId: CustomerId, id: string): Promise<DueAccountNotice | undefined> {
    return this.within(customerId, (tx) =>
      tx.one<DueAccountNotice>(sql`update app.account_notice set state = 'sending', attempts = attempts + 1, not_before = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
        where customer_id = ${customerId} and id = ${id} and state in ('due', 'sending') and not_before <= clock_timestamp()
        returning customer_id as "customerId", id, person_id as "personId", kind, about, channel, device_id as "deviceId", address, attempts, about_team as "teamId", about_ask as "askId"`),
    );
  }

  sent({ customerId, id }: DueAccountNotice, providerId: string): Promise<void> {
    return this.end(customerId, sql`update app.account_notice set state = 'sent', provider_id = ${providerId}, sent_at = clock_timestamp(), last_error = null, address = null where customer_id = ${customerId} and id = ${id} and state = 'sending'`);
  }

  /** `retryMs` undefined: this was the last try. */
  failed({ customerId, id }: DueAccountNotice, error: string, retryMs: number | undefined): Promise<void> {
    const address = retryMs === undefined ? sql`null` : sql`address`;
    return this.end(customerId, sql`update app.account_notice set state = ${retryMs === undefined ? 'failed' : 'due'}, last_error = ${firstOf(error, 500)}, address = ${address}, not_before = clock_timestamp() + make_interval(secs => ${(retryMs ?? 0) / 1000})
      where customer_id = ${customerId} and id = ${id} and state = 'sending'`);
  }

  /** What it tells of is over: nobody is told. */
  withdraw({ customerId, id }: DueAccountNotice): Promise<void> {
    return this.end(customerId, sql`update app.account_notice set state = 'withdrawn', attempts = attempts - 1 where customer_id = ${customerId} and id = ${id} and state = 'sending'`);
  }

  /** It was no try: somebody takes it up again in so long. */
  giveBack({ customerId, id }: DueAccountNotice, ms: number): Promise<void> {
    return this.end(customerId, sql`update app.account_notice set state = 'due', attempts = attempts - 1, not_before = clock_timestamp() + make_interval(secs => ${ms / 1000}) where customer_id = ${customerId} and id = ${id} and state = 'sending'`);
  }

  private end(customerId: CustomerId, outcome: Statement): Promise<void> {
    return this.within(customerId, (tx) => Promise.resolve(tx.write(outcome)));
  }

  private within<T>(customerId: CustomerId, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.withCustomer(customerId, (tx) => {
      tx.ledgerOnly();
      return work(tx);
    });
  }
}
