import { BOARD_COLUMNS, type Actor, type Board, type BoardCard, type BoardColumnId, type CardMoved } from '@countersign/contracts';
import { historyWords, turnWords } from '@countersign/view';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Call, type Command, type Options } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';
import { memberNamed } from './message.js';

const USUAL = 'asha';
const SHORTEST = 4;
const TEAM: Options = { team: { type: 'string' } };

interface Desk {
  readonly client: ApiClient;
  readonly teamId: string;
  readonly board: Board;
  readonly etag: string;
}
async function openDesk(call: Call): Promise<Desk> {
  const client = await signIn(call, USUAL);
  const { id: teamId } = await findTeam(client, textFlag(call, 'team'));
  const { value: board, etag } = await client.board(teamId);
  return { client, teamId, board, etag };
}

/** A card by its id or the end of it. */
function cardIn({ columns }: Board, said = ''): BoardCard {
  const cards = columns.flatMap(({ tasks }) => tasks);
  const found = cards.filter(({ id }) => id === said || (said.length >= SHORTEST && id.endsWith(said)));
  if (found.length === 1 && found[0]) return found[0];
  throw new UsageError(found.length === 0 ? `no task "${said}" on the board` : `"${said}" could be more than one task`, 'countersign board show');
}

const show: Command = {
  usage: '[--team T]',
  summary: 'the tasks of a team by column, and whose turn each is',
  options: TEAM,
  async run(call) {
    const { board } = await openDesk(call);
    output(call.global.json, board, ({ columns }) => printTable(['COLUMN', 'TASK', 'TITLE', 'MEMBER', 'REVIEW', 'TURN'], columns.flatMap(({ id, tasks }) => tasks.map((card) => [id, card.id, card.title, card.member?.name ?? '', [card.review.state === 'none' ? '' : card.review.state, card.review.reviewer?.name ?? ''].filter(Boolean).join(' '), turnWords(card.turn)]))));
    return EXIT.done;
  },
};

const history: Command = {
  usage: '<task> [--team T]',
  summary: 'what happened to a task, the oldest first',
  options: TEAM,
  words: [1, 1],
  async run(call) {
    const { client, teamId, board } = await openDesk(call);
    const { items } = await client.taskHistory(teamId, cardIn(board, call.words[0]).id);
    output(call.global.json, items, () => printTable(['AT', 'WHO', 'WHAT'], items.map((event) => [event.at, event.actor, historyWords(event)])));
    return EXIT.done;
  },
};

type Verb = 'request-review' | 'start-review' | 'approve' | 'request-changes' | 'reopen' | 'assign' | 'remove';
function moving(verb: Verb, usage: string, summary: string, body: (call: Call, desk: Desk) => object | Promise<object>, options: Options = {}): Command {
  return {
    usage: `<task> ${usage}[--team T]`,
    summary,
    options: { ...TEAM, ...options },
    words: [1, 1],
    async run(call) {
      const desk = await openDesk(call);
      const { id, round, review: { request } } = cardIn(desk.board, call.words[0]);
      const moved: CardMoved = await desk.client.moveCard(desk.teamId, id, verb, { round, request, ...(await body(call, desk)) });
      output(call.global.json, moved, ({ column, changed }) => print([id, column, changed ? '' : 'unchanged'].filter(Boolean).join('\t')));
      return EXIT.done;
    },
  };
}

/** `me`, or an id: `person:…`. */
const reviewerNamed = async (client: ApiClient, said: string): Promise<Actor> => (said === 'me' ? `person:${(await client.me()).personId}` : said.startsWith('person:') ? (said as Actor) : `person:${said}`);

const requestReview = moving('request-review', '[--reviewer me|PERSON] ', 'have done work reviewed, by whoever has the least to review unless said', async (call, { client }) => {
  const said = textFlag(call, 'reviewer');
  return said === undefined ? {} : { reviewer: await reviewerNamed(client, said) };
}, { reviewer: { type: 'string' } });

const assign = moving('assign', '--to MEMBER ', 'give a task that nobody owns to a member, by name or id', async (call, { client, teamId }) => ({ memberId: await memberNamed(client, teamId, textFlag(call, 'to')) }), { to: { type: 'string' } });

const add: Command = {
  usage: '<goal> "title" [--detail "…"] [--to MEMBER] [--after TASK]… [--team T]',
  summary: 'add a task to a goal that is at work; without a member it waits for one, and for the tasks that come first',
  options: { ...TEAM, detail: { type: 'string' }, to: { type: 'string' }, after: { type: 'string', multiple: true } },
  words: [2, 2],
  async run(call) {
    const { client, teamId, board } = await openDesk(call);
    const [goalId = '', title = ''] = call.words;
    const first = ((call.flags['after'] as string[] | undefined) ?? []).map((said) => cardIn(board, said).id);
    const [to, detail] = [textFlag(call, 'to'), textFlag(call, 'detail')];
    const created = await client.addCard(teamId, { goalId, title, ...(detail === undefined ? {} : { detail }), ...(to === undefined ? {} : { memberId: await memberNamed(client, teamId, to) }), ...(first.length === 0 ? {} : { dependsOn: first }) });
    output(call.global.json, created, ({ id }) => print(id));
    return EXIT.done;
  },
};

const order: Command = {
  usage: `<${BOARD_COLUMNS.join('|')}> <task>… [--team T]`,
  summary: 'put these cards first in a column, in this order',
  options: TEAM,
  words: [2, 500],
  async run(call) {
    const [column = '', ...tasks] = call.words;
    if (!(BOARD_COLUMNS as readonly string[]).includes(column)) throw new UsageError(`no column "${column}"`, `one of: ${BOARD_COLUMNS.join(', ')}`);
    const { client, teamId, board, etag } = await openDesk(call);
    const ordered = await client.orderBoard(teamId, { column: column as BoardColumnId, tasks: tasks.map((said) => cardIn(board, said).id) }, etag);
    output(call.global.json, ordered, ({ columns }) => columns.find(({ id }) => id === column)?.tasks.forEach(({ id, title }) => print(`${id}\t${title}`)));
    return EXIT.done;
  },
};

const reviewers: Command = {
  usage: '[me|PERSON… | --nobody] [--team T]',
  summary: 'who is asked to review what the team has done; nobody: a person does it where they want to',
  options: { ...TEAM, nobody: { type: 'boolean' } },
  words: [0, 20],
  async run(call) {
    const { client, teamId, board } = await openDesk(call);
    const nobody = call.flags['nobody'] === true;
    if (nobody && call.words.length > 0) throw new UsageError('somebody, or nobody?');
    const changed = nobody || call.words.length > 0 ? await client.setReviewers(teamId, await Promise.all(call.words.map((said) => reviewerNamed(client, said))), board.reviewersVersion) : board;
    output(call.global.json, changed.reviewers, (all) => printTable(['REVIEWER', 'NAME'], all.map(({ id, name }) => [id, name])));
    return EXIT.done;
  },
};

export const board = {
  show,
  history,
  add,
  assign,
  review: requestReview,
  start: moving('start-review', '', 'say that you have begun to review', () => ({})),
  approve: moving('approve', '', 'approve done work; nothing leaves the team by it', () => ({})),
  changes: moving('request-changes', '[--comment "…"] ', 'send done work back to its owner', (call) => {
    const comment = textFlag(call, 'comment');
    return comment === undefined ? {} : { comment };
  }, { comment: { type: 'string' } }),
  reopen: moving('reopen', '', 'take an approval of done work back', () => ({})),
  remove: moving('remove', '', 'take a task that nobody was given off the board', () => ({})),
  order,
  reviewers,
};
