import { APPROVAL_CODE, firstOf, NotFoundError, wireMission, type GateApprovalState, type HeldSkill, type SpawnOutcome, type SpawnReply } from '@countersign/contracts';
import type { Tx } from '@countersign/database';
import type { Denied } from '../../domain/decide-spawn.js';
import type { QuestionRow } from './gate-approvals.js';
import type { SpawnCase } from './read-spawn.js';
import { decisionById, instanceAsTold, type EarlierDecision, type EarlierInstance } from './spawn-rows.js';
import { sentence, type Settled } from './write-spawn.js';

type Refusal = Pick<Denied, 'code' | 'violations' | 'requiresUserApproval'>;

/** What a door answers to a case that was just settled. */
export function outcomeOf({ goalId }: Pick<SpawnCase, 'goalId'>, { decision, instanceId, status, approvalId }: Settled): SpawnOutcome {
  if (!decision.allowed) return { ...refusal(decision), missionId: wireMission(goalId), ...(approvalId === undefined ? {} : { approvalId }) };
  return { ...allowed, missionId: wireMission(goalId), instanceId: instanceId as never, status: status!, skillHash: decision.skillHash, slice: decision.slice };
}

const allowed = { ok: true, code: 'ok', message: '', violations: [], requiresUserApproval: false };
const refusal = ({ code, violations, requiresUserApproval }: { readonly code: string; readonly violations: readonly { readonly code: string; readonly message: string }[]; readonly requiresUserApproval: boolean }): SpawnOutcome => ({
  ok: false,
  code,
  message: sentence({ violations: violations as Refusal['violations'] }),
  violations: violations.map(({ code: each, message }) => ({ code: each, message: firstOf(message, 500) })),
  requiresUserApproval,
});

/** An instance that a request got before. */
export const outcomeOfInstance = ({ id, goal_id, state, skill_hash, slice }: EarlierInstance): SpawnOutcome => ({ ...allowed, missionId: wireMission(goal_id), instanceId: id, status: state, skillHash: skill_hash, slice });

/** What was decided under this id before: the instance, or the refusal. */
export async function outcomeOfDecision(tx: Tx, id: string, { allowed: yes, code, violations }: EarlierDecision): Promise<SpawnOutcome> {
  if (!yes) return refusal({ code, violations, requiresUserApproval: false });
  const instance = await instanceAsTold(tx, id);
  if (!instance) throw new NotFoundError('instance');
  return outcomeOfInstance(instance);
}

const WORDS: Readonly<Record<Exclude<GateApprovalState, 'pending' | 'approved'>, string>> = {
  denied: 'a person said no',
  expired: 'nobody answered in time',
  withdrawn: 'what it was for is over',
};

/** How far a question about a spawn is; after a yes, what the gate then decided. */
export async function outcomeOfQuestion(tx: Tx, { id, goal_id, code, reason, state, result_id }: QuestionRow): Promise<SpawnOutcome> {
  if (state === 'pending') return { ...refusal({ code, violations: [{ code, message: reason }], requiresUserApproval: true }), missionId: wireMission(goal_id), approvalId: id };
  if (state === 'approved') {
    const decision = await decisionById(tx, result_id!);
    return { ...(await outcomeOfDecision(tx, result_id!, decision!)), approvalId: id };
  }
  const ended = APPROVAL_CODE.spawn[state];
  return { ...refusal({ code: ended, violations: [{ code: ended, message: WORDS[state] }], requiresUserApproval: false }), missionId: wireMission(goal_id), approvalId: id };
}

/** The same as the fleet's admission reads it. */
export const replyOf = ({ ok, code, message, requiresUserApproval, instanceId, slice, skillHash, approvalId }: SpawnOutcome, grant?: { readonly capabilities: object; readonly skills: HeldSkill[] }): SpawnReply =>
  ok
    ? { allowed: true, code: 'ok', instanceId: instanceId!, slice: slice!, skillHash: skillHash!, capabilities: grant!.capabilities, skills: grant!.skills }
    : { allowed: false, code, reason: message, requiresUserApproval, ...(approvalId === undefined ? {} : { approvalId }) };
