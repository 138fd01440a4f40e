import { isBranch, isGitObject, isMirror, isRemote, type CustomerId } from '@countersign/contracts';
import type { RepositoryFacts } from './facts.js';

export interface Submission {
  readonly by: { readonly customerId: CustomerId; readonly roles: readonly string[] };
  readonly repository: RepositoryFacts;
}
export type SubmissionRefusal = { readonly code: 'not_found' | 'not_permitted' | 'team_not_active' | 'repository_invalid'; readonly message: string };

/** Whether this team takes this goal from this person; undefined: it does. Another customer's team does not exist for them. */
export function checkSubmission({ by, repository }: Submission, team: { readonly customerId: CustomerId; readonly state: string } | undefined): SubmissionRefusal | undefined {
  if (!team || team.customerId !== by.customerId) return { code: 'not_found', message: 'There is no such team.' };
  if (!by.roles.includes('customer_governor')) return { code: 'not_permitted', message: 'Only a governor of the customer gives goals to a team.' };
  if (team.state !== 'active') return { code: 'team_not_active', message: `The team is ${team.state}; it takes goals while it is active.` };
  const wrong = Object.entries({ mirror: isMirror, base: isGitObject, remote: isRemote, branch: isBranch }).find(([name, fits]) => !fits(repository[name as keyof RepositoryFacts]));
  return wrong && { code: 'repository_invalid', message: `The repository’s ${wrong[0]} cannot be used.` };
}
