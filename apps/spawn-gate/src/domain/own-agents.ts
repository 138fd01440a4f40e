import type { Bundle } from '@countersign/contracts';

/** A specialist that belongs to the team, also where it stands still. */
export interface Owner {
  readonly skill: string;
  readonly agent: string;
  readonly suspended: boolean;
}

/** The template that a member's agent is started from: the bundle may name another than the agent's own. */
export const templateOfMember = ({ members = [] }: Partial<Bundle>, { skill, agent }: Pick<Owner, 'skill' | 'agent'>): string => members.find((entry) => entry.skill === skill)?.template ?? agent;

/** Templates that are members' own and of which everybody who has one is suspended: nothing of them starts or runs under any name (S4-91). Where another has the same and works, it is that one's. */
export function stoppedTemplates(bundle: Partial<Bundle>, owners: readonly Owner[]): readonly string[] {
  const byTemplate = Map.groupBy(owners, (owner) => templateOfMember(bundle, owner));
  return [...byTemplate].filter(([, theirs]) => theirs.every(({ suspended }) => suspended)).map(([template]) => template);
}
