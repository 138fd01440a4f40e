import { describe, it } from 'node:test';
import type { ApprovalArtifact } from '@countersign/contracts';
import { expect } from 'expect';
import { changedSince } from './changed-since.js';
import { deferPresets } from './defer-presets.js';
import { beyondLimits, carriedOver, fitting, isFull, readDraft, roomFor, withRemark } from './review-draft.js';

const file = (path: string, sha256: string, change: Partial<ApprovalArtifact> = {}): ApprovalArtifact => ({ id: path, path, mediaType: 'text/plain', size: 1, sha256, deleted: false, mode: '100644', contentUrl: `/${path}/${sha256}`, baseContentUrl: `/${path}/base`, baseSha256: '0', ...change });

describe('what changed since somebody last looked', () => {
  it('is what has other bytes, came, went, or is left as it is now', () => {
    const { changed, same } = changedSince(
      [file('same', 'a'), file('edited', 'a'), file('gone', 'a'), file('dropped', 'a'), file('dropped-new', 'a', { baseContentUrl: null, baseSha256: null }), file('back', '', { deleted: true, contentUrl: null })],
      [file('same', 'a'), file('edited', 'b'), file('gone', '', { deleted: true, contentUrl: null }), file('new', 'a', { baseContentUrl: null, baseSha256: null }), file('back', 'b')],
    );
    expect(same).toBe(1);
    expect(changed.map(({ artifact: { path, contentUrl, sha256, baseContentUrl, baseSha256, deleted }, earlier, dropped }) => [path, baseContentUrl, contentUrl, sha256, deleted, baseSha256, earlier, dropped])).toEqual([
      ['back', null, '/back/b', 'b', false, null, true, false],
      ['dropped', '/dropped/a', '/dropped/base', '0', false, 'a', true, true],
      ['dropped-new', '/dropped-new/a', null, '', true, 'a', true, true],
      ['edited', '/edited/a', '/edited/b', 'b', false, 'a', true, false],
      ['gone', '/gone/a', null, '', true, 'a', true, false],
      ['new', null, '/new/a', 'a', false, null, false, false],
    ]);
    expect(changedSince([file('a', '1')], [file('a', '1')])).toEqual({ changed: [], same: 1 });
    expect(changedSince([file('never', '', { deleted: true, contentUrl: null, baseContentUrl: null, baseSha256: null })], [])).toEqual({ changed: [], same: 0 });
    expect(changedSince([file('stays', '', { deleted: true, contentUrl: null })], []).changed).toMatchObject([{ artifact: { path: 'stays', deleted: false, sha256: '0', baseSha256: null }, dropped: true }]);
    expect(changedSince([file('a', '1')], [file('a', '1', { mode: '100755' })])).toMatchObject({ changed: [{ artifact: { path: 'a', mode: '100755', baseSha256: '1' }, earlier: true }], same: 0 });
  });
});

describe('how long a request can be put off by one press', () => {
  it('is never until it is due, and until the morning of the reader', () => {
    const now = new Date('2026-03-28T20:05:00Z');
    const labels = (dueAt: string) => deferPresets(now, dueAt, { timeZone: 'Europe/Berlin' }).map(({ id, until }) => [id, until]);
    expect(labels('2026-03-28T20:20:00Z')).toEqual([]);
    expect(labels('2026-03-28T21:05:00Z')).toEqual([['soon', '2026-03-28T20:35:00.000Z']]);
    // the clocks are changed in that night
    expect(labels('2026-03-30T00:00:00Z').at(-1)).toEqual(['tomorrow', '2026-03-29T07:00:00.000Z']);
    expect(deferPresets(now, '2026-03-31T00:00:00Z', { timeZone: 'Asia/Kathmandu' }).at(-1)!.until).toBe('2026-03-30T03:15:00.000Z'); // past midnight there already
  });
});

describe('a review that is being written', () => {
  it('has one remark at a place, in the order of files and lines, and takes an empty one away', () => {
    const at = (path: string, line: number) => ({ path, line, side: 'after' as const });
    let draft = withRemark(withRemark(withRemark([], at('b', 2), 'two'), at('b', 10), 'ten'), at('a', 5), ' five ');
    expect(draft.map(({ path, line, text }) => `${path}:${line} ${text}`)).toEqual(['a:5 five', 'b:2 two', 'b:10 ten']);
    draft = withRemark(withRemark(draft, at('b', 2), 'other'), at('b', 10), '  ');
    expect(draft.map(({ text }) => text)).toEqual(['five', 'other']);
    expect(withRemark(draft, { ...at('b', 2), side: 'before' }, 'before')).toHaveLength(3);
  });

  it('says when nothing more fits', () => {
    const many = Array.from({ length: 50 }, (_, line) => ({ path: 'a', line: line + 1, side: 'after' as const, text: 'x' }));
    expect([isFull([]), isFull(many), isFull([{ ...many[0]!, text: 'x'.repeat(8_000) }])]).toEqual([undefined, expect.stringContaining('50'), expect.stringContaining('8000')]);
  });

  it('lets in no remark that could never be sent, and loses none that is there', () => {
    const at = (line: number, chars: number) => ({ path: 'a', line, side: 'after' as const, text: 'x'.repeat(chars) });
    const nearly = [at(1, 2_000), at(2, 2_000), at(3, 2_000), at(4, 1_999)];
    expect([roomFor([], at(1, 0)), roomFor(nearly, at(5, 0)), roomFor(nearly, at(4, 0)), roomFor([...nearly, at(5, 1)], at(6, 0))]).toEqual([2_000, 1, 2_000, 0]);
    expect([beyondLimits(nearly), beyondLimits([...nearly, at(5, 1)]), beyondLimits([...nearly, at(5, 2_000)])]).toEqual([undefined, undefined, expect.stringContaining('Shorten yours by 1999')]);
    const many = Array.from({ length: 51 }, (_, line) => at(line + 1, 1));
    expect([beyondLimits(many.slice(1)), beyondLimits(many), readDraft(JSON.stringify(many)).length]).toEqual([undefined, expect.stringContaining('Take 1 of them away'), 51]);
  });

  it('takes over from another what there is room for: nothing beyond, and nothing in the place of what stands there', () => {
    const at = (line: number, chars = 1) => ({ path: 'a', line, side: 'after' as const, text: 'x'.repeat(chars) });
    expect(fitting(Array.from({ length: 48 }, (_, line) => at(line + 1)), [at(48), at(49), at(50), at(51)]).map(({ line }) => line)).toEqual([49, 50]);
    expect(fitting([at(1, 2_000), at(2, 2_000), at(3, 2_000)], [at(4, 1_990), at(5, 11), at(6, 10), at(6, 1)]).map(({ line }) => line)).toEqual([4, 6]);
  });

  it('goes over to a later version with the lines that are still there, wherever they stand now', () => {
    const remark = (line: number, path = 'a') => ({ path, line, side: 'after' as const, text: `on ${line}` });
    const texts = { then: { a: 'one\ntwo\n\ntwice\ngone\n', b: 'one\n' }, now: { a: 'zero\none\ntwo\ntwice\ntwice\n\n' } } as const;
    const { fit, lost } = carriedOver([remark(1), remark(2), remark(3), remark(4), remark(5), remark(9), remark(1, 'b')], (when, { path }) => (texts[when] as Record<string, string>)[path]);
    expect(fit.map(({ line, text, was }) => [line, text, was.line])).toEqual([[2, 'on 1', 1], [3, 'on 2', 2], [4, 'on 4', 4]]); // the fourth is where it was, though it is there twice
    expect(lost).toEqual([remark(3), remark(5), remark(9), remark(1, 'b')]); // an empty line is no place to find again
  });

  it('is read from what the browser kept, whatever stands there', () => {
    const kept = [{ path: 'a', line: 1, side: 'after', text: 'x' }];
    expect(readDraft(JSON.stringify(kept))).toEqual(kept);
    for (const bad of [null, '', '{', '{}', '[1]', '[null]', JSON.stringify([{ ...kept[0], line: 1.5 }, { ...kept[0], side: 'left' }, { ...kept[0], text: '' }])]) expect(readDraft(bad)).toEqual([]);
  });
});
