import { DEFAULT_TEAM_POLICY, escalationOf, type EscalationTrigger, type Role } from '@countersign/contracts';
import { patiently, until } from '@countersign/testing';
import { expect } from 'expect';
import { randomUUID } from 'node:crypto';
import type { StoredEntry } from '../stack/checklist.js';
import type { WireHouse } from '../wire/house.js';

/** What each of them is. */
const ROLE = { asha: 'customer_governor', gov: 'platform_governor', genesis: 'genesis', architect: 'systems_architect', guardian: 'vision_guardian' } as const satisfies Record<string, Role>;
export type Authority = keyof typeof ROLE;
const AUTHORITIES = Object.keys(ROLE) as Authority[];
/** Who is shown nothing of it: somebody of another customer, and an operator. */
const OTHERS = ['ben', 'ops'];
/** Of these their authority hears as of what they are, and not once more as of something to look at. */
const TOLD_OTHERWISE: readonly EscalationTrigger[] = ['deliverable_ready', 'team_suspended'];
/** On a machine that is busy; a look comes every five seconds. */
const WITHIN_MS = 120_000;

interface Escalation {
  readonly id: string;
  readonly toRole: string;
  readonly state: string;
  readonly minutes: number;
}
interface Told {
  readonly notice: string;
  readonly login: string;
  readonly token: string;
  readonly state: string;
}
interface Push {
  readonly token: string;
  readonly message: { readonly data: { readonly id: string }; readonly notification?: { readonly body: string } };
}
interface Raised {
  readonly to: Authority;
  readonly team: string;
  readonly trigger: EscalationTrigger;
  /** How often it is on record that it is over. */
  over: number;
}

/** What each authority is shown, told and asked to look at, on a phone of its own; of the gate's every raising the whole way from its row to that phone. */
export class Authorities {
  private readonly raisings: Raised[] = [];
  private readonly tokens = new Map<string, Promise<string>>();

  private constructor(private readonly house: WireHouse) {}

  static async enter(house: WireHouse): Promise<Authorities> {
    const authorities = new Authorities(house);
    for (const persona of AUTHORITIES) await authorities.post(persona, '/v1/devices', { name: 'Phone', platform: 'fcm', address: `own-${persona}` });
    return authorities;
  }

  /** What was raised here, each as it is named. */
  get triggers(): EscalationTrigger[] {
    return this.raisings.map(({ trigger }) => trigger);
  }

  async post<T>(persona: string, path: string, body: object = {}): Promise<T> {
    return (await this.ask(persona, 'POST', path, body)).json() as Promise<T>;
  }

  async ask(persona: string, method: string, path: string, body?: object): Promise<Response> {
    const token = this.tokens.get(persona) ?? this.house.token(persona);
    this.tokens.set(persona, token);
    const headers = { authorization: `Bearer ${await token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const response = await patiently(() => fetch(this.house.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }));
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** The entries of one action about one thing. */
  async entries(team: string, action: string, of: object): Promise<StoredEntry['body'][]> {
    const rows = await this.house.database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 order by seq`, [team]);
    const entries = rows.map(({ payload }) => JSON.parse(payload.toString('utf8')) as StoredEntry).filter((entry) => entry.action === action).map(({ body }) => body);
    return entries.filter((body) => Object.entries(of).every(([name, value]) => body[name] === value));
  }

  /**
   * Waits until it is raised. Then it stands there once: in its row, with the time that its authority has; in the record, with its
   * figures; on the page of its authority alone; and on the phone of its authority alone. Returns the record's entry.
   */
  async raised(to: Authority, team: string, trigger: EscalationTrigger, figures: object = {}): Promise<StoredEntry['body']> {
    const role = ROLE[to];
    const { triggerMinutes, slaMinutes } = DEFAULT_TEAM_POLICY.escalation;
    const [row] = await until(`${trigger} raised`, async () => { const rows = await this.rows(team, trigger); return rows.length > 0 && rows; }, WITHIN_MS);
    expect([trigger, row]).toEqual([trigger, { id: row!.id, toRole: role, state: 'open', minutes: triggerMinutes[trigger] ?? slaMinutes[role] }]);
    const [entry] = await this.entries(team, 'ESCALATION-RAISED', { escalation_id: row!.id });
    expect(entry).toMatchObject({ trigger, to_role: role, counted: expect.any(String), figures });
    this.raisings.push({ to, team, trigger, over: 0 });
    if (!TOLD_OTHERWISE.includes(trigger)) await until(`${to} is told of ${trigger}`, async () => { const told = await this.told(row!.id); return told.length > 0 && told.every(({ state }) => state === 'sent'); }, WITHIN_MS);
    await this.toldOnce(to, row!.id, trigger);
    for (const persona of [...AUTHORITIES, ...OTHERS]) expect([trigger, persona, await this.isShown(persona, row!.id)]).toEqual([trigger, persona, persona === to]);
    return entry!;
  }

  /** Waits until it is over by itself, which is on record, and nobody has to look at it any more. */
  async over(team: string, trigger: EscalationTrigger): Promise<void> {
    expect([trigger, escalationOf(trigger).clears]).toEqual([trigger, true]);
    const [row] = await until(`${trigger} over`, async () => { const rows = await this.rows(team, trigger); return rows.every(({ state }) => state === 'resolved') && rows; }, WITHIN_MS);
    const raising = this.raisings.find((one) => one.team === team && one.trigger === trigger)!;
    raising.over++;
    expect(await this.entries(team, 'ESCALATION-RESOLVED', { escalation_id: row!.id })).toEqual([{ escalation_id: row!.id, resolution: 'over' }]);
    expect(await this.isShown(raising.to, row!.id)).toBe(false);
  }

  /** That it is not raised of this team, or not any more. */
  async nothingOf(team: string, ...triggers: readonly EscalationTrigger[]): Promise<void> {
    for (const trigger of triggers) expect([trigger, (await this.rows(team, trigger)).filter(({ state }) => state !== 'resolved')]).toEqual([trigger, []]);
  }

  /** Everything that was raised here is on record once, is over as often as it was, and was told once; and nothing at all was raised twice of one cause. */
  async onceEach(): Promise<void> {
    for (const { to, team, trigger, over } of this.raisings) {
      const [row, ...others] = await this.rows(team, trigger);
      expect([trigger, others]).toEqual([trigger, []]);
      expect([trigger, (await this.entries(team, 'ESCALATION-RAISED', { trigger })).length]).toEqual([trigger, 1]);
      expect([trigger, (await this.entries(team, 'ESCALATION-RESOLVED', { escalation_id: row!.id })).length]).toEqual([trigger, over]);
      await this.toldOnce(to, row!.id, trigger);
    }
    expect(await this.house.database.admin(`select team_id, trigger, subject from app.escalation group by team_id, trigger, subject having count(*) > 1`)).toEqual([]);
  }

  /** Each phone of the authority got it once, in its words, and nobody else’s did. */
  private async toldOnce(to: Authority, id: string, trigger: EscalationTrigger): Promise<void> {
    const told = await this.told(id);
    if (TOLD_OTHERWISE.includes(trigger)) return void expect([trigger, told]).toEqual([trigger, []]);
    expect([trigger, [...new Set(told.map(({ login }) => login))]]).toEqual([trigger, [to]]);
    expect(new Set(told.map(({ token }) => token)).size).toBe(told.length);
    const { items } = (await (await fetch(`${this.house.url}/dev/push`)).json()) as { items: Push[] };
    const pushes = items.filter(({ message }) => told.some(({ notice }) => notice === message.data.id));
    expect([trigger, pushes.map(({ token }) => token).sort()]).toEqual([trigger, told.map(({ token }) => token).sort()]);
    for (const push of pushes) expect(push.message.notification?.body).toContain(escalationOf(trigger).words);
  }

  private rows(team: string, trigger: EscalationTrigger): Promise<Escalation[]> {
    return this.house.database.admin(`select id, to_role as "toRole", state, round(extract(epoch from due_at - raised_at) / 60)::int as minutes from app.escalation where team_id = $1 and trigger = $2`, [team, trigger]);
  }

  private told(escalation: string): Promise<Told[]> {
    return this.house.database.admin(`select n.id as notice, p.login, d.address as token, n.state from app.account_notice n join app.person p on p.id = n.person_id left join app.device d on d.id = n.device_id
      where n.about_ask = $1 and n.kind = 'escalation_raised'`, [escalation]);
  }

  private async isShown(persona: string, id: string): Promise<boolean> {
    const { items } = (await (await this.ask(persona, 'GET', '/v1/escalations')).json()) as { items: { id: string }[] };
    return items.some((one) => one.id === id);
  }
}
