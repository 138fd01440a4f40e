import { seedName, seedsAbout, type PrecedentSeed, type SeedSubject } from '@countersign/contracts';

/** What a plan is a decision about: that a manager makes it, who works with whom, and that work is handed out by it. */
const PLANNED_UNDER: readonly SeedSubject[] = ['manager_agents', 'team_coordination', 'delegation_authority'];

/** The precedents, by `seedName`, that a goal is planned under: each in force about any of it, once. None: that is said as well, and nothing of the plan is handed out (`mayDelegate`). */
export function precedentsOfPlan(seeds: readonly PrecedentSeed[]): string[] {
  const standing = PLANNED_UNDER.flatMap((subject) => seedsAbout(seeds, subject));
  return [...new Set(standing.map(seedName))].toSorted();
}
