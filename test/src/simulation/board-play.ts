import type { Board, BoardCard } from '@countersign/contracts';
import { expect } from 'expect';
import type { Reply } from '../wire/original-client.js';
import { replay, type Event } from './board-history.js';
import { BoardModel, columnOf, COLUMNS, PEOPLES_MOVES, turnOf, WAYS, type Card, type Column, type Move, type Outcome, type Page, type Person, type WantedMove } from './board-model.js';
import type { BoardScene, Governors } from './board-scene.js';

/** Longer than each patience of the board in turn, and never within a minute of one, however slow the machine is. */
const [A_REMINDER, IGNORED, UNDECIDED] = [4 * 60 + 5, 12 * 60 + 5, 61 * 60 + 5];
const MOST_CARDS = 6;
/** Where a person's move is posted. */
export const PATHS: Readonly<Record<Move, string>> = { request_review: 'request-review', start_review: 'start-review', approve: 'approve', request_changes: 'request-changes', reopen: 'reopen', assign: 'assign', remove: 'remove' };

/** What somebody does next. `choice` decides which of what there is: of the same scene the same number is the same. */
export interface Step {
  readonly who: Person;
  readonly what: 'work' | 'move' | 'add' | 'reviewers' | 'order' | 'pause' | 'time';
  readonly choice: number;
  /** They load the page anew afterwards; otherwise they go on with what they have seen. */
  readonly reloads: boolean;
}

const WEIGHTS: readonly Step['what'][] = ['work', 'work', 'work', 'work', 'move', 'move', 'move', 'move', 'move', 'move', 'move', 'time', 'time', 'reviewers', 'reviewers', 'order', 'add', 'pause'];
export const randomStep = (roll: () => number): Step => ({ who: roll() < 0.5 ? 0 : 1, what: WEIGHTS[Math.floor(roll() * WEIGHTS.length)]!, choice: Math.floor(roll() * 2 ** 30), reloads: roll() < 0.6 });

/** One number, used up choice by choice. */
class Choice {
  constructor(private left: number) {}

  of<T>(list: readonly T[]): T {
    const chosen = list[this.left % list.length]!;
    this.left = Math.floor(this.left / list.length);
    return chosen;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(rest.indexOf(this.of(rest)), 1)[0]!);
  }
}

/** Always the first of what there is. */
const FIRST = new Choice(0);

/** What a person has loaded: the page itself, and the same in the model. */
interface Loaded {
  readonly board: Board;
  readonly page: Page;
}

/** A scene and its model, moved by the same steps, compared after each and after everybody has loaded it anew. */
export class BoardPlay {
  private readonly model = new BoardModel();
  private readonly tasks: string[] = [];
  private pages!: [Loaded, Loaded];
  private began!: Loaded;
  private history: readonly Event[] = [];
  /** What was done, in words. */
  readonly log: string[] = [];

  private constructor(
    private readonly scene: BoardScene,
    private readonly governors: Governors,
    /** Each move with what came of it, each column it was made from, and each refusal, for whoever counts whether all were met. */
    private readonly gone: Map<string, number>,
  ) {}

  static async open(scene: BoardScene, governors: Governors, gone: Map<string, number>): Promise<BoardPlay> {
    const play = new BoardPlay(scene, governors, gone);
    await scene.post(0, 'tasks', { goalId: scene.goal, title: 'Say why' }); // nobody owns it, so that the goal is not proposed meanwhile
    const board = await scene.board(0);
    play.tasks.push(...['in_progress', 'todo'].flatMap((id) => board.columns.find((column) => column.id === id)!.tasks.map((card) => card.id)));
    play.pages = [await play.load(0), await play.load(1)];
    play.began = play.pages[1];
    // what a card's member does with it has no door for people
    for (const move of ['start', 'complete']) expect([move, (await scene.post(0, `tasks/${play.tasks[0]!}/${move}`, { round: 1 })).status]).toEqual([move, 404]);
    await play.compare();
    return play;
  }

  async take(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const done = await this[step.what](step.who, new Choice(step.choice));
      const boards = await this.compare();
      if (done || step.reloads) this.pages[step.who] = { board: boards[step.who], page: this.model.page() };
    }
    await this.end();
    await this.compareRecord();
  }

  /** What dice seldom come to: nobody is named to review, so a card that is done waits there, and is sent back, or put to somebody, from there. */
  async fromDone(): Promise<void> {
    for (const move of ['request_changes', 'request_review'] as const) {
      await this.goOn(this.model.cards[0]!, { wholly: true, sendsBack: false });
      await this.reload();
      await this.send({ move, card: 0, by: 0 });
    }
    await this.compare();
  }

  /** At last everything is finished and approved: the whole result is proposed, and no card of it goes back. */
  private async end(): Promise<void> {
    for (let card = this.unfinished(); card; card = this.unfinished()) {
      if (this.model.paused) await this.pause(0, FIRST);
      else if (card.work === 'nobodys') await this.send({ move: 'remove', card: card.id, by: 0 });
      else if (card.work === 'done') await this.send({ move: 'approve', card: card.id, by: card.request!.of ?? 0 });
      else await this.goOn(card, { wholly: true, sendsBack: false });
      await this.reload();
    }
    if (this.model.paused) await this.pause(0, FIRST);
    await this.send({ move: columnOf(this.model.cards[0]!) === 'approved' ? 'reopen' : 'request_changes', card: 0, by: 0 });
    await this.add(1, FIRST);
    // by the page from before all of this: what was done anew since is not judged
    this.pages[1] = this.began;
    for (const card of [0, 1]) await this.send({ move: 'approve', card, by: 1 });
    await this.compare();
  }

  private async reload(): Promise<void> {
    const boards = await this.compare();
    this.pages = [{ board: boards[0], page: this.model.page() }, { board: boards[1], page: this.model.page() }];
  }

  private unfinished(): Card | undefined {
    return this.model.cards.find(({ work, request }) => work !== 'gone' && (work !== 'done' || request !== undefined));
  }

  /** Members and those who check and commit their work go on with one card: by one thing, or until it is done or sent back. Of a paused goal nobody does: somebody lets it go on. */
  async work(by: Person, choice: Choice): Promise<boolean> {
    if (this.model.paused) return this.pause(by, FIRST);
    const busy = this.model.cards.filter(({ work }) => work !== 'nobodys' && work !== 'done' && work !== 'gone');
    if (busy.length > 0) await this.goOn(choice.of(busy), { wholly: choice.of([true, true, false]), sendsBack: choice.of([true, false, false]) });
    return false;
  }

  private async goOn(card: Card, { wholly, sendsBack }: { readonly wholly: boolean; readonly sendsBack: boolean }): Promise<void> {
    do {
      const sentBack = sendsBack && card.work === 'handed_in' && !card.revised;
      this.say(`its member works on ${card.id}: ${card.work}${sentBack ? ', sent back' : ''}`);
      await this.workOn(card, sentBack);
      this.model.work(card, sentBack);
      if (card.work === 'done') this.count('complete made');
      if (sentBack) break;
    } while (wholly && card.work !== ('done' as Card['work']));
  }

  private workOn({ id, work }: Card, sentBack: boolean): Promise<void> {
    const task = this.tasks[id]!;
    if (work === 'in_hand') return this.scene.handIn(task);
    return work === 'handed_in' ? this.scene.check(task, !sentBack) : this.scene.commit(task);
  }

  async move(by: Person, choice: Choice): Promise<boolean> {
    const cards = this.pages[by].board.columns.flatMap(({ id, tasks }) => tasks.map((card) => ({ ...card, column: id })));
    if (cards.length === 0) return false;
    const seen = choice.of(choice.of([cards.filter((card) => offeredOf(card).length > 0), cards.filter(({ column }) => column !== 'in_progress'), cards].filter((some) => some.length > 0)));
    const move = choice.of(choice.of([offeredOf(seen), offeredOf(seen), fromColumn(seen.column), PEOPLES_MOVES].filter((moves) => moves.length > 0)));
    return this.send(this.wantedMove(move, this.tasks.indexOf(seen.id), by, choice));
  }

  /** As they see the card, on the page that they have loaded. */
  private async send(wanted: WantedMove): Promise<boolean> {
    const { by, move } = wanted;
    const { board, page } = this.pages[by];
    const seen = board.columns.flatMap(({ tasks }) => tasks).find(({ id }) => id === this.tasks[wanted.card])!;
    const column = columnOf(this.model.cards[wanted.card]!);
    const expected = this.model.move(wanted, page);
    if (expected.refusals.length === 0) this.count(`${move} from ${column}`);
    const reply = await this.scene.post(by, `tasks/${seen.id}/${PATHS[move]}`, { round: seen.round, request: seen.review.request, ...this.bodyOf(wanted) });
    const words = { request_review: ` of ${String(wanted.reviewer ?? 'somebody')}`, assign: ` to a ${wanted.to}` }[move as string] ?? '';
    this.count(`${move} ${expected.changed ? 'made' : 'not made'}`);
    return this.came(`${this.governors.names[by]}: ${move} ${wanted.card}${words}, as of round ${seen.round} and ${seen.review.request ? 'a' : 'no'} request`, expected, reply);
  }

  private wantedMove(move: Move, card: number, by: Person, choice: Choice): WantedMove {
    const basis = { move, card, by };
    if (move === 'assign') return { ...basis, to: choice.of(['specialist', 'specialist', 'manager']) };
    if (move === 'request_changes') return { ...basis, note: choice.of(['', 'Shorter, please']) };
    const reviewer = move === 'request_review' ? choice.of([undefined, undefined, undefined, by, by, other(by), 'member' as const]) : undefined;
    return { ...basis, ...(reviewer === undefined ? {} : { reviewer }) };
  }

  private bodyOf({ move, reviewer, note, to, card }: WantedMove): object {
    if (move === 'assign') return { memberId: to === 'manager' ? this.scene.manager : this.scene.specialists[card % this.scene.specialists.length] };
    if (move === 'request_changes') return note === '' ? {} : { comment: note };
    return reviewer === undefined ? {} : { reviewer: this.actorOf(reviewer) };
  }

  async add(by: Person, choice: Choice): Promise<boolean> {
    if (this.model.cards.length >= MOST_CARDS) return false;
    const owned = choice.of([true, false]);
    const expected = this.model.add(owned);
    const reply = await this.scene.post(by, 'tasks', { goalId: this.scene.goal, title: 'Say more', ...(owned ? { memberId: choice.of(this.scene.specialists) } : {}) });
    if (reply.status === 201) this.tasks.push(String(reply.body['id']));
    return this.came(`${this.governors.names[by]}: adds a card ${owned ? 'with' : 'without'} an owner`, expected, reply);
  }

  async reviewers(by: Person, choice: Choice): Promise<boolean> {
    const { board, page } = this.pages[by];
    const named = choice.of<readonly (Person | 'member')[]>([[0], [1], [0, 1], [1, 0], [0], [1], [], ['member']]);
    const reply = await this.scene.put(by, 'board/reviewers', { reviewers: named.map((one) => this.actorOf(one)) }, board.reviewersVersion);
    return this.came(`${this.governors.names[by]}: reviewers ${JSON.stringify(named)}`, this.model.setReviewers(named, page), reply);
  }

  async order(by: Person, choice: Choice): Promise<boolean> {
    const { board, page } = this.pages[by];
    const { id, tasks } = choice.of(board.columns.some((column) => column.tasks.length > 1) ? board.columns.filter((column) => column.tasks.length > 1) : board.columns);
    const wanted = choice.shuffled(tasks.map((card) => card.id)).slice(0, choice.of([9, 9, 1]));
    const twice = wanted.length > 0 && choice.of([true, false, false, false, false]) ? [...wanted, wanted[0]!] : wanted;
    const reply = await this.scene.put(by, 'board/order', { column: id, tasks: twice }, board.version);
    const cards = twice.map((task) => this.tasks.indexOf(task));
    return this.came(`${this.governors.names[by]}: order of ${id} ${JSON.stringify(cards)}`, this.model.setOrder(id, cards, page), reply);
  }

  async pause(by: Person, choice: Choice): Promise<boolean> {
    const paused = choice.of([true, true, true, false]) ? !this.model.paused : this.model.paused;
    const reply = await this.scene.post(by, `goals/${this.scene.goal}/${paused ? 'pause' : 'resume'}`, paused ? { reason: 'Wait.' } : {});
    const { refusals } = this.model.pause(paused);
    return this.came(`${this.governors.names[by]}: ${paused ? 'pauses the goal' : 'lets the goal go on'}`, { refusals, changed: true }, reply);
  }

  async time(_: Person, choice: Choice): Promise<boolean> {
    const seconds = choice.of([A_REMINDER, A_REMINDER, IGNORED, UNDECIDED]);
    this.say(`${Math.floor(seconds / 60)} minutes pass`);
    await this.scene.pass(seconds, this.tasks[0]!);
    this.model.pass(seconds);
    return false;
  }

  /** Whether it came as the model says. True: something was changed. */
  private came(words: string, { refusals, changed }: Outcome, { status, body }: Reply): boolean {
    const code = String(body['code'] ?? '');
    const word = (is: boolean): string => (is ? 'done' : 'so already');
    const actual = status < 300 ? word(body['changed'] !== false) : code;
    const expected = refusals.length === 0 ? word(changed) : refusals.includes(code) ? code : `refused: ${refusals.join(' or ')}`;
    this.say(`${words} → ${actual}`);
    if (code !== '') this.count(code);
    expect(actual).toBe(expected);
    return status < 300 && changed;
  }

  private say(words: string): void {
    this.log.push(words);
  }

  private count(what: string): void {
    this.gone.set(what, (this.gone.get(what) ?? 0) + 1);
  }

  private actorOf(who: Person | 'member'): string {
    return who === 'member' ? `member:${this.scene.specialists[0]!}` : `person:${this.governors.ids[who]}`;
  }

  private async load(who: Person): Promise<Loaded> {
    return { board: await this.scene.board(who), page: this.model.page() };
  }

  /** Everybody loads the board anew: both see what the model says, and so does whoever reads the history from its beginning. */
  private async compare(): Promise<readonly [Board, Board]> {
    const [asha, ravi, history, proposed] = await Promise.all([this.scene.board(0), this.scene.board(1), this.scene.history(), this.scene.proposed()]);
    expect({ proposed }).toEqual({ proposed: this.model.proposed });
    for (const [who, board] of [asha, ravi].entries()) {
      expect(board.columns.map(({ id, tasks }) => ({ id, cards: tasks.map((card) => this.shown(card)) }))).toEqual(COLUMNS.map((id) => ({ id, cards: this.model.column(id).map((card) => this.expected(card)) })));
      expect([board.version, board.reviewers.map(({ id }) => this.personOf(id))]).toEqual([this.model.versions.order, this.model.reviewers]);
      for (const { tasks } of board.columns) for (const card of tasks) this.offers(card, who as Person);
    }
    this.compareHistory(history);
    return [asha, ravi];
  }

  private shown({ id, round, member, review, turn }: BoardCard): object {
    const memberOrPerson = turn.owner === 'member' ? { itsMember: turn.name === member?.name } : turn.name === '' ? {} : { who: this.governors.names.indexOf(turn.name) };
    return {
      card: this.tasks.indexOf(id), round, owned: member !== null, review: review.state, note: review.note, of: review.reviewer && this.personOf(review.reviewer.id), asked: review.request !== null, begun: review.startedAt !== null, reminded: review.nudgedAt !== null,
      turn: { owner: turn.owner, ...memberOrPerson, action: turn.action, queue: turn.queue, anomaly: turn.anomaly },
    };
  }

  private expected(card: Card): object {
    const { id, round, work, verdict, note, request } = card;
    const turn = turnOf(card);
    return {
      card: id, round, owned: work !== 'nobodys', review: request ? 'review' : verdict, note, of: request?.of ?? null, asked: request !== undefined, begun: request?.startedAt !== undefined, reminded: request?.remindedAt !== undefined,
      turn: { ...turn, ...(turn.owner === 'member' ? { itsMember: true } : {}), anomaly: undefined },
    };
  }

  /** A card offers exactly what would come to something; of asking for a review, only that it would. */
  private offers(card: BoardCard, by: Person): void {
    const page = this.model.page();
    const id = this.tasks.indexOf(card.id);
    const would = (move: Move, reviewer?: Person): boolean => this.model.judge({ move, card: id, by, ...(reviewer === undefined ? {} : { reviewer }) }, page).changed;
    const rest = PEOPLES_MOVES.filter((move) => move !== 'request_review');
    expect([id, by, rest.filter((move) => card.moves.includes(move))]).toEqual([id, by, rest.filter((move) => would(move))]);
    if (card.moves.includes('request_review')) expect([id, by, would('request_review') || would('request_review', by)]).toEqual([id, by, true]);
  }

  private compareHistory(history: readonly Event[]): void {
    expect(history.slice(0, this.history.length)).toEqual(this.history); // it only grows
    this.history = history;
    const byTask = Map.groupBy(history, ({ task }) => task);
    for (const card of this.model.cards) {
      const { verdict, work, note, request } = replay(byTask.get(this.tasks[card.id]!) ?? []);
      const of = request?.of;
      expect({ card: card.id, column: columnOf({ work, verdict, ...(request ? { request } : {}) }), verdict, note, of: typeof of === 'string' ? this.personOf(of) : of, begun: request?.begun, reminded: request?.reminded }).toEqual({
        card: card.id, column: columnOf(card), verdict: card.verdict, note: card.note, of: card.request?.of, begun: card.request && card.request.startedAt !== undefined, reminded: card.request && card.request.remindedAt !== undefined,
      });
    }
  }

  /** Each row of the history that is about a review stands in the record, too. */
  private async compareRecord(): Promise<void> {
    const recorded = await this.scene.recorded();
    const ACTIONS = { review_requested: 'TASK-REVIEW-REQUESTED', review_started: 'TASK-REVIEW-STARTED', review_nudged: 'TASK-REVIEW-NUDGED', review_approved: 'TASK-REVIEW-APPROVED', review_changes_requested: 'TASK-CHANGES-REQUESTED', review_removed: 'TASK-APPROVAL-REMOVED', created: 'TASK-CREATED' };
    const count = Object.entries(ACTIONS).map(([kind, action]) => [action, this.history.filter((event) => event.kind === kind).length, recorded[action] ?? 0]);
    for (const [action, happened, entered] of count) expect([action, entered]).toEqual([action, happened]);
  }

  private personOf(actor: string): number {
    return this.governors.ids.findIndex((id) => actor === `person:${id}`);
  }
}

/** What the card offers, and what its column would let somebody do. */
const offeredOf = ({ moves }: BoardCard): Move[] => PEOPLES_MOVES.filter((move) => moves.includes(move));
const fromColumn = (column: Column): Move[] => PEOPLES_MOVES.filter((move) => WAYS[move].from.includes(column));

const other = (who: Person): Person => (who === 0 ? 1 : 0);
