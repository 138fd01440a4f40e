import { CONFIRMATION_IDS, PersonId, PLATFORM_CHAIN, uuidv7, type CustomerId, type EvolutionProposal, type EvolutionReply, type Requester, type Reviewer } from '@countersign/contracts';
import type { GateBench } from './gate-bench.js';

/** One of the platform's own people, somebody else each time. */
export const staff = (role: string): Requester => ({ personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: [role] });

export const aProposal = (seed: string, change: Partial<EvolutionProposal> = {}): EvolutionProposal => ({
  title: 'Two teams work together', current: 'One team a customer', proposed: 'Two teams share a workspace', rationale: ['Customers ask for it'],
  criteria: { increasesScope: ['two managers'], reducesApprovals: [], addsAccess: ['a shared workspace'], weakensSafety: [] },
  seed: { seed_id: seed, type: 'agent_lifecycle', decision: 'Two teams may share a workspace', principle: 'Only while both have one governor', applies_to: ['shared_context'] }, ...change,
});

/** Proposed by one, reviewed by three, each question accepted; what the governor's approval comes to. */
export async function evolve(gate: GateBench, proposal: EvolutionProposal): Promise<EvolutionReply> {
  const { evolutionId = '', ...proposed } = await gate.governance.propose({ by: staff('genesis'), requestId: uuidv7(), proposal });
  if (!proposed.ok) return proposed;
  for (const role of ['genesis', 'systems_architect', 'vision_guardian'] satisfies Reviewer[]) await gate.governance.review({ by: staff(role), reviewId: uuidv7(), kind: 'evolution', id: evolutionId, version: 1, role, verdict: 'recommended', notes: 'as it is' });
  for (const question of CONFIRMATION_IDS) await gate.governance.confirm({ by: gate.gov, evolutionId, question, accepted: true, note: '' });
  return gate.governance.decide({ by: gate.gov, evolutionId, verb: 'approve', rationale: ['It is worth it'] });
}
