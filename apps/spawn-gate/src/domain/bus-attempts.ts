import { TeamId } from '@countersign/contracts';

/** What the broker refused. */
export interface Refused {
  readonly operation: 'publish' | 'subscription';
  readonly subject: string;
  readonly key: string;
  readonly checked: boolean;
  readonly at: Date;
  readonly line: string;
}

export interface BusAttempts {
  /** What was tried in the name of a team: its manager's doing. */
  readonly ofTeams: ReadonlyMap<TeamId, readonly Refused[]>;
  /** Everything else that was tried with the managers' credential; it says nothing of whose manager it was. */
  readonly elsewhere: readonly Refused[];
  /** What somebody tried who showed the broker another key, which it does not check and which no program of ours does: a credential in foreign hands, whichever it is. */
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
  const ofTeams = new Map<TeamId, Refused[]>();
  const elsewhere: Refused[] = [];
  for (const one of refused.filter(({ key }) => key === managerKey)) {
    const teamId = one.operation === 'publish' ? OF_A_TEAM.exec(one.subject)?.[1] : undefined;
    if (teamId === undefined) elsewhere.push(one);
    else ofTeams.set(TeamId.parse(teamId), [...(ofTeams.get(TeamId.parse(teamId)) ?? []), one].slice(0, MOST));
  }
  return { ofTeams, elsewhere, hidden: refused.filter(({ key, checked }) => key !== managerKey && !checked) };
}
