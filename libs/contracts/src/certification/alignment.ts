import { seedsAbout, type PrecedentSeed, type SeedCondition } from '../files/precedent-seed.js';
import { holds, type Claim, type PlatformFacts } from './platform-facts.js';
import type { Service } from '../services.js';
import type { TeamScope } from './scope.js';

export interface AlignmentInput {
  readonly name: string;
  readonly met: boolean;
}
export interface RiskScore {
  readonly id: 'delegation' | 'shared_context' | 'mobile' | 'helpdesk';
  readonly risk: string;
  readonly mitigation: string;
  readonly points: number;
  readonly of: number;
  readonly inputs: readonly AlignmentInput[];
}
/** 0 to 100, and what it is made of: each risk counts a quarter, shared out over its inputs. */
export interface Alignment {
  readonly score: number;
  readonly risks: readonly RiskScore[];
}

/** Whether what a seed's permission hangs on is so: that nobody but a person of the customer, through the gateway, lets anything out. */
export function conditionHolds(facts: PlatformFacts, condition: SeedCondition): boolean {
  const only = (service: Service, table: string): boolean => Object.entries(facts.rights).every(([name, tables]) => (tables[table]?.includes('writes') ?? false) === (name === service));
  switch (condition) {
    case 'customer_governor_decides_communication':
      return only('gateway', 'app.approval_decision') && holds(facts, 'manager-agent', { kind: 'never-sends', what: 'approvals.decided.v1' });
    case 'customer_governor_decides_execution':
      return only('gateway', 'app.approval_decision') && only('executor', 'app.effect');
  }
}
/** The seeds that permit internal delegation: in force, saying so, and everything holds that they hang on (S4-123). None: nobody may delegate. */
export const delegationSeeds = (seeds: readonly PrecedentSeed[], facts: PlatformFacts): PrecedentSeed[] => seedsAbout(seeds, 'delegation_authority').filter(({ permits = false, only_while = [] }) => permits && only_while.length > 0 && only_while.every((condition) => conditionHolds(facts, condition)));

/** The four risks of S4-119, judged by what the platform enforces and what the team may touch. */
export function alignmentOf(facts: PlatformFacts, scope: TeamScope, seeds: readonly PrecedentSeed[]): Alignment {
  const so = (service: Service, kind: Claim['kind'], what: string): boolean => holds(facts, service, { kind, what });
  const risks: Omit<RiskScore, 'points' | 'of'>[] = [
    {
      id: 'delegation',
      risk: 'Internal delegation could stand in for a person’s approval',
      mitigation: 'The manager approves drafts; a person of the customer approves what leaves the team',
      inputs: [
        { name: 'manager-agent never writes a decision', met: so('manager-agent', 'never-writes', 'app.approval_decision') },
        { name: 'manager-agent never writes an effect', met: so('manager-agent', 'never-writes', 'app.effect') },
        { name: 'every delegation is on record', met: so('manager-agent', 'records', 'MANAGER-TASK-ASSIGNED') },
        { name: 'a precedent in force permits delegation', met: delegationSeeds(seeds, facts).length > 0 },
      ],
    },
    {
      id: 'shared_context',
      risk: 'Shared context could show one what is another’s',
      mitigation: 'Shared inside one team only; the database keeps teams apart; every write is on record',
      inputs: [
        { name: 'artifacts are one team’s rows', met: facts.scopes['app.artifact'] === 'team' && facts.scopes['app.draft'] === 'team' },
        { name: 'every write is on record', met: so('fleet', 'records', 'TEAM-SHARED-CONTEXT-WRITE') },
        { name: 'agents reach no host, or named ones only', met: !scope.hosts.includes('*') },
        { name: 'agents hold no secret', met: scope.secrets.length === 0 },
      ],
    },
    {
      id: 'mobile',
      risk: 'An approval by phone could attest less than one at a desk',
      mitigation: 'One route and one record for both; the device and the digest of what was shown are in the entry',
      inputs: [
        { name: 'only the gateway records a yes', met: so('gateway', 'records', 'MOBILE-APPROVAL-GRANTED') && so('manager-agent', 'never-records', 'MOBILE-APPROVAL-GRANTED') },
        { name: 'an unanswered question expires', met: so('gateway', 'records', 'APPROVAL-EXPIRED') },
        { name: 'questions are asked at tier 1 or above', met: scope.tier >= 1 },
        { name: 'a yes holds for an hour at most', met: scope.validMinutes <= 60 },
      ],
    },
    {
      id: 'helpdesk',
      risk: 'A degraded team could go on without being governed',
      mitigation: 'The helpdesk only answers; it reads no content and changes nothing; every word is on record',
      inputs: [
        { name: 'helpdesk-agent reads no content', met: so('helpdesk-agent', 'never-reads', 'app.artifact') && so('helpdesk-agent', 'never-reads', 'app.draft') },
        { name: 'helpdesk-agent changes no goal and no task', met: so('helpdesk-agent', 'never-writes', 'app.goal') && so('helpdesk-agent', 'never-writes', 'app.task') },
        { name: 'helpdesk-agent decides nothing', met: so('helpdesk-agent', 'never-writes', 'app.approval_decision') && so('helpdesk-agent', 'never-writes', 'app.team') },
        { name: 'every answer is on record', met: so('helpdesk-agent', 'records', 'HELPDESK-INTERACTION') },
      ],
    },
  ];
  const scored = risks.map((each): RiskScore => ({ ...each, of: QUARTER, points: (QUARTER * each.inputs.filter(({ met }) => met).length) / each.inputs.length }));
  return { score: Math.floor(scored.reduce((sum, { points }) => sum + points, 0)), risks: scored };
}
const QUARTER = 25;
