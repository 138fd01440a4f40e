import { expect } from 'expect';
import { asItCame, readTrail, type Expected } from './trail.js';

/** The manager has seen that a member works. */
export const began = 'TEAM-STATUS-UPDATE task_in_progress by Mira';
/** Who does which of a code-care team's tasks, in which round. */
export type Piece = readonly [member: string, task: keyof typeof CHECKS, round?: number];
const CHECKS = { repair: ['parses', 'repaired'], docs: ['parses', 'comments-only', 'suite-green'], tests: ['parses', 'suite-green', 'scaffolds-red'] } as const;

/** What a round of a member leaves: taken up, handed in; and where it was good, checked, approved, committed. Each line with who did it, about whom, and in which task. */
export const handedIn = ([member, task]: Piece, files = 1): string[] => [began, ...Array<string>(files).fill(`TEAM-SHARED-CONTEXT-WRITE by ${member} of ${member}`), `TEAM-MEMBER-OUTPUT submitted by ${member} of ${member} in ${task}`, 'TEAM-STATUS-UPDATE task_review by Mira'];
export const checked = ([, task]: Piece, failing?: string): string[] => CHECKS[task].map((check) => `DRAFT-CHECKED ${check} ${check === failing ? 'failed' : 'passed'} by fleet in ${task}`);
export const reviewed = ([member, task, round = 1]: Piece, decision: string): string => `MANAGER-DRAFT-REVIEWED ${decision} by Mira of ${member} in ${task}, round ${round}`;
/** Of a member that found nothing to change there is nothing to commit. */
export const good = (piece: Piece, files = 1): string[] => [...handedIn(piece, files), ...checked(piece), reviewed(piece, 'approved'), ...(files === 0 ? [] : [`TEAM-MEMBER-OUTPUT committed by fleet of ${piece[0]} in ${piece[1]}`]), 'TEAM-STATUS-UPDATE task_done by Mira'];
export const assigned = (...pieces: Piece[]): string[] => pieces.map(([member, task, round = 1]) => `MANAGER-TASK-ASSIGNED by Mira of ${member} in ${task}, round ${round}`);
/** Whose work it is where nothing else was said. */
export const [byDora, byTess]: readonly [Piece, Piece] = [['Dora', 'docs'], ['Tess', 'tests']];
export const submitted = ['GOAL-SUBMITTED by a person', 'GOAL-PLANNED by Mira', 'TEAM-STATUS-UPDATE goal_running by Mira'];
export const asked = ['MANAGER-APPROVAL-REQUESTED by Mira', 'MOBILE-APPROVAL-REQUESTED by gateway'];
/** After a yes the manager notes it while the executor carries it out: two services that the same decision has woken. */
export const carriedOut: Expected = ['MOBILE-APPROVAL-GRANTED by a person', { together: [['TEAM-STATUS-UPDATE goal_executing by Mira'], ['EFFECT-STARTED by executor', 'EFFECT-EXECUTED by executor']] }, 'GOAL-COMPLETED by Mira'];

/** The trail is these lines in this order; what looks have found stands beside it, each explained by what was before. */
export function expectTrail(trail: readonly string[], expected: Expected): void {
  const { caused, unexplained } = readTrail(trail);
  expect(caused).toEqual(asItCame(caused, expected));
  expect(unexplained).toEqual([]);
}
