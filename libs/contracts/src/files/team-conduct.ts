import { BOARD_COLUMNS, type BoardColumnId } from '../task-review.js';
import { count, object } from './parts.js';

/** How managers conduct their teams, of every team alike. What a bundle may say of its own team is in its `coordination`. */
export interface TeamConduct {
  review: ReviewTerms;
  work: {
    /** Rounds that a task may take since its work last reached the goal's branch, before it goes to the customer as blocked. */
    rounds: number;
  };
  recommendations: RecommendationTerms;
  members: PresenceTerms;
  messages: {
    /** What nobody has put away is after so long. */
    keptDays: number;
  };
  helpdesk: {
    /** Hours between two words to the customer of a suspended team, by what suspended it. */
    cadenceHours: Record<Severity, number>;
  };
  board: {
    /** Every column once, from left to right. */
    columns: BoardColumnId[];
  };
}
type Severity = 'L1' | 'L2' | 'L3';

/** How long people have who are asked to review what is done. */
export interface ReviewTerms {
  /** Who has not begun is reminded, once of each request. */
  pickupMinutes: number;
  /** So long after the reminder it goes to somebody else; where nobody is to be reminded any more, so long after the request. */
  handOverMinutes: number;
  /** So long after they began, if they have not decided. */
  decideMinutes: number;
  /** Of all requests together, nobody is reminded more often; 0: nobody is. */
  nudgesAnHour: number;
}

/** When a manager recommends to suspend a member. */
export interface RecommendationTerms {
  /** Its latest rounds, all of which ended without a draft. */
  failedInARow: number;
  /** Of so many judged drafts or more, a larger part than this was sent back. */
  leastReviewed: number;
  mostRevisedPercent: number;
  /** So long it is shown, and not said again. */
  standDays: number;
}

/** What is said of a member by what was heard of it. */
export interface PresenceTerms {
  /** Heard of within these minutes it is active, and idle from then on. */
  idleMinutes: number;
  /** Whoever has shown nothing for so long after it was begun has not started. */
  startSeconds: number;
}

/** In force where no file says otherwise; a file that was written before a section was there says nothing of it. */
export const DEFAULT_TEAM_CONDUCT: TeamConduct = {
  review: { pickupMinutes: 3, handOverMinutes: 10, decideMinutes: 60, nudgesAnHour: 2 },
  work: { rounds: 3 },
  recommendations: { failedInARow: 3, leastReviewed: 6, mostRevisedPercent: 50, standDays: 7 },
  members: { idleMinutes: 5, startSeconds: 90 },
  messages: { keptDays: 30 },
  helpdesk: { cadenceHours: { L1: 24, L2: 8, L3: 2 } },
  board: { columns: [...BOARD_COLUMNS] },
};

const DAY_MINUTES = 1_440;
const minutes = (description: string, days = 1): Readonly<Record<string, unknown>> => count(description, days * DAY_MINUTES, 1);
const hours = (description: string): Readonly<Record<string, unknown>> => count(description, 720, 1);

export const teamConductProperties = {
  review: object(
    {
      pickupMinutes: minutes('Who was asked and has not begun is reminded, once of each request.'),
      handOverMinutes: minutes('After the reminder: to somebody else.', 7),
      decideMinutes: minutes('After they began and have not decided: to somebody else.', 7),
      nudgesAnHour: count('Reminders of one person within an hour, of all requests together; 0: nobody is reminded.', 60),
    },
    ['pickupMinutes', 'handOverMinutes', 'decideMinutes', 'nudgesAnHour'],
    'How long people have who are asked to review what is done.',
  ),
  work: object({ rounds: count('Rounds that a task may take, before it goes to the customer as blocked. Each costs.', 10, 1) }, ['rounds'], 'How often work is sent back.'),
  recommendations: object(
    {
      failedInARow: count('Its latest rounds, all of which ended without a draft.', 50, 1),
      leastReviewed: count('Of so many judged drafts or more …', 1_000, 1),
      mostRevisedPercent: count('… a larger part than this was sent back.', 100),
      standDays: count('So many days it is shown, and not said again.', 30, 1),
    },
    ['failedInARow', 'leastReviewed', 'mostRevisedPercent', 'standDays'],
    'When a manager recommends to Genesis that a member be suspended. One flagged draft is always enough.',
  ),
  members: object(
    { idleMinutes: minutes('A member is active so long after it was last heard of.'), startSeconds: count('Who has shown nothing for so long has not started.', 3_600, 5) },
    ['idleMinutes', 'startSeconds'],
    'What is said of a member by what was heard of it.',
  ),
  messages: object({ keptDays: count('Days after which a message is put away by itself.', 366, 1) }, ['keptDays'], 'Messages between people and members.'),
  helpdesk: object(
    {
      cadenceHours: object(
        { L1: hours('Suspended at a person’s wish.'), L2: hours('Suspended for failures.'), L3: hours('Suspended for harm that was tried, or a flag.') },
        ['L1', 'L2', 'L3'],
        'Hours between two words to the customer of a suspended team; a session keeps what held when it was opened.',
      ),
    },
    ['cadenceHours'],
    'What a suspended team’s customer hears by itself.',
  ),
  board: object(
    { columns: { type: 'array', items: { enum: [...BOARD_COLUMNS] }, minItems: BOARD_COLUMNS.length, maxItems: BOARD_COLUMNS.length, uniqueItems: true, description: 'Every column once, from left to right.' } },
    ['columns'],
    'How the board of a team is laid out; which moves there are does not hang on it.',
  ),
} as const satisfies Record<keyof TeamConduct, Readonly<Record<string, unknown>>>;
