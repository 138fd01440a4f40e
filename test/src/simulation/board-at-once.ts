import type { Board, BoardCard } from '@countersign/contracts';
import { expect } from 'expect';
import type { WireHouse } from '../wire/house.js';
import type { Reply } from '../wire/original-client.js';
import { replay, type Event } from './board-history.js';
import { columnOf, COLUMNS, PEOPLES_MOVES, WAYS, type Column, type Move, type Person } from './board-model.js';
import { PATHS } from './board-play.js';
import { signedIn, type BoardScene, type Governors } from './board-scene.js';

interface Scene {
  readonly house: WireHouse;
  readonly scene: BoardScene;
  readonly governors: Governors;
  readonly roll: () => number;
  readonly rounds: number;
}
/** Which rows of the history a person's move leaves. */
const LEFT: Readonly<Record<string, Move>> = { review_requested: 'request_review', review_started: 'start_review', review_approved: 'approve', review_changes_requested: 'request_changes', review_removed: 'reopen', owner_set: 'assign' };

/** What a person was told that it came to. */
interface Taken {
  readonly by: Person;
  readonly task: string;
  readonly move: Move;
}
interface Ordered {
  readonly version: number;
  readonly column: string;
  readonly tasks: readonly string[];
}
interface Named {
  readonly version: number;
  readonly reviewers: readonly string[];
}

/**
 * Two people and three members act on one board at the same time, for so many rounds, each person by the page that they loaded some time ago. Then
 * everybody signs in and loads it anew: all boards are one, it is the one that the history says, and the history holds what each was told was done, and nothing else.
 */
export async function atOnce(all: Scene): Promise<void> {
  const agents = await agentsOf(all.scene);
  const [asha, ravi] = [new Actor(all, 0), new Actor(all, 1)];
  await duels(all, agents, [asha, ravi]);
  let over = false;
  const work = agents.map((task) => goOn(all.scene, task, () => over));
  await Promise.all([asha.act(), ravi.act()]).finally(() => { over = true; });
  await Promise.all(work);
  await oneBoard(all, [asha, ravi]);
}

/** The two tasks that were planned, one for the third member, and one that nobody owns, so that the goal is not proposed meanwhile. */
async function agentsOf(scene: BoardScene): Promise<string[]> {
  await scene.post(0, 'tasks', { goalId: scene.goal, title: 'Say why' });
  const third = await scene.post(0, 'tasks', { goalId: scene.goal, title: 'Mend it', memberId: scene.specialists[1]! });
  const { columns } = await scene.board(0);
  const inHand = columns.find(({ id }) => id === 'in_progress')!.tasks.map(({ id }) => id);
  expect(inHand).toEqual([inHand[0], inHand[1], third.body['id']]);
  return inHand;
}

/** A member does each round that it is given. */
async function goOn(scene: BoardScene, task: string, over: () => boolean): Promise<void> {
  while (!over()) {
    if (await scene.inHand(task)) await round(scene, task);
    else await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
async function round(scene: BoardScene, task: string): Promise<void> {
  await scene.handIn(task);
  await scene.check(task, true);
  await scene.commit(task);
}

/** Both do something else to one thing that both see alike: one of them does it, and the other hears why not. */
async function duels({ scene }: Scene, agents: readonly string[], [asha, ravi]: readonly [Actor, Actor]): Promise<void> {
  const [task, ...others] = agents as [string, ...string[]];
  await round(scene, task);
  await Promise.all([asha.load(), ravi.load()]);
  const lost = async (both: readonly Promise<Reply>[]): Promise<unknown[]> => (await Promise.all(both)).filter(({ status }) => status >= 300).map(({ status, body }) => [status, body['code']]);
  expect(await lost([asha.order('in_progress', others), ravi.order('in_progress', others.toReversed())])).toEqual([[412, 'stale_version']]);
  expect(await lost([asha.name(['0', '1']), ravi.name(['1', '0'])])).toEqual([[412, 'stale_version']]);
  await Promise.all([asha.load(), ravi.load()]);
  // each takes the review: whoever has it already changes nothing, unless the other was faster and has taken what they had
  const late = await lost([asha.move(task, 'request_review', { own: true }), ravi.move(task, 'request_review', { own: true })]);
  expect([[], [[412, 'stale_version']]]).toContainEqual(late);
}

/** A person before a page. */
class Actor {
  readonly taken: Taken[] = [];
  readonly ordered: Ordered[] = [];
  readonly named: Named[] = [];
  readonly refused = new Map<string, number>();
  private board!: Board;

  constructor(
    private readonly all: Scene,
    private readonly who: Person,
  ) {}

  async load(): Promise<void> {
    this.board = await this.all.scene.board(this.who);
  }

  /** Loads now and then; otherwise goes on with what there was. */
  async act(): Promise<void> {
    const { roll, rounds } = this.all;
    for (let n = 0; n < rounds; n++) {
      if (n === 0 || roll() < 0.6) await this.load();
      const dice = roll();
      if (dice < 0.12) await this.orderSomething();
      else if (dice < 0.2) await this.name(any(roll, [['0'], ['1'], ['0', '1'], []]));
      else await this.moveSomething();
    }
  }

  private async moveSomething(): Promise<void> {
    const { roll } = this.all;
    const movable = this.board.columns.flatMap(({ tasks }) => tasks).filter(({ member }) => member !== null);
    const card = any(roll, movable);
    const offered = card.moves.filter((move): move is Move => PEOPLES_MOVES.includes(move as Move));
    const move = offered.length > 0 && roll() < 0.85 ? any(roll, offered) : any(roll, PEOPLES_MOVES.filter((one) => one !== 'assign' && one !== 'remove'));
    await this.move(card.id, move, { own: roll() < 0.5 });
  }

  async move(task: string, move: Move, { own }: { readonly own: boolean }): Promise<Reply> {
    const card = this.card(task);
    const reply = await this.all.scene.post(this.who, `tasks/${task}/${PATHS[move]}`, { round: card.round, request: card.review.request, ...(move === 'request_review' && own ? { reviewer: `person:${this.all.governors.ids[this.who]}` } : {}) });
    if (this.went(reply) && reply.body['changed'] === true) this.taken.push({ by: this.who, task, move });
    return reply;
  }

  private async orderSomething(): Promise<void> {
    const { id, tasks } = any(this.all.roll, this.board.columns);
    await this.order(id, tasks.map((card) => card.id).reverse());
  }

  async order(column: string, tasks: readonly string[]): Promise<Reply> {
    const { version } = this.board;
    const reply = await this.all.scene.put(this.who, 'board/order', { column, tasks }, version);
    if (this.went(reply)) this.ordered.push({ version, column, tasks });
    return reply;
  }

  async name(people: readonly string[]): Promise<Reply> {
    const reviewers = people.map((n) => `person:${this.all.governors.ids[Number(n) as Person]}`);
    const version = this.board.reviewersVersion;
    const reply = await this.all.scene.put(this.who, 'board/reviewers', { reviewers }, version);
    if (this.went(reply)) this.named.push({ version, reviewers });
    return reply;
  }

  private card(task: string): BoardCard {
    return this.board.columns.flatMap(({ tasks }) => tasks).find(({ id }) => id === task)!;
  }

  /** A refusal is an answer; a failure is none. */
  private went({ status, body }: Reply): boolean {
    if (status >= 300) {
      expect([status, body['code'], [403, 409, 412, 422].includes(status)]).toEqual([status, body['code'], true]);
      this.refused.set(String(body['code']), (this.refused.get(String(body['code'])) ?? 0) + 1);
    }
    return status < 300;
  }
}

const any = <T>(roll: () => number, list: readonly T[]): T => list[Math.floor(roll() * list.length)]!;

async function oneBoard({ house, scene, governors }: Scene, actors: readonly [Actor, Actor]): Promise<void> {
  const again = await signedIn(house);
  const boards = await Promise.all([scene.board(0), scene.board(1), scene.board(again[0]), scene.board(again[1])]);
  const plain = boards.map(({ columns, ...rest }) => ({ ...rest, columns: columns.map(({ tasks, ...column }) => ({ ...column, tasks: tasks.map(({ moves: _, ...card }) => card) })) }));
  for (const board of plain.slice(1)) expect(board).toEqual(plain[0]);
  const history = await scene.history();
  const byTask = Map.groupBy(history, ({ task }) => task);
  expect(boards[0].columns.flatMap(({ id, tasks }) => tasks.map((card) => [card.id, id, card.review.reviewer?.id ?? null, card.review.startedAt !== null])).sort()).toEqual(
    [...byTask].map(([task, events]) => { const { request, ...rest } = replay(events); return [task, columnOf({ ...rest, ...(request ? { request } : {}) }), request?.of ?? null, request?.begun ?? false]; }).sort());
  for (const events of byTask.values()) byTheTable(events, governors);
  whatTheyWereTold(history, governors, actors);
  orders(boards[0], actors);
}

/** Each move of a person was one of the table, from where the card was then, and not of what was asked of another. */
function byTheTable(events: readonly Event[], { ids }: Governors): void {
  for (const [index, { kind, actor }] of events.entries()) {
    const move = LEFT[kind];
    if (move === undefined || !ids.includes(actor)) continue;
    const { request, ...rest } = replay(events.slice(0, index));
    const column = columnOf({ ...rest, ...(request ? { request } : {}) });
    expect([move, WAYS[move].from.includes(column as Column)]).toEqual([move, true]);
    const mine = request === undefined || request.of === null || request.of === `person:${actor}` || move === 'request_review';
    expect([move, actor, mine]).toEqual([move, actor, true]);
  }
}

/** What each was told was done stands in the history, each once; nothing else does in their name. */
function whatTheyWereTold(history: readonly Event[], { ids }: Governors, actors: readonly [Actor, Actor]): void {
  const line = (by: string, task: string, move: string): string => `${by} ${task} ${move}`;
  const stands = history.filter(({ kind, actor }) => LEFT[kind] !== undefined && ids.includes(actor)).map(({ kind, actor, task }) => line(actor, task, LEFT[kind]!));
  const told = actors.flatMap(({ taken }) => taken).map(({ by, task, move }) => line(ids[by], task, move));
  expect(told.sort()).toEqual(stands.sort());
  expect(told.length).toBeGreaterThan(0);
}

/** Of one version there was one successor, whatever was asked for at once; what was said last holds. */
function orders(board: Board, actors: readonly [Actor, Actor]): void {
  const ordered = actors.flatMap((actor) => actor.ordered).sort((a, b) => a.version - b.version);
  expect(ordered.map(({ version }) => version)).toEqual(ordered.map((_, index) => index));
  expect(board.version).toBe(ordered.length);
  for (const column of COLUMNS) {
    const last = ordered.filter((one) => one.column === column).at(-1)?.tasks ?? [];
    const here = board.columns.find(({ id }) => id === column)!.tasks.map(({ id }) => id);
    expect([column, here.filter((id) => last.includes(id))]).toEqual([column, last.filter((id) => here.includes(id))]);
  }
  const named = actors.flatMap((actor) => actor.named).sort((a, b) => a.version - b.version);
  expect(new Set(named.map(({ version }) => version)).size).toBe(named.length);
  expect(board.reviewers.map(({ id }) => id)).toEqual(named.at(-1)!.reviewers);
}
