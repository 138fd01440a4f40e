import { describe, it } from 'node:test';
import { expect } from 'expect';
import { MANIFEST_FORMAT, type Manifest } from '@countersign/contracts';
import { differenceFrom, proofWords, sha256Hex, type Shown } from './proof.js';

const [id, teamId, goalId, fileId] = ['a', 'b', 'c', 'd'].map((sign) => `019d0f0e-0000-7000-8000-00000000000${sign}`) as [string, string, string, string];
const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const plain = 'One commit with 1 changed file will be pushed to a new branch x of y.';
const manifest: Manifest = {
  $format: MANIFEST_FORMAT,
  approval_id: id,
  artifacts: [{ deleted: false, id: fileId, media_type: 'text/plain', mode: '100644', path: 'a.ts', sha256, size: '3' }],
  checks: [{ criterion: 'parses', passed: true, task: 'docs' }],
  cost: { amount_micros: '700', currency: 'USD' },
  created_at: '2026-11-20T15:00:00.000Z',
  customer_id: teamId,
  deliverable_id: goalId,
  effects: [{ index: '0', kind: 'git.push', params: {}, plain, reversible: true, target: 'y x' }],
  expires_at: '2026-11-20T16:00:00.000Z',
  goal_id: goalId,
  policy: { id: 'approval-policy', valid_minutes: '15', version: '1' },
  requested_by: { agent: 'manager-agent', member_id: id },
  revision: '1',
  supersedes: null,
  team_id: teamId,
  tier: '1',
  title: 'Push 1 file to x',
};
const shown: Shown = {
  id,
  teamId,
  goalId,
  digest: sha256,
  title: 'Push 1 file to x',
  whatHappens: plain,
  cost: { amountMicros: 700, currency: 'USD' },
  facts: [{ label: 'Where to', value: 'y x' }],
  checks: [{ criterion: 'parses', passed: true, outputTail: '' }],
  artifacts: [{ id: fileId, path: 'a.ts', mediaType: 'text/plain', size: 3, sha256, deleted: false, contentUrl: null, baseContentUrl: null }],
};
const file = shown.artifacts[0]!;

describe('The proof of what is shown', () => {
  it('hashes bytes as the rest of the world does', async () => {
    expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(sha256);
  });
  it('finds nothing where screen and manifest agree', () => {
    expect(differenceFrom(shown, manifest)).toBeUndefined();
  });
  it('names each thing that a screen shows and the manifest does not', () => {
    const cases: [Partial<Shown>, string][] = [
      [{ id: goalId }, 'it is the manifest of another request'],
      [{ teamId: goalId }, 'it belongs to another team or goal'],
      [{ title: 'Push nothing' }, 'the title'],
      [{ whatHappens: 'Nothing will happen.' }, 'the description of what will happen'],
      [{ cost: { amountMicros: 1, currency: 'USD' } }, 'the cost'],
      [{ cost: { amountMicros: 700, currency: 'USD', rehearsal: true } }, 'the cost'],
      [{ facts: [{ label: 'Where to', value: 'elsewhere' }] }, 'where it goes'],
      [{ checks: [] }, 'the outcome of the checks'],
      [{ artifacts: [] }, 'the list of files'],
      [{ artifacts: [{ ...file, path: 'b.ts' }] }, 'b.ts'],
      [{ artifacts: [{ ...file, sha256: 'f'.repeat(64) }] }, 'a.ts'],
      [{ artifacts: [{ ...file, deleted: true }] }, 'a.ts'],
    ];
    for (const [changed, what] of cases) expect(differenceFrom({ ...shown, ...changed }, manifest)).toBe(what);
  });
  it('is said in one sentence', () => {
    expect(proofWords({ state: 'checking', checked: 2, of: 4 })).toBe('Hashing the files on this device: 2 of 4');
    expect(proofWords({ state: 'matches', of: 4 })).toBe('Hashed on this device: all 4 files match what you would countersign');
    expect(proofWords({ state: 'differs', what: 'a.ts' })).toBe('Not what would be countersigned: a.ts differs');
  });
});
