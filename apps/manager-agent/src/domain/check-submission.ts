import { isBranch, isGitObject, isMirror, isRemote, readNamed, type CustomerId } from '@countersign/contracts';
import type { RepositoryFacts } from './facts.js';

export interface Submission {
  readonly by: { readonly customerId: CustomerId; readonly roles: readonly string[] };
  readonly repository: RepositoryFacts;
  /** What the person says becomes of the result; absent: what the bundle says. */
  readonly effect?: unknown;
}
/** The team a goal is for, and the remote with which its customer adopted the goal's mirror: null where that is not theirs. */
export interface SubmissionFacts {
  readonly customerId: CustomerId;
  readonly state: string;
  readonly adoptedRemote: string | null;
}
export type SubmissionRefusal = { readonly code: 'not_found' | 'not_permitted' | 'team_not_active' | 'repository_invalid' | 'effect_invalid'; readonly message: string };

/** Whether this team takes this goal from this person; undefined: it does. Another customer's team or mirror does not exist for them. */
export function checkSubmission({ by, repository, effect }: Submission, team: SubmissionFacts | undefined): SubmissionRefusal | undefined {
  if (!team || team.customerId !== by.customerId) return { code: 'not_found', message: 'There is no such team.' };
  if (!by.roles.includes('customer_governor')) return { code: 'not_permitted', message: 'Only a governor of the customer gives goals to a team.' };
  if (team.state !== 'active') return { code: 'team_not_active', message: `The team is ${team.state}; it takes goals while it is active.` };
  const wrong = Object.entries({ mirror: isMirror, base: isGitObject, remote: isRemote, branch: isBranch }).find(([name, fits]) => !fits(repository[name as keyof RepositoryFacts]));
  if (wrong) return { code: 'repository_invalid', message: `The repository’s ${wrong[0]} cannot be used.` };
  if (effect !== undefined && !readNamed(effect)) return { code: 'effect_invalid', message: 'The effect is none that can be carried out.' };
  if (team.adoptedRemote === null) return { code: 'not_found', message: 'There is no such mirror.' };
  return team.adoptedRemote === repository.remote ? undefined : { code: 'repository_invalid', message: 'The mirror was adopted with another remote.' };
}
