import { describe, it } from 'node:test';
import { AGENT_ROLES, LEAST_SANDBOX_LEVEL, normalizeSpawnPolicy, SANDBOX_PRODUCTS } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { believedLevel, leastSandbox } from './sandbox-choice.js';

const CHOICES = ['process', 'none', undefined] as const;
const product = fc.constantFrom(...SANDBOX_PRODUCTS);
const policy = fc.record({ default: product, worker: product }).map((minimum_sandbox) => normalizeSpawnPolicy({ enabled: true, minimum_sandbox }));

describe('a person’s choice of a weaker sandbox', () => {
  it('lowers what a role needs, never below the choice and never above the policy', () => {
    fc.assert(fc.property(policy, fc.constantFrom(...AGENT_ROLES), fc.constantFrom(...CHOICES), (spawnPolicy, role, choice) => {
      const own = LEAST_SANDBOX_LEVEL[leastSandbox(role, spawnPolicy, undefined)];
      const chosen = choice === undefined ? own : LEAST_SANDBOX_LEVEL[choice];
      expect(LEAST_SANDBOX_LEVEL[leastSandbox(role, spawnPolicy, choice)]).toBe(Math.min(own, chosen));
    }));
  });

  it('is also the most that a supervisor is believed to have reached', () => {
    expect([4, 3, 2, 1, 0].map((reported) => believedLevel(reported, 'none'))).toEqual([0, 0, 0, 0, 0]);
    expect([4, 3, 2, 1, 0].map((reported) => believedLevel(reported, 'process'))).toEqual([2, 2, 2, 1, 0]);
    expect([4, 3, 2, 1, 0].map((reported) => believedLevel(reported, undefined))).toEqual([4, 3, 2, 1, 0]);
  });
});
