import { MOST_REVIEW_EVENTS, MOVES_REVIEW, NotFoundError, RefusedError, reviewOf, type Actor, type AskedOf, type Board, type BoardCard, type BoardColumnId, type CustomerId, type GoalState, type ReviewCycle, type ReviewerView, type TaskEvent, type TaskEventView, type TaskState, type TeamId } from '@countersign/contracts';
import { Database, readTeamPolicy, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { boardOf, movesOf, type BoardOrder } from '../../domain/board.js';
import { turnOf } from '../../domain/turn.js';
import { STATE_OF_QUESTION } from './clarifications.js';
import { iso, isoOrNull } from './pages.js';

const MOST_TASKS = 500;
const MOST_EVENTS = 1000;

interface CardRow {
  readonly id: string;
  readonly goalId: string;
  readonly title: string;
  readonly skill: string;
  readonly state: TaskState;
  readonly round: number;
  readonly dependsOn: readonly string[];
  readonly redoable: boolean;
  readonly goalState: GoalState;
  readonly paused: boolean;
  readonly origin: string;
  readonly memberId: string | null;
  readonly memberName: string | null;
  readonly memberActive: boolean;
  /** Whose answer its member waits for. */
  readonly asks: AskedOf | null;
}
type OfTask = TaskEvent & { readonly taskId: string };
interface OrderRow {
  readonly column: BoardColumnId;
  readonly tasks: readonly string[];
  readonly version: number;
}
/** Everybody who can be named on a board. */
export interface Names {
  readonly people: ReadonlyMap<string, string>;
  readonly governors: ReadonlySet<string>;
  readonly members: ReadonlyMap<string, { readonly name: string; readonly active: boolean }>;
}
/** The board as people see it: rows of the manager and what people ordered. */
@Injectable()
export class Boards {
  constructor(private readonly database: Database) {}

  async read(teamId: TeamId, customerId: CustomerId, by: Actor, offered: boolean): Promise<Board> {
    const people = await this.people(customerId);
    return this.database.withTeam(teamId, async (tx) => {
      const [rows, events, members, order, { reviewers, reviewersVersion }, { terms }] = await Promise.all([readCards(tx), readReviews(tx), readMembers(tx), readOrder(tx), readReviewers(tx), readTeamPolicy(tx)]);
      const names = { ...people, members };
      const histories = Map.groupBy(events, ({ taskId }) => taskId);
      const states = new Map(rows.map(({ id, state }) => [id, state]));
      const cards = rows.map((row) => cardOf(row, states, histories.get(row.id) ?? [], names, by, offered));
      const wanted: BoardOrder = Object.fromEntries(order.map(({ column, tasks }) => [column, tasks]));
      return { columns: boardOf(cards, wanted, terms.board.columns), reviewers: reviewers.map((id) => reviewerView(id, names)), reviewersVersion, version: versionOf(order) };
    });
  }

  /** Puts the cards of one column in this order, where nobody has ordered any column since `version`. */
  async order(teamId: TeamId, column: BoardColumnId, tasks: readonly string[], version: number): Promise<void> {
    await this.database.withTeam(teamId, async (tx) => {
      // one at a time for the whole board: the version is of all its columns
      await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('board:' || ${teamId}, 0))`);
      const [present, known] = await Promise.all([readOrder(tx), tx.read<{ id: string }>(sql`select id from app.task where team_id = ${teamId} and id = any (${[...tasks]}::uuid[])`)]);
      if (versionOf(present) !== version) throw new RefusedError('stale_version', 'Somebody has put the cards in another order since; read the board again.');
      if (known.length < new Set(tasks).size || new Set(tasks).size < tasks.length) throw new RefusedError('card_unknown', 'The order names a card twice, or one that the team does not have.');
      tx.write(sql`insert into app.board_order (team_id, column_id, tasks) values (${teamId}, ${column}, ${[...tasks]}::uuid[])
        on conflict (team_id, column_id) do update set tasks = excluded.tasks, version = app.board_order.version + 1, changed_at = clock_timestamp()`);
      tx.ledgerOnly();
    });
  }

  /** What happened to a task, the oldest first; of a very long history its end. */
  async history(teamId: TeamId, customerId: CustomerId, taskId: string): Promise<TaskEventView[]> {
    const people = await this.people(customerId);
    return this.database.withTeam(teamId, async (tx) => {
      const [known, events, members] = await Promise.all([tx.one(sql`select id from app.task where team_id = ${teamId} and id = ${taskId}`), readHistory(tx, taskId), readMembers(tx)]);
      if (!known) throw new NotFoundError('task');
      const named = (id: string): string => people.people.get(id) ?? members.get(id)?.name ?? '';
      return events.map(({ id, kind, actor, body, atMs }) => ({ id, kind, actor: named(actor), about: named(aboutOf(body)), body, at: iso(new Date(atMs)) }));
    });
  }

  /** The customer's people, and who of them governs: only those may review. */
  async people(customerId: CustomerId): Promise<Omit<Names, 'members'>> {
    const rows = await this.database.withCustomer(customerId, (tx) => tx.read<{ id: string; name: string; governs: boolean }>(sql`select id, display_name as name, 'customer_governor' = any (roles) as governs from app.person where customer_id = ${customerId}`));
    return { people: new Map(rows.map(({ id, name }) => [id, name])), governors: new Set(rows.filter(({ governs }) => governs).map(({ id }) => id)) };
  }
}

/** A team's task that waits for a review. */
export interface Waiting {
  readonly customerId: CustomerId;
  readonly teamName: string;
  /** False while its team stands still. */
  readonly active: boolean;
  readonly cycle: ReviewCycle;
}
/** Undefined when it waits for none, and when its goal or its team is over. */
export async function readWaiting(tx: Tx, request: string): Promise<Waiting | undefined> {
  const ofRequest = sql`select task_id as id from app.task_event where team_id = ${tx.scopeId} and id = ${request}`;
  const [team, events] = await Promise.all([
    tx.one<Omit<Waiting, 'cycle'>>(sql`select t.customer_id as "customerId", t.name as "teamName", t.state = 'active' as active from app.team t join app.task k on k.team_id = t.team_id join app.goal g on g.team_id = k.team_id and g.id = k.goal_id
      where t.team_id = ${tx.scopeId} and t.state in ('active', 'suspended') and k.id = (${ofRequest}) and k.state = 'done' and g.finished_at is null`),
    readReviews(tx, ofRequest),
  ]);
  const { cycle } = reviewOf(events);
  return team && cycle ? { ...team, cycle } : undefined;
}

function cardOf(row: CardRow, states: ReadonlyMap<string, TaskState>, events: readonly OfTask[], names: Names, by: Actor, offered: boolean): BoardCard {
  const { id, goalId, title, skill, state, round, goalState, paused, memberId, memberName, memberActive, dependsOn } = row;
  const review = reviewOf(events);
  const mission = row.origin === 'mission';
  const reviewer = review.cycle?.reviewer ?? null;
  return {
    id, goalId, title, skill, state, round,
    member: memberId === null ? null : { id: memberId, name: memberName ?? '' },
    review: {
      request: review.cycle?.request ?? null,
      state: review.state, reviewer: reviewer && reviewerView(reviewer, names), note: review.note,
      requestedAt: at(review.cycle?.requestedAtMs), startedAt: at(review.cycle?.startedAtMs), nudgedAt: at(review.cycle?.nudgedAtMs),
    },
    turn: turnOf({
      state, goalState, review, mission, asks: row.asks,
      owner: memberId === null ? null : { name: memberName ?? '', active: memberActive },
      reviewer: reviewer && { name: nameOf(reviewer, names), known: mayReview(reviewer, names), person: reviewer.startsWith('person:') },
      dependsOn: dependsOn.map((other) => states.get(other)),
    }),
    moves: offered ? movesOf({ state, goalState, paused, mission, owned: memberId !== null, redoable: row.redoable, review }, by) : [],
  };
}

/** Whom an event is about, by their bare id. */
const aboutOf = ({ reviewer, owner, to }: TaskEvent['body'] & { readonly to?: string }): string => (reviewer ? idOf(reviewer) : (owner ?? to ?? ''));

/** Grows with every new order of any column. */
const versionOf = (order: readonly OrderRow[]): number => order.reduce((sum, { version }) => sum + version, 0);
const at = (ms: number | null | undefined): string | null => isoOrNull(ms === null || ms === undefined ? null : new Date(ms));
const idOf = (actor: Actor): string => actor.slice(actor.indexOf(':') + 1);
const nameOf = (actor: Actor, { people, members }: Names): string => (actor.startsWith('person:') ? people.get(idOf(actor)) : members.get(idOf(actor))?.name) ?? '';
const mayReview = (actor: Actor, { governors, members }: Names): boolean => (actor.startsWith('person:') ? governors.has(idOf(actor)) : members.get(idOf(actor))?.active === true);
const reviewerView = (id: Actor, names: Names): ReviewerView => ({ id, name: nameOf(id, names) });

/** Tasks of goals that are at work, or were a week ago; of too many those of the newest goals. */
const shown = (tx: Tx) => sql`select t.id from app.task t join app.goal g on g.team_id = t.team_id and g.id = t.goal_id
  where t.team_id = ${tx.scopeId} and (g.finished_at is null or g.finished_at > clock_timestamp() - interval '7 days') order by g.id desc, t.ordinal limit ${MOST_TASKS}`;

const readCards = (tx: Tx): Promise<CardRow[]> =>
  tx.read<CardRow>(sql`
    select t.id, t.goal_id as "goalId", t.title, t.skill, t.state, t.round, t.depends_on as "dependsOn", not (t.options ? 'repair') as redoable, g.state as "goalState", g.paused_at is not null as paused, g.origin,
      t.member_id as "memberId", m.name as "memberName", coalesce(m.state = 'active', false) as "memberActive",
      (select c.asked_of from app.clarification c left join app.member_message a on a.team_id = c.team_id and a.answers = c.id where c.team_id = t.team_id and c.task_id = t.id and ${STATE_OF_QUESTION} = 'open' order by c.at desc limit 1) as asks
    from app.task t join app.goal g on g.team_id = t.team_id and g.id = t.goal_id left join app.member m on m.team_id = t.team_id and m.id = t.member_id
    where t.team_id = ${tx.scopeId} and t.id in (${shown(tx)}) order by g.id, t.ordinal`);

const event = sql`e.id, e.task_id as "taskId", e.kind, e.actor, e.body, (extract(epoch from e.at) * 1000)::int8 as "atMs"`;

/** Of the history of each of these tasks, that which says how its review stands. */
const readReviews = (tx: Tx, tasks = shown(tx)): Promise<OfTask[]> =>
  tx.read<OfTask>(sql`
    select ${event} from (${tasks}) t cross join lateral (
      select x.* from app.task_event x where x.team_id = ${tx.scopeId} and x.task_id = t.id and x.kind = any (${[...MOVES_REVIEW]}) order by x.at desc, x.id desc limit ${MOST_REVIEW_EVENTS}) e order by e.at, e.id`);

const readHistory = (tx: Tx, taskId: string): Promise<OfTask[]> =>
  tx.read<OfTask>(sql`
    select ${event} from (select x.* from app.task_event x where x.team_id = ${tx.scopeId} and x.task_id = ${taskId} order by x.at desc, x.id desc limit ${MOST_EVENTS}) e order by e.at, e.id`);

const readMembers = async (tx: Tx): Promise<Names['members']> =>
  new Map((await tx.read<{ id: string; name: string; active: boolean }>(sql`select id, name, state = 'active' as active from app.member where team_id = ${tx.scopeId}`)).map(({ id, name, active }) => [id, { name, active }]));

const readOrder = (tx: Tx): Promise<OrderRow[]> => tx.read<OrderRow>(sql`select column_id as column, tasks, version from app.board_order where team_id = ${tx.scopeId}`);

type Reviewers = { readonly reviewers: readonly Actor[]; readonly reviewersVersion: number };
const readReviewers = async (tx: Tx): Promise<Reviewers> =>
  (await tx.one<Reviewers>(sql`select reviewers, (extract(epoch from changed_at) * 1000000)::int8 as "reviewersVersion" from app.board where team_id = ${tx.scopeId}`)) ?? { reviewers: [], reviewersVersion: 0 };
