import { describe, it } from 'node:test';
import { expect } from 'expect';
import { effectKey, MANIFEST_FORMAT, type Effect, type Manifest } from '@countersign/contracts';
import { factsOf, plainWords, question, sentView, targetOf, titleOf, whatHappens } from '@countersign/contracts/effect-words';
import { differenceFrom, proofWords, sha256Hex, type Shown } from './proof.js';

const [id, teamId, goalId, fileId] = ['a', 'b', 'c', 'd'].map((sign) => `019d0f0e-0000-7000-8000-00000000000${sign}`) as [string, string, string, string];
const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const path = 'out/a.md';
const push = { kind: 'git.push', mirror: 'm', remote: 'y', branch: 'x', base: 'a'.repeat(40), tree: 'b'.repeat(40), expectedHead: null, commit: { author: { name: 'n', email: 'e@chai.example' }, date: '2026-11-20T15:00:00Z', message: 'm' } } as const;
const post = { kind: 'http.post', url: 'https://hooks.chai.example/in?team=a', contentType: 'text/markdown', body: path } as const;
const mail = { kind: 'email.send', from: 'reports@chai.example', to: Array.from({ length: 20 }, (_, n) => `somebody-with-a-long-name-${n}@chai.example`), cc: ['ravi@chai.example'], subject: 'This week', body: path, attachments: [] } as const;
const publish = { kind: 'file.publish', folder: 'week-47' } as const;
const EFFECTS: readonly Effect[] = [push, publish, post, mail];

const manifestOf = (effect: Effect): Manifest => {
  const files = [{ path, size: 3, deleted: false }];
  return {
    $format: MANIFEST_FORMAT,
    approval_id: id,
    artifacts: [{ base: { artifact_id: id, sha256: 'b'.repeat(64) }, deleted: false, id: fileId, media_type: 'text/plain', mode: '100644', path, sha256, size: '3' }],
    checkpoint: { root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', size: '0' },
    checks: [{ criterion: 'parses', passed: true, task: 'docs' }],
    cost: { amount_micros: '700', currency: 'USD' },
    created_at: '2026-11-20T15:00:00.000Z',
    customer_id: teamId,
    deliverable_id: goalId,
    effects: [{ index: '0', kind: effect.kind, params: effect as unknown as Manifest['effects'][number]['params'], plain: plainWords(effect, files), reversible: true, target: targetOf(effect) }],
    expires_at: '2026-11-20T16:00:00.000Z',
    goal_id: goalId,
    policy: { id: 'approval-policy', valid_minutes: '15', version: '1' },
    requested_by: { agent: 'manager-agent', member_id: id, parent_chain: [], task: null },
    revision: '1',
    supersedes: null,
    taint: { external_effect: true, private_data: false, untrusted_input: true },
    team_id: teamId,
    tier: '1',
    title: titleOf(effect, files),
  };
};
/** As the server says it. */
const shownFor = (manifest: Manifest): Shown => ({
  id,
  teamId,
  goalId,
  digest: sha256,
  title: manifest.title,
  question: question(manifest),
  whatHappens: whatHappens(manifest),
  cost: { amountMicros: 700, currency: 'USD' },
  facts: factsOf(manifest),
  sent: sentView(manifest, effectKey(id)) ?? null,
  checks: [{ criterion: 'parses', passed: true, outputTail: '' }],
  tier: Number(manifest.tier) as Shown['tier'],
  quorum: manifest.quorum ? { need: Number(manifest.quorum.need), of: manifest.quorum.of } : null,
  artifacts: [{ id: fileId, path, mediaType: 'text/plain', size: 3, sha256, deleted: false, mode: '100644', contentUrl: null, baseContentUrl: null, baseSha256: 'b'.repeat(64) }],
});
const manifest = manifestOf(push);
const shown = shownFor(manifest);
const file = shown.artifacts[0]!;

describe('The proof of what is shown', () => {
  it('hashes bytes as the rest of the world does', async () => {
    expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(sha256);
  });
  for (const effect of EFFECTS) {
    it(`finds nothing where screen and manifest of a ${effect.kind} agree`, async () => {
      expect(await differenceFrom(shownFor(manifestOf(effect)), manifestOf(effect))).toBeUndefined();
    });
  }
  it('names each thing that a screen shows and the manifest does not', async () => {
    const cases: [Partial<Shown>, string][] = [
      [{ id: goalId }, 'it is the manifest of another request'],
      [{ teamId: goalId }, 'it belongs to another team or goal'],
      [{ title: 'Push nothing' }, 'the title'],
      [{ whatHappens: 'Nothing will happen.' }, 'the description of what will happen'],
      [{ cost: { amountMicros: 1, currency: 'USD' } }, 'the cost'],
      [{ cost: { amountMicros: 700, currency: 'USD', rehearsal: true } }, 'the cost'],
      [{ question: 'May nothing be pushed?' }, 'the question'],
      [{ facts: shown.facts.map((fact) => (fact.label === 'Where to' ? { ...fact, value: 'elsewhere' } : fact)) }, 'the fact “Where to”'],
      [{ facts: shown.facts.filter(({ label }) => label !== 'Can be undone') }, 'the fact “Can be undone”'],
      [{ sent: { kind: 'http.post', lines: [], body: fileId, attachments: [] } }, 'what is sent, and to whom'],
      [{ checks: [] }, 'the outcome of the checks'],
      [{ tier: 2 }, 'how much depends on it'],
      [{ quorum: { need: 2, of: 'people' } }, 'how many must say yes'],
      [{ artifacts: [] }, 'the list of files'],
      [{ artifacts: [{ ...file, path: 'b.ts' }] }, 'b.ts'],
      [{ artifacts: [{ ...file, sha256: 'f'.repeat(64) }] }, path],
      [{ artifacts: [{ ...file, deleted: true }] }, path],
      [{ artifacts: [{ ...file, baseSha256: 'c'.repeat(64) }] }, path],
      [{ artifacts: [{ ...file, baseSha256: null }] }, path],
      [{ artifacts: [{ ...file, mode: '100755' }] }, path],
    ];
    for (const [changed, what] of cases) expect(await differenceFrom({ ...shown, ...changed }, manifest)).toBe(what);
    const program = { ...manifest, artifacts: manifest.artifacts.map((artifact) => ({ ...artifact, mode: '100755' })) };
    expect([await differenceFrom(shown, program), await differenceFrom({ ...shown, artifacts: [{ ...file, mode: '100755' }] }, program)]).toEqual([path, undefined]);
    const second = { ...manifest, artifacts: [...manifest.artifacts, { ...manifest.artifacts[0]!, id: goalId, path: 'out/b.md' }] };
    const ofSecond = shownFor(second);
    const both = [file, { ...file, id: goalId, path: 'out/b.md' }];
    expect(await differenceFrom({ ...ofSecond, artifacts: both }, second)).toBeUndefined();
    expect(await differenceFrom({ ...ofSecond, artifacts: [file, file] }, second)).toBe('the list of files'); // one in another's place, shown twice
    const byTwo = { ...manifest, quorum: { need: '2', of: 'people' as const, people: [id, goalId] } };
    for (const quorum of [null, { need: 1, of: 'people' as const }, { need: 2, of: 'devices' as const }]) expect(await differenceFrom({ ...shownFor(byTwo), quorum }, byTwo)).toBe('how many must say yes');
    expect(await differenceFrom(shownFor(byTwo), byTwo)).toBeUndefined();
  });
  it('names a line that others would get and the screen shows otherwise, or hides, and a file that is not to be shown whole', async () => {
    for (const effect of [publish, post, mail]) {
      const honest = shownFor(manifestOf(effect));
      const sent = honest.sent!;
      const forged = [
        null,
        { ...sent, lines: sent.lines.slice(1) },
        { ...sent, lines: sent.lines.map((line, at) => (at === sent.lines.length - 1 ? { ...line, value: 'another' } : line)) },
        { ...sent, body: id },
        { ...sent, attachments: [fileId] },
      ];
      for (const other of forged) expect(await differenceFrom({ ...honest, sent: other }, manifestOf(effect))).toBe('what is sent, and to whom');
    }
  });
  it('is said in one sentence', () => {
    expect(proofWords({ state: 'checking', checked: 2, of: 4 })).toBe('Hashing the files on this device: 2 of 4');
    expect(proofWords({ state: 'matches', of: 4 })).toBe('Hashed on this device: all 4 files match what you would countersign');
    expect(proofWords({ state: 'differs', what: 'a.ts' })).toBe('Not what would be countersigned: a.ts differs');
  });
});
