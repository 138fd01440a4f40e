import { TeamId } from '@countersign/contracts';

/** What the broker refused. */
export interface Refused {
  readonly operation: 'publish' | 'subscription';
  readonly subject: string | undefined;
  /** Undefined where the broker has checked none. */
  readonly key: string | undefined;
  readonly at: Date;
  readonly line: string;
}

export interface BusAttempts {
  /** What was tried in the name of what may be a team: its manager's doing, if there is one. */
  readonly ofTeams: ReadonlyMap<TeamId, readonly (Refused & { readonly subject: string })[]>;
  /** Everything else that was tried with the managers' credential; it says nothing of whose manager it was. */
  readonly elsewhere: readonly Refused[];
  /** What somebody tried who showed the broker anything that it does not check, which no program of ours does: a credential in foreign hands, whichever it is. */
  readonly hidden: readonly Refused[];
}

/** Of one team at a time: more of them say nothing new. */
const MOST = 20;
const OF_A_TEAM = /^team\.([0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\./;

/**
 * What somebody tried with the managers' credential that only people and other services may. Who listens where they may not
 * names the team they would rob, not the one they work for: that stops nobody's work, a person looks at it.
 */
export function attemptsOf(refused: readonly Refused[], managerKey: string): BusAttempts {
  const ofTeams = new Map<TeamId, (Refused & { readonly subject: string })[]>();
  const elsewhere: Refused[] = [];
  for (const one of refused.filter(({ key }) => key === managerKey)) {
    const { subject } = one;
    const teamId = subject !== undefined && one.operation === 'publish' ? OF_A_TEAM.exec(subject)?.[1] : undefined;
    if (subject === undefined || teamId === undefined) elsewhere.push(one);
    // the newest: the team may have been let go on since
    else ofTeams.set(TeamId.parse(teamId), [...(ofTeams.get(TeamId.parse(teamId)) ?? []), { ...one, subject }].slice(-MOST));
  }
  return { ofTeams, elsewhere, hidden: refused.filter(({ key }) => key === undefined) };
}
