import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { canonicalJson } from '@countersign/audit';
import { digestWords, uuidv7, type ArtifactId, type DeliverableFile, type DraftId, type GitPushEffect, type TaskId } from '@countersign/contracts';
import { plainWords, titleOf } from '@countersign/contracts/effect-words';
import { expect } from 'expect';
import fc from 'fast-check';
import { buildManifest, findMismatch, withBases, type AskedFile, type ManifestFacts, type StoredArtifact } from './manifest.js';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const aFile = (path: string, content: string, deleted = false): AskedFile => ({
  base: null, artifactId: uuidv7() as ArtifactId, path, mode: '100644', mediaType: 'text/javascript', sha256: hash(content), size: content.length, deleted,
});
const stored = (file: DeliverableFile): StoredArtifact => ({
  id: file.artifactId, path: file.path, mode: file.mode, deleted: file.deleted, size: file.size, sha256: file.sha256, contentSha256: file.sha256, contentSize: file.size, baseId: null, baseSha256: null,
});
const push: GitPushEffect = {
  kind: 'git.push', mirror: 'demo', remote: '/srv/demo.git', branch: 'countersign/goal-1', base: 'a'.repeat(40), tree: 'b'.repeat(40), expectedHead: null,
  commit: { author: { name: 'Countersign', email: 'bot@example.test' }, date: '2026-01-02T03:04:05Z', message: 'Document the parser' },
};
const facts = (files: readonly AskedFile[], overrides: Partial<ManifestFacts> = {}): ManifestFacts => ({
  approvalId: uuidv7(), teamId: uuidv7(), customerId: uuidv7(), goalId: uuidv7(), deliverableId: uuidv7(), revision: 2, files, effect: push,
  checks: [{ taskId: uuidv7() as TaskId, taskKey: 'docs', draftId: uuidv7() as DraftId, criterion: 'parses', kind: 'parses', passed: true }],
  requestedBy: { memberId: uuidv7(), agent: 'manager-agent', task: null, parents: [] }, signedHead: { size: 7, root: 'c'.repeat(64) }, touched: { untrustedInput: true, privateData: false }, costMicros: 420_000, costRehearsal: false, policy: { id: 'approval-policy', version: 3, tier: 2, validMinutes: 15, delaySeconds: 0 }, quorum: undefined,
  supersedes: undefined, createdAt: new Date(0), dueAt: new Date(3_600_000), ...overrides,
});
const text = (value: unknown): string => canonicalJson(value as Parameters<typeof canonicalJson>[0]).toString('utf8');

describe('the manifest', () => {
  it('begins with its format and version, in canonical form', () => {
    expect(text(buildManifest(facts([aFile('a.js', 'x')])))).toMatch(/^\{"\$format":"countersign\/manifest\/v2",/);
  });

  it('carries the typed effect member for member and no number that could be read two ways', () => {
    const manifest = buildManifest(facts([aFile('a.js', 'x')]));
    expect(manifest.effects[0]!.params).toEqual(push);
    expect(text(manifest)).not.toMatch(/":-?\d/);
  });

  it('names the signed head it was asked under, the empty one before the first, what the work touched, and who stands above who asks', () => {
    const file = aFile('a.js', 'x');
    expect(buildManifest(facts([file], { requestedBy: { memberId: 'm', agent: 'doc-bot', task: 't', parents: ['p', 'q'] }, touched: { untrustedInput: false, privateData: true } }))).toMatchObject({
      checkpoint: { root: 'c'.repeat(64), size: '7' }, requested_by: { agent: 'doc-bot', member_id: 'm', parent_chain: ['p', 'q'], task: 't' }, taint: { external_effect: true, private_data: true, untrusted_input: false },
    });
    expect(buildManifest(facts([file], { signedHead: undefined, effect: { kind: 'file.publish', folder: 'f' } }))).toMatchObject({ checkpoint: { root: hash(''), size: '0' }, taint: { external_effect: false } });
  });

  it('has the same bytes in whatever order the files come', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?$/), { minLength: 1, maxLength: 6 }), (paths) => {
        const files = paths.map((path) => aFile(path, path));
        const one = facts(files);
        expect(text(buildManifest(one))).toBe(text(buildManifest({ ...one, files: [...files].reverse() })));
      }),
    );
  });

  it('can be made whatever the effect is called: a title is cut between two characters', () => {
    for (const before of [40, 41]) {
      const effect = { kind: 'file.publish' as const, folder: `${'x'.repeat(before)}${'\u{1f375}'.repeat(30)}` };
      const manifest = buildManifest(facts([aFile('a.js', 'x')], { effect }));
      expect([[...manifest.title].length <= 60, JSON.parse(text(manifest))]).toEqual([true, manifest]);
    }
  });

  it('says in the words of the server what will happen', () => {
    const files = [aFile('a.js', 'x'), aFile('b.js', '', true)];
    expect(plainWords(push, files)).toBe('One commit with 1 changed file and 1 deletion, on top of aaaaaaaaaa, will be pushed to a new branch countersign/goal-1 of /srv/demo.git.');
    expect(titleOf({ ...push, branch: 'x'.repeat(200) }, files)).toHaveLength(60);
  });
});

describe('the bytes behind a manifest', () => {
  it('are accepted when every row and every byte is what the deliverable names', () => {
    const files = [aFile('a.js', 'x'), aFile('b.js', 'y')];
    expect(findMismatch(files, files.map(stored))).toBeUndefined();
  });

  it('are refused when a row is missing or any member or byte differs', () => {
    const file = aFile('a.js', 'x');
    const changes: Partial<StoredArtifact>[] = [
      { path: 'b.js' }, { mode: '100755' }, { deleted: true }, { size: 2 }, { contentSize: 2 }, { sha256: hash('y') }, { contentSha256: hash('y') },
    ];
    for (const change of changes) expect(findMismatch([file], [{ ...stored(file), ...change }])).toBe(file);
    expect(findMismatch([file], [])).toBe(file);
  });

  it('names what each file takes the place of, and nothing where nothing stands there', () => {
    const file = aFile('a.js', 'x');
    const base = { baseId: uuidv7(), baseSha256: hash('before') };
    expect(withBases({ kind: 'git.push' }, [file], [{ ...stored(file), ...base }])[0]!.base).toEqual({ artifact_id: base.baseId, sha256: base.baseSha256 });
    for (const none of [[], [stored(file)], [{ ...stored(file), baseId: base.baseId }]]) expect(withBases({ kind: 'git.push' }, [file], none)[0]!.base).toBeNull();
    expect(buildManifest(facts(withBases({ kind: 'git.push' }, [file], [{ ...stored(file), ...base }]))).artifacts[0]).toMatchObject({ base: { artifact_id: base.baseId } });
  });

  it('names nothing that stood there where nobody finds it again: only a push is carried out on it', () => {
    const file = aFile('a.js', 'x');
    for (const kind of ['file.publish', 'http.post', 'email.send'] as const) expect(withBases({ kind }, [file], [{ ...stored(file), baseId: uuidv7(), baseSha256: hash('before') }])[0]!.base).toBeNull();
  });
});

describe('the words of a digest', () => {
  it('are three, and the same for the same digest', () => {
    fc.assert(fc.property(fc.string(), (input) => {
      expect(digestWords(hash(input))).toMatch(/^[a-z]+-[a-z]+-[a-z]+$/);
      expect(digestWords(hash(input))).toBe(digestWords(hash(input)));
    }));
  });
  it('differ for all of 2000 digests but a few', () => {
    const words = new Set(Array.from({ length: 2000 }, (_, n) => digestWords(hash(String(n)))));
    expect(words.size).toBeGreaterThan(1990);
  });
});
