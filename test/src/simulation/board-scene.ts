import type { Board, DraftId, MemberId, RunId } from '@countersign/contracts';
import { until } from '@countersign/testing';
import { randomUUID } from 'node:crypto';
import type { WireHouse } from '../wire/house.js';
import type { OriginalClient, Reply } from '../wire/original-client.js';
import type { Event } from './board-history.js';
import type { Person } from './board-model.js';
import type { Players } from './players.js';

const REPOSITORY = { mirror: 'demo', base: 'b'.repeat(40), remote: '/srv/demo.git' };
const [SOON_MS, WITHIN_MS] = [5, 120_000];

/** Two people of one customer, each with a way in of their own. */
export interface Governors {
  readonly ids: readonly [string, string];
  readonly names: readonly [string, string];
  readonly doors: readonly [OriginalClient, OriginalClient];
}

/** Asha's customer gets a second governor. */
export async function twoGovernors(house: WireHouse): Promise<Governors> {
  const [asha] = await house.database.admin<{ id: string; customer: string }>(`select id, customer_id as customer from app.person where login = 'asha'`);
  const ravi = randomUUID();
  await house.database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, 'ravi', 'Ravi', '{customer_governor}')`, [asha!.customer, ravi]);
  return { ids: [asha!.id, ravi], names: ['Asha', 'Ravi'], doors: await signedIn(house) };
}

/** Both, newly signed in. */
export const signedIn = (house: WireHouse): Promise<[OriginalClient, OriginalClient]> => Promise.all([house.as('asha'), house.as('ravi')]);

/** A hired team with a goal that is at work, whose board two people and its members move: people over HTTP, members as the fleet does. */
export class BoardScene {
  private readonly drafts = new Map<string, DraftId>();
  private constructor(
    private readonly house: WireHouse,
    private readonly players: Players,
    private readonly governors: Governors,
    readonly team: string,
    readonly goal: string,
    readonly specialists: readonly MemberId[],
    readonly manager: MemberId,
  ) {}

  static async open(house: WireHouse, players: Players, governors: Governors): Promise<BoardScene> {
    const team = await house.hire();
    await house.database.admin(`insert into app.mirror (customer_id, name, remote, adopted_by) select customer_id, $2, $3, $4 from app.team where team_id = $1 on conflict do nothing`, [team, REPOSITORY.mirror, REPOSITORY.remote, governors.ids[0]]);
    const members = await house.database.admin<{ id: MemberId; skill: string }>(`select id, skill from app.member where team_id = $1 order by skill`, [team]);
    const { status, body } = await governors.doors[0].post(`/v1/teams/${team}/goals`, { text: 'Document the package', effect: { kind: 'file.publish' }, repository: { ...REPOSITORY, branch: `countersign/${team.slice(-8)}` } }, { 'idempotency-key': randomUUID() });
    if (status !== 201) throw new Error(`no goal: ${status} ${JSON.stringify(body)}`);
    const manager = members.find(({ skill }) => skill === 'manager')!;
    return new BoardScene(house, players, governors, team, String(body['id']), members.filter((one) => one !== manager).map(({ id }) => id), manager.id);
  }

  async board(by: OriginalClient | Person): Promise<Board> {
    const { status, body } = await (typeof by === 'number' ? this.governors.doors[by] : by).get(`/v1/teams/${this.team}/board`);
    if (status !== 200) throw new Error(`no board: ${status} ${JSON.stringify(body)}`);
    return body as unknown as Board;
  }

  post(by: Person, path: string, body: object = {}): Promise<Reply> {
    return this.governors.doors[by].post(`/v1/teams/${this.team}/${path}`, body, { 'idempotency-key': randomUUID() });
  }

  put(by: Person, path: string, body: object, version: number): Promise<Reply> {
    return this.governors.doors[by].put(`/v1/teams/${this.team}/${path}`, body, { 'if-match': `"${version}"` });
  }

  /** The member of a task has begun, and hands in what it made. */
  async handIn(task: string): Promise<void> {
    const work = await this.work(task);
    const run: RunId = await this.players.begin(this.team, work);
    this.drafts.set(task, await this.players.handIn(this.team, work, run, `src/${task}.js`, `${task} ${work.round}`));
    await this.taskIs(task, 'review');
  }

  /** The checks of what was handed in have run. */
  async check(task: string, passed: boolean): Promise<void> {
    const work = await this.work(task);
    await this.players.check(this.team, work, this.drafts.get(task)!, passed ? undefined : 'suite-green');
    await this.taskIs(task, passed ? 'approved' : 'assigned', passed ? work.round : work.round + 1);
  }

  async commit(task: string): Promise<void> {
    await this.players.commit(this.team, await this.work(task), this.drafts.get(task)!);
    await this.taskIs(task, 'done');
  }

  /** Time passes for the whole history, also that of its standing still, and then the manager is told to look, as by a message that comes twice. */
  async pass(seconds: number, task: string): Promise<void> {
    for (const set of ['task_event set at = at', 'team set state_changed_at = state_changed_at', 'goal set running_since = running_since']) await this.house.database.admin(`update app.${set} - make_interval(secs => $2) where team_id = $1`, [this.team, seconds]);
    const message = await this.players.sayLook(this.team, await this.work(task));
    await this.seen('the manager has looked', `select 1 from app.inbox where team_id = $1 and msg_id = $2`, [message]);
  }

  /** The rows of the history, in their order. */
  history(): Promise<Event[]> {
    return this.house.database.admin<Event>(`select task_id as task, id, kind, actor, body from app.task_event where team_id = $1 order by at, id`, [this.team]);
  }

  async proposed(): Promise<boolean> {
    return (await this.house.database.admin(`select 1 from app.goal where team_id = $1 and id = $2 and state = 'proposed'`, [this.team, this.goal])).length > 0;
  }

  async inHand(task: string): Promise<boolean> {
    return (await this.house.database.admin(`select 1 from app.task where team_id = $1 and id = $2 and state in ('assigned', 'in_progress')`, [this.team, task])).length > 0;
  }

  /** How often each action about a review stands in the record. */
  async recorded(): Promise<Record<string, number>> {
    const rows = await this.house.database.admin<{ action: string; n: number }>(`select convert_from(payload, 'utf8')::jsonb ->> 'action' as action, count(*)::int as n from audit.entry where team_id = $1 group by 1`, [this.team]);
    return Object.fromEntries(rows.map(({ action, n }) => [action, n]));
  }

  private work(task: string) {
    return this.players.workOn(this.team, task);
  }

  private taskIs(task: string, state: string, round?: number): Promise<unknown> {
    return this.seen(`${task} ${state}`, `select 1 from app.task where team_id = $1 and id = $2 and (state = $3 or ($3 = 'assigned' and state = 'in_progress')) and ($4::int is null or round = $4)`, [task, state, round ?? null]);
  }

  private seen(what: string, query: string, values: readonly unknown[]): Promise<unknown> {
    return until(what, async () => (await this.house.database.admin(query, [this.team, ...values])).length > 0, WITHIN_MS, SOON_MS);
  }
}
