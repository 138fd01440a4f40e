import type { ApprovalDetail, DraftId, EscalationTrigger, GoalEffectBody, GoalState, RecordedKind, RunId, TeamId } from '@countersign/contracts';
import { sql } from '@countersign/database';
import { Approver, until } from '@countersign/testing';
import { createHash, randomUUID } from 'node:crypto';
import type { StoredEntry } from '../stack/checklist.js';
import type { WireHouse } from '../wire/house.js';
import { Door } from './door.js';
import type { Players, Work } from './players.js';
import { linesOf, type Keyed, type Named } from './trail.js';

const REPOSITORY = { mirror: 'demo', base: 'b'.repeat(40), remote: '/srv/demo.git' };
const SOON = 20;
/** On a machine that is busy. */
const WITHIN_MS = 120_000;

/** With an agent of a member at work, or with a question that waits. */
export type Held = 'work' | 'question';
export interface Members {
  /** They have come to where they wait. */
  wait(): boolean;
  goOn(): void;
  stop(): Promise<void>;
}

/** A team at work, as its customer drives it over HTTP and its members are played. */
export class TeamPlay {
  private goal = '';
  /** Where in the chain the newest goal begins. */
  private from = 0;
  private constructor(
    private readonly house: WireHouse,
    private readonly players: Players,
    private readonly door: Door,
    private readonly approver: Approver,
    readonly team: string,
    private readonly phone: string,
    readonly deviceId: string,
  ) {}

  /** Hires a shipped team for the customer. */
  static async hire(house: WireHouse, players: Players): Promise<TeamPlay> {
    const team = await house.hire();
    await house.database.admin(`insert into app.mirror (customer_id, name, remote, adopted_by) select customer_id, $2, $3, (select id from app.person where login = 'asha') from app.team where team_id = $1 on conflict do nothing`, [team, REPOSITORY.mirror, REPOSITORY.remote]);
    const [door, phone] = [new Door(house), `phone-${team}`];
    const approver = new Approver({ get: <T>(path: string) => door.get<T>(path), post: <T>(path: string, body: object) => door.post<T>('asha', path, body) }, { name: 'Phone', platform: 'fcm', address: phone });
    const { id: deviceId } = await approver.register();
    const play = new TeamPlay(house, players, door, approver, team, phone, deviceId);
    await play.keysCount();
    return play;
  }

  private keysCount(): Promise<unknown> {
    return until('the executor has pinned the key', async () => (await this.house.database.admin(`select 1 from app.approver_key where effective_from is null`)).length === 0, WITHIN_MS, SOON);
  }

  /** What others will see is approved with a passkey alone. */
  async enrolPasskey(): Promise<void> {
    await this.approver.enrolPasskey();
    await this.keysCount();
  }

  async submit({ repair = false, text = 'Document the package', effect = { kind: 'file.publish' } as GoalEffectBody } = {}): Promise<void> {
    const body = { text, effect, repository: { ...REPOSITORY, branch: `countersign/${randomUUID().slice(0, 8)}` }, ...(repair ? { repair: { check: 'npm test', candidates: [{ path: 'a.js', find: 'a', replace: 'b' }] } } : {}) };
    this.from = await this.length();
    this.goal = (await this.door.post<{ id: string }>('asha', `/v1/teams/${this.team}/goals`, body)).id;
  }

  goalIs(state: GoalState): Promise<unknown> {
    return this.seen(`goal ${state}`, `select 1 from app.goal where team_id = $1 and id = $2 and state = $3`, [this.goal, state]);
  }

  /** Waits for a task to stand so, in this round where one is named. */
  taskIs(key: string, state: string, round?: number): Promise<unknown> {
    return this.seen(`${key} ${state}`, `select 1 from app.task where team_id = $1 and goal_id = $2 and key = $3 and state = $4 and ($5::int is null or round = $5)`, [this.goal, key, state, round ?? null]);
  }

  /** One round of a task: taken up, handed in, checked; committed where every check passed, sent back where one did not, or a person's where it is flagged. */
  async round(key: string, { failing, flagged = false, path = `src/${key}.js` }: { failing?: string; flagged?: boolean; path?: string } = {}): Promise<void> {
    const { work, run } = await this.takeUp(key);
    const draft = await this.players.handIn(this.team, work, run, path, `${key} ${work.round}`);
    await this.taskIs(key, 'review');
    await this.players.check(this.team, work, draft, failing);
    if (failing !== undefined) return void (await (flagged ? this.taskIs(key, 'blocked') : this.taskIs(key, 'assigned', work.round + 1)));
    await this.taskIs(key, 'approved');
    await this.players.commit(this.team, work, draft);
    await this.taskIs(key, 'done');
  }

  /** A member begins, and its manager has seen that: in rounds of its own, which need not be waited for, as any word about the work has it look. */
  private async takeUp(key: string): Promise<{ work: Work; run: RunId }> {
    await this.taskIs(key, 'assigned');
    const work = await this.players.work(this.team, this.goal, key);
    const run = await this.players.begin(this.team, work);
    await this.players.sayLook(this.team, work);
    await this.taskIs(key, 'in_progress');
    return { work, run };
  }

  /** A member begins a round and its attempts end without a draft. */
  async crash(key: string): Promise<void> {
    const { work, run } = await this.takeUp(key);
    await this.players.fail(this.team, work, run);
    await this.taskIs(key, 'assigned', work.round + 1);
  }

  /** A member begins a round with an agent, whose calls to a model cost so much, in millionths of a dollar. */
  async spends(key: string, calls: readonly number[]): Promise<void> {
    await this.taskIs(key, 'assigned');
    const run = await this.players.spawn(this.team, await this.players.work(this.team, this.goal, key));
    for (const usdMicros of calls) await this.players.spend(this.team, run, usdMicros);
  }

  /** A member works; what it would hand in comes when this is called. */
  async atWork(key: string): Promise<() => Promise<unknown>> {
    const { work, run } = await this.takeUp(key);
    return () => this.players.handIn(this.team, work, run, `src/${key}.js`, 'late');
  }

  /**
   * Members and customer do of themselves what is theirs to do, whatever the goal has come to, until they are stopped: a round is taken up,
   * handed in, checked and committed, and what is asked is approved. What a suspended team's fence refuses is tried again.
   * `waitsAt`: there they wait, with an agent that runs or a question that is open, until they may go on.
   */
  membersAtWork(waitsAt?: Held): Members {
    let [over, held, waits] = [false, waitsAt, false];
    const holds = (at: Held): boolean => {
      waits ||= held === at;
      return held === at;
    };
    const work = (async () => {
      while (!over) {
        const did = await this.doNext(holds).catch(toleratingTheFence);
        if (!did) await new Promise((resolve) => setTimeout(resolve, SOON));
      }
    })();
    return {
      wait: () => waits,
      goOn: () => { held = undefined; },
      stop: async () => {
        over = true;
        await work;
      },
    };
  }

  private async doNext(holds: (at: Held) => boolean): Promise<boolean> {
    const tasks = await this.house.database.admin<{ key: string; state: string; run: RunId | null; draft: DraftId | null; checked: boolean }>(
      `select t.key, t.state, r.id as run, d.id as draft, exists (select from app.check_run c where c.team_id = d.team_id and c.draft_id = d.id) as checked from app.task t
       left join app.worker_run r on r.team_id = t.team_id and r.task_id = t.id and r.round = t.round and r.epoch = t.epoch and r.state = 'running'
       left join app.draft d on d.team_id = t.team_id and d.task_id = t.id and d.round = t.round and d.state = 'submitted'
       where t.team_id = $1 and t.goal_id = $2 and t.state in ('assigned', 'in_progress', 'review', 'approved') order by t.ordinal`, [this.team, this.goal]);
    for (const { key, state, run, draft, checked } of tasks) {
      const work = await this.players.work(this.team, this.goal, key);
      if (draft === null && state === 'approved') continue; // committed; the manager has yet to hear of it
      if (draft !== null && checked && state !== 'approved') continue; // the manager reviews it
      if (draft === null && run !== null && holds('work')) continue;
      if (draft === null && run === null) await this.players.spawn(this.team, work);
      else if (draft === null) await this.handIn(work, run!, key);
      else if (state === 'approved') await this.players.commit(this.team, work, draft);
      else await this.players.check(this.team, work, draft);
      return true;
    }
    const [question] = await this.house.database.admin<{ id: string }>(`select id from app.approval where team_id = $1 and goal_id = $2 and state = 'pending'`, [this.team, this.goal]);
    if (!question || holds('question')) return false;
    await this.decide('approve');
    return true;
  }

  private async handIn(work: Work, run: RunId, key: string): Promise<void> {
    await this.players.handIn(this.team, work, run, `src/${key}.js`, `${key} ${work.round}`);
    await this.players.ended(this.team, run);
  }

  /** What a team that stands still must not have: agents that run, money that is held for them, questions of the gate. */
  async leftBehind(): Promise<object> {
    const [left] = await this.house.database.admin<object>(`select (select count(*)::int from app.instance where team_id = $1 and state in ('queued', 'running')) as running,
      (select coalesce(sum(held), 0)::int from app.budget where team_id = $1 and kind = 'instance') as held, (select count(*)::int from app.gate_approval where team_id = $1 and state = 'pending' and request -> 'move' is null) as questions`, [this.team]);
    return left!;
  }

  /** What the newest goal has come to, for whoever has to find out why it does not go on. */
  async standing(): Promise<unknown> {
    const [row] = await this.house.database.admin<{ standing: unknown }>(`select json_build_object('goal', (select row_to_json(g) from (select state, paused_at, note, epoch from app.goal where id = $2) g),
      'tasks', (select json_agg(row(key, state, round, epoch, notes)) from app.task where goal_id = $2), 'drafts', (select json_agg(row(d.round, d.state, d.created_at)) from app.draft d join app.task k on k.id = d.task_id where k.goal_id = $2),
      'approvals', (select json_agg(row(state, epoch, marks, due_at)) from app.approval where goal_id = $2), 'effects', (select json_agg(row(state, code)) from app.effect where goal_id = $2),
      'alerts', (select json_agg(row(kind, stops, at)) from app.alert where team_id = $1), 'team', (select row(state, epoch)::text from app.team where team_id = $1)) as standing`, [this.team, this.goal]);
    return row!.standing;
  }

  async openQuestions(): Promise<number> {
    return (await this.house.database.admin(`select 1 from app.approval where team_id = $1 and goal_id = $2 and (state = 'pending' or (state = 'approved' and not exists (select from app.approval_use u where u.team_id = approval.team_id and u.approval_id = approval.id)))`, [this.team, this.goal])).length;
  }

  async isOver(): Promise<boolean> {
    return (await this.house.database.admin(`select 1 from app.goal where team_id = $1 and id = $2 and state = 'done'`, [this.team, this.goal])).length === 1;
  }

  /** What the customer is asked. */
  async asked(): Promise<ApprovalDetail> {
    const { id } = await this.seen<{ id: string }>('a question', `select id from app.approval where team_id = $1 and goal_id = $2 and state = 'pending'`, [this.goal]);
    return this.door.get(`/v1/approvals/${id}`);
  }

  /** On the phone: the bytes are hashed there, and a yes is signed over them. */
  async decide(decision: 'approve' | 'deny' | 'request_changes', reason?: string): Promise<string> {
    const { id, version, digest } = await this.hashed();
    const assertion = decision === 'approve' ? { assertion: await this.approver.sign(id, digest) } : {};
    await this.door.post('asha', `/v1/approvals/${id}/decision`, { decision, digest, ...assertion, ...(reason === undefined ? {} : { reason }) }, { 'if-match': `"${version}"` });
    return id;
  }

  private async hashed(): Promise<{ readonly id: string; readonly version: number; readonly digest: string }> {
    const { id, version } = await this.asked();
    const manifest = await fetch(`${this.house.url}/v1/approvals/${id}/manifest`, { headers: { authorization: `Bearer ${await this.house.token('asha')}` } });
    return { id, version, digest: createHash('sha256').update(new Uint8Array(await manifest.arrayBuffer())).digest('hex') };
  }

  /** Uses a yes once more, with the rights of the executor. */
  useAgain(approvalId: string): Promise<unknown> {
    return this.house.database.as('executor').withTeam(this.team as TeamId, async (tx) => {
      tx.ledgerOnly();
      const digest = await tx.one<{ digest: Buffer }>(sql`select digest from app.approval where team_id = ${this.team} and id = ${approvalId}`);
      await tx.read(sql`select sec.use_approval(${approvalId}, ${digest!.digest})`);
    });
  }

  /** What the phone got about an approval. */
  async pushes(approvalId: string): Promise<object[]> {
    const { items } = await this.door.get<{ items: { token: string; message: { data?: { id?: string } } }[] }>('/dev/push');
    return items.filter(({ token, message }) => token === this.phone && message.data?.id === approvalId);
  }

  private seen<T extends object>(what: string, query: string, values: readonly unknown[]): Promise<T> {
    return until(what, async () => (await this.house.database.admin<T>(query, [this.team, ...values]))[0], WITHIN_MS, SOON);
  }

  move(persona: string, verb: string, reason = ''): Promise<unknown> {
    return this.door.post(persona, `/v1/teams/${this.team}/${verb}`, { reason });
  }

  /** The vision guardian says that the team does what it must not; that stops it. */
  flag(): Promise<unknown> {
    return this.record('guardian', 'ethics_violation', 'It writes what it must not.');
  }

  /** Somebody writes down what no row shows. */
  record(persona: string, kind: RecordedKind, words: string): Promise<unknown> {
    return this.door.post(persona, `/v1/teams/${this.team}/incidents`, { kind, words });
  }

  askHelpdesk(text: string): Promise<{ answer?: string; text?: string }> {
    return this.door.post('asha', `/v1/teams/${this.team}/helpdesk/messages`, { text });
  }

  leaveNote(text: string): Promise<unknown> {
    return this.door.post('asha', `/v1/teams/${this.team}/helpdesk/notes`, { text });
  }

  private async length(): Promise<number> {
    return (await this.house.database.admin<{ n: number }>(`select coalesce(max(seq) + 1, 0)::int as n from audit.entry where team_id = $1`, [this.team]))[0]!.n;
  }

  /** How many entries there are of the newest goal. */
  async come(): Promise<number> {
    return (await this.length()) - this.from;
  }

  /** The actions of the record since the newest goal was submitted. */
  async actions(): Promise<string[]> {
    return (await this.chain(this.from)).map(({ action }) => action);
  }

  /** The record since the first goal was submitted, in lines. */
  async trail(): Promise<string[]> {
    const members = await this.house.database.admin<Named>(`select id, name from app.member where team_id = $1`, [this.team]);
    const entries = await this.chain();
    const tasks = await this.house.database.admin<Keyed>(`select id, key from app.task where team_id = $1`, [this.team]);
    return linesOf(entries.slice(entries.findIndex(({ action }) => action === 'GOAL-SUBMITTED')), members, tasks);
  }

  /**
   * What of the newest goal's effects was late: begun while the team stood still, or named there by the record without having been started
   * before. One that was begun before cannot be taken back, and what became of it is recorded when it is known, whatever became of the team.
   */
  async lateEffects(): Promise<string[]> {
    const chain = await this.chain(this.from);
    const [stop, back] = ['TEAM-SUSPENDED', 'TEAM-REACTIVATED'].map((action) => chain.findIndex((entry) => entry.action === action)) as [number, number];
    const startedBefore = new Set(chain.slice(0, stop).filter(({ action }) => action === 'EFFECT-STARTED').map(({ body }) => body['effect_id']));
    const named = chain.slice(stop, back).filter(({ body }) => body['effect_id'] !== undefined && !startedBefore.has(body['effect_id'])).map(({ action }) => action);
    const effects = await this.house.database.admin<{ begun: Date }>(`select begun_at as begun from app.effect where team_id = $1 and goal_id = $2 and begun_at is not null`, [this.team, this.goal]);
    const begun = effects.filter(({ begun: at }) => at > new Date(chain[stop]!.at) && at < new Date(chain[back]!.at)).map(({ begun: at }) => `begun at ${at.toISOString()}`);
    return [...named, ...begun];
  }

  /** The bodies of the entries of an action. */
  async entries(action: string): Promise<StoredEntry['body'][]> {
    return (await this.chain()).filter((entry) => entry.action === action).map(({ body }) => body);
  }

  /** Waits until the gate has raised this; returns each time that it did, as recorded. */
  raised(trigger: EscalationTrigger): Promise<StoredEntry['body'][]> {
    return until(`${trigger} raised`, async () => {
      const raised = (await this.entries('ESCALATION-RAISED')).filter((body) => body['trigger'] === trigger);
      return raised.length > 0 && raised;
    }, WITHIN_MS, SOON);
  }

  /** Waits until the gate has looked at the team once more: it finds the question that waits. */
  async lookedAgain(): Promise<void> {
    const { id } = await this.asked();
    await until('the gate has found the question', async () => (await this.raised('deliverable_ready')).some((body) => body['subject'] === id), WITHIN_MS);
  }

  /** Waits until the record has such an entry. */
  async recorded(action: string): Promise<void> {
    await until(action, async () => (await this.entries(action)).length > 0);
  }

  private async chain(from = 0): Promise<StoredEntry[]> {
    const rows = await this.house.database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 and seq >= $2 order by seq`, [this.team, from]);
    return rows.map(({ payload }) => JSON.parse(payload.toString('utf8')) as StoredEntry);
  }
}

/** A stopped team takes nothing, and what was begun before it was is not its work any more. */
const FENCED = /team_not_active|stale_epoch|withdrawn|superseded\b|already_decided|approval_not_pending|stale_version/;
function toleratingTheFence(error: unknown): boolean {
  const words = `${(error as { code?: string }).code ?? ''} ${(error as Error).message}`;
  if (!FENCED.test(words)) throw error;
  return false;
}
