import { InstanceId, type SpawnOutcome } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { BOUND } from '../../testing/tool-bench.js';
import type { AgentWish } from '../../domain/spawn-args.js';
import { Spawner } from './spawner.js';

const yes = (): SpawnOutcome => ({ ok: true, code: 'ok', message: '', violations: [], requiresUserApproval: false, instanceId: InstanceId.next(), status: 'queued', missionId: BOUND.goalId, skillHash: 'sha256:x' });
const no = (code: string): SpawnOutcome => ({ ok: false, code, message: 'no', violations: [{ code, message: 'no' }], requiresUserApproval: false });
const wish = { role: 'worker', justification: 'two halves' };

describe('a worker that asks for another agent', () => {
  it('gets the original’s answer by the tool, and the protocol’s by the method, from one question', async () => {
    const asked: AgentWish[] = [];
    const spawner = new Spawner(BOUND, 2, (of) => { asked.push(of); return Promise.resolve(yes()); });
    expect(await spawner.tool({ ...wish, missionID: BOUND.goalId, parentInstanceID: BOUND.instanceId, source: 'tool_call' })).toEqual({ ok: true, missionID: BOUND.goalId, instanceID: expect.stringMatching(/^ins_[0-9a-f]{32}$/), sessionID: expect.stringMatching(/^ses_/), runID: null, status: 'queued', skillHash: 'sha256:x' });
    expect(await spawner.request(wish)).toEqual({ outcome: 'allowed', code: 'ok', instanceId: expect.stringMatching(/^ins_/) });
    expect(asked).toEqual([{ role: 'worker', justification: 'two halves' }, { role: 'worker', justification: 'two halves' }]);
  });

  it('hears the gate’s code, and whether a person is asked', async () => {
    expect(await new Spawner(BOUND, 1, () => Promise.resolve(no('spawn_denied_edge'))).tool(wish)).toEqual({ ok: false, code: 'spawn_denied_edge', error: 'no', requiresUserApproval: false });
    const asking = { ...no('spawn_requires_approval'), requiresUserApproval: true, approvalId: BOUND.goalId };
    expect(await new Spawner(BOUND, 1, () => Promise.resolve(asking)).request(wish)).toEqual({ outcome: 'approval_required', code: 'spawn_requires_approval', reason: 'no', approvalId: expect.stringMatching(/^spawn_/) });
  });

  it('asks one after the other and starts no more than its spec says, also when many are asked at once', async () => {
    let under = 0;
    const spawner = new Spawner(BOUND, 2, async () => {
      expect(++under).toBe(1);
      await new Promise(setImmediate);
      under -= 1;
      return yes();
    });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => spawner.tool(wish)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    await expect(spawner.request(wish)).rejects.toMatchObject({ refusal: { code: 'spawn_not_allowed' } });
  });

  it('counts only what was started, and goes on after the gate could not be reached', async () => {
    const answers = [no('spawn_requires_approval'), new Error('silence'), yes()];
    const spawner = new Spawner(BOUND, 1, () => { const answer = answers.shift()!; return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer); });
    expect(await spawner.request(wish)).toMatchObject({ outcome: 'denied' });
    await expect(spawner.request(wish)).rejects.toThrow('silence');
    await spawner.idle;
    expect(await spawner.request(wish)).toMatchObject({ outcome: 'allowed' });
  });

  it('is refused for every word about itself that is not true, before the gate is asked', async () => {
    const spawner = new Spawner(BOUND, 9, () => Promise.reject(new Error('the gate was asked')));
    for (const lie of [{ parentInstanceID: InstanceId.next() }, { parentInstanceID: 'me' }, { missionID: 'mission-default' }, { source: 'ui_action' }, { source: 'orchestrator_runtime' }, { role: 'operator' }, { role: undefined }, { justification: undefined }]) {
      expect([lie, await spawner.tool({ ...wish, ...lie })]).toMatchObject([lie, { ok: false, code: 'SPAWN_INVALID_ARGS', requiresUserApproval: false }]);
    }
  });
});
