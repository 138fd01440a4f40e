import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { fileDiff, textOf, wholeText, type FileDiff } from './file-diff.js';

const rowsOf = ({ blocks }: FileDiff) => blocks.flatMap(({ rows }) => rows);
const side = (diff: FileDiff, other: 'added' | 'removed') =>
  rowsOf(diff)
    .filter(({ kind }) => kind !== other)
    .map(({ parts }) => parts.map(({ text }) => text).join(''));
const shown = (diff: FileDiff) => diff.blocks.map(({ kind, rows }) => `${kind} ${rows.length}`);
const lines = (n: number) => Array.from({ length: n }, (_, i) => `line ${i + 1}`);

describe('A file diff', () => {
  it('holds every line of both sides, whatever changed', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'const x = 1;', '', 'const y = 1;', '  }'), { maxLength: 30 }).map((all) => all.map((line) => `${line}\n`).join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = fileDiff(before, after);
        expect(side(diff, 'added')).toEqual(before.split('\n').slice(0, -1));
        expect(side(diff, 'removed')).toEqual(after.split('\n').slice(0, -1));
      }),
    );
  });

  it('numbers the lines of both sides without a gap', () => {
    const diff = fileDiff('a\nb\nc\n', 'a\nB\nB2\nc\n');
    expect(rowsOf(diff).map(({ before, after }) => [before, after])).toEqual([[1, 1], [2, undefined], [undefined, 2], [undefined, 3], [3, 4]]);
    expect(diff).toMatchObject({ added: 2, removed: 1 });
  });

  it('marks the words that differ between two versions of a line', () => {
    const [, gone, come] = rowsOf(fileDiff('x\nexport function total(items) {\n', 'x\nexport function total(items, tax) {\n'));
    expect(gone?.parts.filter(({ changed }) => changed)).toEqual([]);
    expect(come?.parts.filter(({ changed }) => changed).map(({ text }) => text)).toEqual([', tax']);
  });

  it('marks no words where two lines have little in common', () => {
    const rows = rowsOf(fileDiff('return a + b;\n', '/** Adds two numbers. */\n'));
    expect(rows.flatMap(({ parts }) => parts).some(({ changed }) => changed)).toBe(false);
  });

  it('folds equal lines away and keeps three around a change', () => {
    const before = lines(40);
    const after = before.with(19, 'line twenty');
    expect(shown(fileDiff(before.join('\n'), after.join('\n')))).toEqual(['folded 16', 'shown 8', 'folded 17']);
  });

  it('does not fold two lines away', () => {
    const before = lines(9);
    expect(shown(fileDiff(before.join('\n'), before.with(0, 'x').with(8, 'y').join('\n')))).toEqual(['shown 11']);
  });

  it('shows a new file as added and a deleted one as removed', () => {
    expect(fileDiff(undefined, 'a\nb\n')).toMatchObject({ added: 2, removed: 0 });
    expect(fileDiff('a\nb\n', undefined)).toMatchObject({ added: 0, removed: 2 });
    expect(fileDiff(undefined, '')).toMatchObject({ added: 0, removed: 0, blocks: [] });
  });

  it('shows a change that is only in the line ends', () => {
    expect(fileDiff('a\r\nb\n', 'a\nb\n')).toMatchObject({ added: 1, removed: 1 });
    expect(fileDiff('a\nb', 'a\nb\n').endOfFile).toBe('added');
  });

  it('is not what shows a text for itself: every line is there, numbered, and none is new', () => {
    const text = Array.from({ length: 40 }, (_, n) => `line ${n + 1}`).join('\n');
    const rows = wholeText(`${text}\n`).blocks.flatMap((block) => (block.kind === 'shown' ? block.rows : []));
    expect(rows.map(({ kind, after, before, parts }) => [kind, after, before, parts.map(({ text: part }) => part).join('')])).toEqual(text.split('\n').map((line, n) => ['same', n + 1, undefined, line]));
    expect(wholeText('')).toMatchObject({ blocks: [], added: 0, removed: 0 });
  });

  it('takes bytes for a text only when they are one', () => {
    expect(textOf(new TextEncoder().encode('grüß\n'))).toBe('grüß\n');
    expect(textOf(new Uint8Array([0xff, 0xfe, 0x41]))).toBeUndefined();
    expect(textOf(new Uint8Array([0x41, 0, 0x42]))).toBeUndefined();
  });
});
