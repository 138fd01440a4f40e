import { expect } from 'expect';
import { asItCame, readTrail, type Expected } from './trail.js';

/** The manager has seen that a member works. */
export const began = 'TEAM-STATUS-UPDATE task_in_progress by Mira';
/** What a round of a member leaves: taken up, handed in; and where it was good, checked three times (a repair: twice), approved, committed. Each line with who did it, and about whom. */
export const handedIn = (member: string, files = 1): string[] => [began, ...Array<string>(files).fill(`TEAM-SHARED-CONTEXT-WRITE by ${member} of ${member}`), `TEAM-MEMBER-OUTPUT submitted by ${member} of ${member}`, 'TEAM-STATUS-UPDATE task_review by Mira'];
export const checked = (checks = 3): string[] => Array<string>(checks).fill('DRAFT-CHECKED by fleet');
export const reviewed = (member: string, decision: string): string => `MANAGER-DRAFT-REVIEWED ${decision} by Mira of ${member}`;
/** Of a member that found nothing to change there is nothing to commit. */
export const good = (member: string, checks = 3, files = 1): string[] => [...handedIn(member, files), ...checked(checks), reviewed(member, 'approved'), ...(files === 0 ? [] : [`TEAM-MEMBER-OUTPUT committed by fleet of ${member}`]), 'TEAM-STATUS-UPDATE task_done by Mira'];
export const submitted = ['GOAL-SUBMITTED by a person', 'GOAL-PLANNED by Mira', 'TEAM-STATUS-UPDATE goal_running by Mira'];
export const asked = ['MANAGER-APPROVAL-REQUESTED by Mira', 'MOBILE-APPROVAL-REQUESTED by gateway'];
/** After a yes the manager notes it while the executor carries it out: two services that the same decision has woken. */
export const carriedOut: Expected = ['MOBILE-APPROVAL-GRANTED by a person', { together: [['TEAM-STATUS-UPDATE goal_executing by Mira'], ['EFFECT-STARTED by executor', 'EFFECT-EXECUTED by executor']] }, 'GOAL-COMPLETED by Mira'];
export const assigned = (...members: string[]): string[] => members.map((member) => `MANAGER-TASK-ASSIGNED by Mira of ${member}`);

/** The trail is these lines in this order; what looks have found stands beside it, each explained by what was before. */
export function expectTrail(trail: readonly string[], expected: Expected): void {
  const { caused, unexplained } = readTrail(trail);
  expect(caused).toEqual(asItCame(caused, expected));
  expect(unexplained).toEqual([]);
}
