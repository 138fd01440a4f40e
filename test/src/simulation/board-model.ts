/**
 * A team's board as its documents say it goes (columns, moves and their guards, who is asked to review, whose turn it is), written
 * from them and not from the code that does it. It imports nothing, so that no mistake is made twice. Two people govern; agents do the work.
 */
export type Person = 0 | 1;
export const COLUMNS = ['todo', 'in_progress', 'review', 'done', 'approved'] as const;
export type Column = (typeof COLUMNS)[number];
export const PEOPLES_MOVES = ['request_review', 'start_review', 'approve', 'request_changes', 'reopen', 'assign', 'remove'] as const;
export type Move = (typeof PEOPLES_MOVES)[number];

const MINUTES = 60;
/** The obligation to pick a review up: reminded once, then it is another's; and another's when who began does not decide. */
const [REMIND_AFTER, IGNORED_AFTER, UNDECIDED_AFTER, AN_HOUR] = [3 * MINUTES, 10 * MINUTES, 60 * MINUTES, 60 * MINUTES];
const MOST_REMINDERS_AN_HOUR = 2;

/** One request for a review; a later one is another, and nothing of an earlier counts for it. */
interface Request {
  readonly id: number;
  /** Null: anybody's who governs. */
  readonly of: Person | null;
  /** Who was asked before, since the work was done. */
  readonly before: readonly Person[];
  readonly at: number;
  startedAt?: number;
  remindedAt?: number;
}
export interface Card {
  readonly id: number;
  /** `nobodys`: it waits for an owner. `handed_in`, `good`: its manager checks it, and has found it good. `gone`: it has left the board. */
  work: 'nobodys' | 'in_hand' | 'handed_in' | 'good' | 'done' | 'gone';
  round: number;
  verdict: 'none' | 'approved' | 'needs_fix';
  note: string;
  request?: Request;
  /** A draft was sent back since the work was last done. */
  revised: boolean;
}
/** What somebody's page shows, for as long as they do not load it anew. */
export interface Page {
  readonly cards: ReadonlyMap<number, { readonly round: number; readonly request: number | null }>;
  readonly orderVersion: number;
  readonly reviewersVersion: number;
}
/** `other`: the person who does not move it. `member`: an agent, who is named to review in vain. */
export interface WantedMove {
  readonly move: Move;
  readonly card: number;
  readonly by: Person;
  readonly reviewer?: Person | 'member';
  readonly note?: string;
  /** Whom a card without an owner is given to; nobody gives work to the manager. */
  readonly to?: 'specialist' | 'manager';
}
/** Why not: whichever of these it may be; none: it is done, and `changed` says whether it was so already. */
export interface Outcome {
  readonly refusals: readonly string[];
  readonly changed: boolean;
}
const refused = (...refusals: string[]): Outcome => ({ refusals, changed: false });
const done: Outcome = { refusals: [], changed: true };
const wasSo: Outcome = { refusals: [], changed: false };

/** From where, and whether its goal has to be at work for it or only not over. */
export const WAYS: Readonly<Record<Move, { readonly from: readonly Column[]; readonly atWork: boolean }>> = {
  request_review: { from: ['done', 'review'], atWork: true },
  start_review: { from: ['review'], atWork: false },
  approve: { from: ['done', 'review', 'approved'], atWork: false },
  request_changes: { from: ['done', 'review'], atWork: true },
  reopen: { from: ['approved'], atWork: true },
  assign: { from: ['todo'], atWork: true },
  remove: { from: ['todo'], atWork: true },
};

export class BoardModel {
  now = 0;
  paused = false;
  /** Since when it was not paused: whoever is asked has their time anew. */
  private goesOnSince = 0;
  /** All is done and reviewed: the whole result waits for a person, and is judged as a whole. */
  proposed = false;
  reviewers: readonly Person[] = [];
  private reviewersVersion = 0;
  private orderVersion = 0;
  private readonly order = new Map<Column, readonly number[]>();
  private readonly reminders: { readonly who: Person; readonly at: number }[] = [];
  private requests = 0;

  /** The goal as it was planned: in hand, beside one card that nobody owns. */
  readonly cards: Card[] = [newCard(0, true), newCard(1, true), newCard(2, false)];

  page(): Page {
    const shown = this.cards.filter(({ work }) => work !== 'gone');
    return { cards: new Map(shown.map(({ id, round, request }) => [id, { round, request: request?.id ?? null }])), orderVersion: this.orderVersion, reviewersVersion: this.reviewersVersion };
  }

  /** The cards of a column: first those that people put first, the others as they were planned. */
  column(column: Column): Card[] {
    const here = this.cards.filter((card) => columnOf(card) === column);
    const first = (this.order.get(column) ?? []).flatMap((id) => here.filter((card) => card.id === id));
    return [...first, ...here.filter((card) => !first.includes(card))];
  }

  move(wanted: WantedMove, page: Page): Outcome {
    const outcome = this.judge(wanted, page);
    if (outcome.changed) this.make(wanted);
    return outcome;
  }

  /** What the move would come to. A card is judged as somebody saw it, or not at all. */
  judge(wanted: WantedMove, page: Page): Outcome {
    const { move, card: id } = wanted;
    const card = this.cards[id]!;
    const seen = page.cards.get(id)!;
    const { from, atWork } = WAYS[move];
    const column = columnOf(card);
    const barred = [
      ...(column !== undefined && from.includes(column) && card.work !== 'handed_in' && card.work !== 'good' ? [] : ['not_in_column']),
      ...(atWork && this.paused ? ['goal_paused'] : []),
      ...(atWork && this.proposed ? ['goal_not_running'] : []),
      ...(seen.round === card.round ? [] : ['stale_version']),
    ];
    if (barred.length > 0) return refused(...barred);
    const own = this.judgeItself(card, wanted);
    const stale = seen.request !== (card.request?.id ?? null) ? ['stale_version'] : [];
    if (own.refusals.length > 0) return refused(...own.refusals, ...stale);
    return own.changed && stale.length > 0 ? refused(...stale) : own;
  }

  private judgeItself(card: Card, { move, by, reviewer, to }: WantedMove): Outcome {
    const { request } = card;
    const anothers = request !== undefined && request.of !== null && request.of !== by;
    switch (move) {
      case 'request_review':
        return this.judgeRequest(card, by, reviewer);
      case 'start_review':
        return anothers ? refused('review_is_anothers') : request!.startedAt === undefined ? done : wasSo;
      case 'approve':
        return card.verdict === 'approved' ? wasSo : anothers ? refused('review_is_anothers') : done;
      case 'request_changes':
        return anothers ? refused('review_is_anothers') : done;
      case 'assign':
        return to === 'manager' ? refused('owner_unknown') : done;
      default:
        return done;
    }
  }

  /** Whoever is not asked can ask for their own review; nobody who had a hand in the work, and no agent, is asked. */
  private judgeRequest({ request }: Card, by: Person, named?: Person | 'member'): Outcome {
    if (named === 'member') return refused('reviewer_unknown', 'author_may_not_review');
    if (named !== undefined && named !== by && !this.reviewers.includes(named)) return refused('reviewer_unknown');
    if (named !== undefined) return request?.of === named ? wasSo : done;
    if (this.reviewers.length === 0) return request ? wasSo : done;
    return this.otherThanAsked(request) === undefined ? refused('no_reviewer') : done;
  }

  private make({ move, card: id, reviewer, note = '' }: WantedMove): void {
    const card = this.cards[id]!;
    if (move === 'request_review') this.ask(card, typeof reviewer === 'number' ? reviewer : (this.otherThanAsked(card.request) ?? null));
    else if (move === 'start_review') card.request!.startedAt = this.now;
    else if (move === 'approve') decide(card, 'approved');
    else if (move === 'reopen') decide(card, 'none');
    else if (move === 'remove') card.work = 'gone';
    else {
      // back to its owner, or to its first one: the manager hands it out at once
      if (move === 'request_changes') decide(card, 'needs_fix', note);
      card.work = 'in_hand';
      card.round += 1;
    }
    this.settle();
  }

  /** A person's own task: with a member, or for whoever is given it. */
  add(owned: boolean): Outcome {
    const hindered = [...(this.paused ? ['goal_paused'] : []), ...(this.proposed ? ['goal_not_running'] : [])];
    if (hindered.length > 0) return refused(...hindered);
    this.cards.push(newCard(this.cards.length, owned));
    this.settle();
    return done;
  }

  setReviewers(reviewers: readonly (Person | 'member')[], page: Page): Outcome {
    const why = [...(page.reviewersVersion === this.reviewersVersion ? [] : ['stale_version']), ...(reviewers.includes('member') ? ['reviewer_unknown'] : [])];
    if (why.length > 0) return refused(...why);
    this.reviewers = reviewers as Person[];
    this.reviewersVersion += 1;
    this.settle();
    return done;
  }

  setOrder(column: Column, cards: readonly number[], page: Page): Outcome {
    const why = [...(page.orderVersion === this.orderVersion ? [] : ['stale_version']), ...(new Set(cards).size === cards.length ? [] : ['card_unknown'])];
    if (why.length > 0) return refused(...why);
    this.order.set(column, cards);
    this.orderVersion += 1;
    return done;
  }

  /** A person stops the goal for a while, or lets it go on. */
  pause(paused: boolean): Outcome {
    if (this.paused === paused) return wasSo;
    this.paused = paused;
    if (!paused) this.goesOnSince = this.now;
    this.settle();
    return done;
  }

  pass(seconds: number): void {
    this.now += seconds;
    this.settle();
  }

  /** What a member, the checks and the commit queue do next about a card. */
  work(card: Card, sentBack = false): void {
    if (sentBack) Object.assign(card, { work: 'in_hand', round: card.round + 1, revised: true });
    else if (card.work === 'in_hand') card.work = 'handed_in';
    else if (card.work === 'handed_in') card.work = 'good';
    else Object.assign(card, { work: 'done', verdict: 'none', note: '', revised: false });
    this.settle();
  }

  /** What the manager does of itself about done work, card by card, and then about the whole. Of a paused goal and of a proposed one: nothing. */
  private settle(): void {
    if (this.paused || this.proposed) return;
    for (const card of this.cards) if (card.work === 'done') this.follow(card);
    this.proposed = this.cards.every(({ work, request }) => work === 'gone' || (work === 'done' && request === undefined));
  }

  private follow(card: Card): void {
    const { request } = card;
    if (!request) {
      if (card.verdict === 'none' && this.reviewers.length > 0) this.ask(card, this.leastLoaded([])!);
      return;
    }
    if (request.of === null) return;
    const since = (at: number): number => this.now - Math.max(at, this.goesOnSince);
    if (request.startedAt !== undefined) return void (since(request.startedAt) >= UNDECIDED_AFTER && this.handOn(card));
    if (request.remindedAt !== undefined) return void (since(request.remindedAt) >= IGNORED_AFTER && this.handOn(card));
    if (since(request.at) < REMIND_AFTER) return;
    const lately = this.reminders.filter(({ who, at }) => who === request.of && this.now - at < AN_HOUR).length;
    if (lately < MOST_REMINDERS_AN_HOUR) this.remind(request, request.of);
    else if (since(request.at) >= IGNORED_AFTER) this.handOn(card);
  }

  private remind(request: Request, who: Person): void {
    request.remindedAt = this.now;
    this.reminders.push({ who, at: this.now });
  }

  /** Each is asked once; then it is anybody's. */
  private handOn(card: Card): void {
    this.ask(card, this.leastLoaded([...card.request!.before, card.request!.of!]) ?? null);
  }

  private ask(card: Card, of: Person | null): void {
    const { request } = card;
    const before = request ? [...new Set([...request.before, ...(request.of === null ? [] : [request.of])])] : [];
    Object.assign(card, { verdict: 'none', note: '', request: { id: ++this.requests, of, before, at: this.now } });
  }

  private otherThanAsked(request: Request | undefined): Person | undefined {
    return this.leastLoaded(typeof request?.of === 'number' ? [request.of] : []);
  }

  /** Of those who are named, in the order in which they were, whoever has the least to review. */
  private leastLoaded(except: readonly Person[]): Person | undefined {
    const load = (who: Person): number => this.cards.filter(({ work, request }) => work === 'done' && request?.of === who).length;
    const fit = this.reviewers.filter((who) => !except.includes(who));
    return fit.find((who) => load(who) === Math.min(...fit.map(load)));
  }

  get versions(): { readonly order: number; readonly reviewers: number } {
    return { order: this.orderVersion, reviewers: this.reviewersVersion };
  }
}

const newCard = (id: number, owned: boolean): Card => ({ id, work: owned ? 'in_hand' : 'nobodys', round: owned ? 1 : 0, verdict: 'none', note: '', revised: false });

function decide(card: Card, verdict: Card['verdict'], note = ''): void {
  delete card.request;
  Object.assign(card, { verdict, note });
}

export function columnOf({ work, request, verdict }: Pick<Card, 'work' | 'verdict'> & { readonly request?: object }): Column | undefined {
  switch (work) {
    case 'nobodys':
      return 'todo';
    case 'in_hand':
      return 'in_progress';
    case 'done':
      return request ? 'review' : verdict === 'approved' ? 'approved' : 'done';
    case 'gone':
      return undefined;
    default:
      return 'review';
  }
}

/** Whose turn a card is, and for what; `who`: the one person who is asked. */
export interface Turn {
  readonly owner: 'member' | 'lead' | 'user' | 'none';
  readonly who?: Person;
  readonly action: string;
  readonly queue: string;
}
export function turnOf({ work, request, verdict }: Card): Turn {
  if (work === 'nobodys') return { owner: 'user', action: 'assign_owner', queue: 'actionable' };
  if (work === 'in_hand') return { owner: 'member', action: verdict === 'needs_fix' ? 'apply_changes' : 'execute', queue: 'actionable' };
  if (work !== 'done') return { owner: 'lead', action: 'review', queue: 'actionable' };
  if (request) return { owner: 'user', ...(request.of === null ? {} : { who: request.of }), action: 'review', queue: 'actionable' };
  return { owner: 'none', action: 'none', queue: verdict === 'approved' ? 'done' : 'oversight' };
}
