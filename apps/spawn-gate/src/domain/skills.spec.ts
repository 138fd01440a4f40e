import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { SkillSources } from '@countersign/contracts';
import { expect } from 'expect';
import { brings, pinFault, skillHash, sourceFault } from './skills.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const sources = (change: Partial<SkillSources>): SkillSources => ({ mode: 'any', allowlistIds: [], allowlistPaths: [], pinnedHashes: {}, ...change });
const digests = { 'path:skills/a.md': 'aa', 'id:b': 'bb' };

describe('the hash of skills', () => {
  it('is the original definition: sorted rows of name and content, and the hash of nothing without skills', () => {
    expect(skillHash([], {}, sha256)).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(skillHash([{ path: 'skills/a.md' }, { id: 'b' }], digests, sha256)).toBe(`sha256:${sha256('id:b:bb\npath:skills/a.md:aa')}`);
    expect(skillHash([{ id: 'b' }, { path: 'skills/a.md' }], digests, sha256)).toBe(skillHash([{ path: 'skills/a.md' }, { id: 'b' }], digests, sha256));
  });
});

describe('where skills may come from', () => {
  it('an id on the allowlist does not vouch for another path', () => {
    const listed = sources({ mode: 'allowlist', allowlistIds: ['b'], allowlistPaths: ['skills/a.md'] });
    expect(sourceFault({ id: 'b' }, listed)).toBeUndefined();
    expect(sourceFault({ path: 'skills/a.md' }, listed)).toBeUndefined();
    expect(sourceFault({ id: 'b', path: 'skills/evil.md' }, listed)).toMatch('not on the allowlist');
    expect(sourceFault({ id: 'c' }, listed)).toMatch('not on the allowlist');
  });

  it('project_only means a file of the folder: no id, no absolute path, no way out', () => {
    const own = sources({ mode: 'project_only' });
    expect(sourceFault({ path: 'skills/a.md' }, own)).toBeUndefined();
    for (const skill of [{ id: 'b' }, { id: 'b', path: 'skills/a.md' }, { path: '/etc/passwd' }, { path: '../a.md' }, { path: 'skills/../../a.md' }, { path: 'C:\\a' }, { path: 'skills\\..\\..\\a' }]) {
      expect([skill, sourceFault(skill, own) !== undefined]).toEqual([skill, true]);
    }
  });

  it('a path that climbs out is refused in every mode', () => {
    expect(sourceFault({ path: 'skills/../../a.md' }, sources({}))).toMatch('outside');
  });

  it('a pin holds for the content, by id and by path', () => {
    expect(pinFault({ path: 'skills/a.md' }, sources({ pinnedHashes: { 'path:skills/a.md': 'aa' } }), digests)).toBeUndefined();
    expect(pinFault({ path: 'skills/a.md' }, sources({ pinnedHashes: { 'path:skills/a.md': 'zz' } }), digests)).toMatch('not the pinned one');
    expect(pinFault({ id: 'b' }, sources({ pinnedHashes: { 'id:b': 'zz' } }), digests)).toMatch('not the pinned one');
    expect(pinFault({ id: 'gone' }, sources({ pinnedHashes: { 'id:gone': 'zz' } }), digests)).toMatch('not the pinned one');
  });

  it('a required skill is brought only by one that carries every name asked for', () => {
    expect(brings([{ id: 'b', path: 'p' }], { id: 'b' })).toBe(true);
    expect(brings([{ id: 'b' }], { id: 'b', path: 'p' })).toBe(false);
    expect(brings([], { id: 'b' })).toBe(false);
  });
});
