import { digestWords, type ApprovalDetail, type GoalDetail, type TaskView } from '@countersign/contracts';
import { costWords, hasInvisible } from '@countersign/view';
import { expect } from 'expect';
import { describe, it, mock } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { printApproval } from './approval.js';
import { runCommand } from '../commands/index.js';
import { unifiedDiff } from './diff.js';
import { GridBoard, gridOf } from './grid-board.js';
import { ChangeLines } from './goal-lines.js';
import { LiveBoard } from './live-board.js';
import { explain, say, SetupError, step } from '../../../../scripts/lib/report.mjs';
import { visible } from './print.js';
import { duration } from './words.js';

describe('the words of the terminal', () => {
  it('show durations as a person would say them', () => {
    expect([duration(900), duration(61_000), duration(7_500_000)]).toEqual(['0.9s', '1m 1s', '2h 5m']);
  });

  it('obey nothing that is in what they show', () => {
    expect(visible('evil();\rok();')).toBe('evil();‹␍›ok();');
    expect(visible('\u001b[1A\u001b[2Kdigest\u001b[8mgone\u001b]0;title\u0007')).toBe('‹U+001B›[1A‹U+001B›[2Kdigest‹U+001B›[8mgone‹U+001B›]0;title‹U+0007›');
    expect(visible('if (a\u202e \u2066// \u2069\u2066')).toBe('if (a‹U+202E› ‹U+2066›// ‹U+2069›‹U+2066›');
    expect(visible('\u001b[32m✓\u001b[0m\ttwo\nlines — ₹')).toBe('\u001b[32m✓\u001b[0m\ttwo\nlines — ₹');
  });

  it('obey nothing on the way either: a mistyped word, a path, a service’s answer, a step', async () => {
    const write = mock.method(process.stderr, 'write', () => true);
    try {
      expect(await runCommand(['agent', 'approve', 'x\u202ey\u3164\u001b[8m'])).toBe(2);
      explain(new SetupError('docs/a\u202e.md differs', { hint: 'b\u2066', log: 'c\u200b' }));
      explain(new Error('d\u2800'));
      say('e\u{e0041}');
      await step('f\u202e', () => 'g\ufe00');
      const said = stripVTControlCharacters(write.mock.calls.map(({ arguments: [text] }) => String(text)).join(''));
      expect([hasInvisible(said), ['x‹U+202E›y‹U+3164›‹U+001B›', 'docs/a‹U+202E›.md', 'b‹U+2066›', 'c‹U+200B›', 'd‹U+2800›', 'e‹U+E0041›', 'f‹U+202E›', 'g‹U+FE00›'].filter((words) => !said.includes(words))]).toEqual([false, []]);
    } finally {
      write.mock.restore();
    }
  });

  it('show a change with its surroundings', () => {
    expect(unifiedDiff('a\nb\nc\n', 'a\nB\nc\n')).toEqual(['@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c']);
    expect(unifiedDiff('same\n', 'same\n')).toEqual([]);
  });
});

describe('an approval in a terminal', () => {
  const approval = { question: '', whatHappens: '', state: 'pending', facts: [], cost: { amountMicros: 0, currency: 'USD' }, dueAt: '', onTimeout: 'expire', digest: 'd'.repeat(64), digestWords: 'words-of the-server alone', effect: null, checks: [], sent: null, agentSays: '', quorum: null } as unknown as ApprovalDetail;
  const file = (before: readonly number[], after: readonly number[]) => ({ artifact: { path: 'a.bin', deleted: false }, before: Buffer.from(before), after: Buffer.from(after), fits: true }) as unknown as Parameters<typeof printApproval>[1][number];
  const shown = (...files: Parameters<typeof printApproval>[1]): string => shownOf(approval, files);
  const shownOf = (approval: ApprovalDetail, files: Parameters<typeof printApproval>[1]): string => {
    const log = mock.method(console, 'log', () => undefined);
    try {
      printApproval(approval, files);
      return stripVTControlCharacters(log.mock.calls.map(({ arguments: [line] }) => String(line)).join('\n'));
    } finally {
      log.mock.restore();
    }
  };

  it('says of bytes that are no text, on either side, that they are none, and how many: as text two of them can look the same', () => {
    expect(shown(file([0x50, 0x80], [0x50, 0x81]))).toMatch(/✓ sha256\n2 bytes before and 2 bytes after, no text$/);
    expect(shown(file([0x50, 0x80], [0x50]))).toMatch(/\n2 bytes before and 1 byte after, no text$/);
    expect(shown(file([], [0xff]))).toMatch(/\n0 bytes before and 1 byte after, no text$/);
    expect(shown(file([0x50], [0x51]))).toMatch(/\n-P\n.*\n\+Q/);
  });

  it('says of a file that it can be run as a program', () => {
    const [tool] = [file([0x50], [0x51])];
    expect(shown({ ...tool!, artifact: { ...tool!.artifact, mode: '100755' } })).toMatch(/\na\.bin \(can be run as a program\) {2}✓ sha256\n/);
    expect(shown(tool!)).toMatch(/\na\.bin {2}✓ sha256\n/);
  });

  it('says which file is the text of a letter, first, and which come with it', () => {
    const [data, text] = [file([], [0x61]), file([], [0x62])].map((one, n) => ({ ...one, artifact: { ...one.artifact, id: `f${n}`, path: ['a.csv', 'out/report.md'][n] } })) as unknown as [ReturnType<typeof file>, ReturnType<typeof file>];
    const sent = { kind: 'email.send', lines: [{ label: 'Subject', value: 'This week' }], body: 'f1', attachments: ['f0'] } as const;
    expect(shownOf({ ...approval, sent: { ...sent, lines: [...sent.lines], attachments: [...sent.attachments] } }, [data, text])).toMatch(/Subject\s+This week\n\nout\/report\.md \(text of the letter\)  ✓ sha256\nb\n\na\.csv \(attached\)  ✓ sha256\na$/);
  });

  it('gives the words of the digest that it shows, not what somebody says they are', () => {
    expect(shown()).toContain(digestWords(approval.digest));
    expect(shown()).not.toContain(approval.digestWords);
  });
});

describe('a goal in a log', () => {
  const task: TaskView = { id: 't1', key: 'docs', title: 'Document it', detail: '', dependsOn: [], skill: 'docs', member: { id: 'm1', name: 'Dora' }, state: 'in_progress', round: 1, notes: [], progress: 'a.js', criteria: [], run: null };
  const goal = (change: Partial<TaskView>): GoalDetail => ({
    id: 'g', text: '', state: 'running', createdAt: '', changedAt: '', finishedAt: null, note: '', pausedAt: null, pauseReason: '', cost: { amountMicros: 0, currency: 'USD' }, overshoot: { amountMicros: 0, currency: 'USD' },
    approval: null, effect: null, repository: null, notAsked: null, again: null, lineage: [], deliverable: null, tasks: [{ ...task, ...change }],
  });

  it('is a line per change and silent otherwise', () => {
    const lines: string[] = [];
    const printer = new ChangeLines((line) => void lines.push(line));
    printer.show(goal({}));
    printer.show(goal({}));
    expect(lines).toHaveLength(2);
    printer.show(goal({ state: 'review', criteria: [{ id: 'parses', kind: 'parses', passed: true }, { id: 'green', kind: 'suite-green', passed: null }] }));
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/Dora.*review.*✓ parses/);
    expect(lines[2]).not.toContain('green');
  });

  it('says once that its costs are made up, as soon as they are', () => {
    const lines: string[] = [];
    const printer = new ChangeLines((line) => void lines.push(line));
    const paid = (amountMicros: number, progress: string): GoalDetail => ({ ...goal({ progress }), cost: { amountMicros, currency: 'USD', rehearsal: true } });
    printer.show(goal({}));
    printer.show(paid(4200, 'b.js'));
    printer.show(paid(5000, 'c.js'));
    expect(lines.filter((line) => line.includes('made-up prices of the rehearsal'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('$0.005');
    expect([costWords({ amountMicros: 4200, currency: 'USD', rehearsal: true }), costWords({ amountMicros: 4200, currency: 'USD' })]).toEqual(['$0.0042 (rehearsal)', '$0.0042']);
  });
});

describe('a fan-out in a terminal', () => {
  const task = (name: string, over: Partial<TaskView> = {}): TaskView => ({ id: name, key: 'k', title: `What ${name} does`, detail: '', dependsOn: [], skill: 's', member: { id: name, name }, state: 'in_progress', round: 1, notes: [], progress: 'a.js', criteria: [], run: null, ...over });
  const goal = (tasks: TaskView[]): GoalDetail => ({
    id: 'g', text: '', state: 'running', createdAt: '', changedAt: '', finishedAt: null, note: '', pausedAt: null, pauseReason: '', cost: { amountMicros: 0, currency: 'USD' }, overshoot: { amountMicros: 0, currency: 'USD' },
    approval: null, effect: null, repository: null, notAsked: null, again: null, lineage: [], deliverable: null, tasks, workers: 2, mode: 'orchestrate',
  });
  const drawn = (columns: number, tasks: TaskView[]): string[] => {
    let text = '';
    new GridBoard({ columns, write: (chunk: string | Uint8Array) => { text += String(chunk); return true; } } as NodeJS.WriteStream).show(goal(tasks));
    return stripVTControlCharacters(text).replaceAll('\r', '').trimEnd().split('\n');
  };

  it('is never taller than the terminal, where it could not be drawn again in place', () => {
    const tasks = Array.from({ length: 30 }, (_, n) => task(`W${n}`));
    for (const Board of [GridBoard, LiveBoard]) {
      const chunks: string[] = [];
      const board = new Board({ columns: 40, rows: 12, write: (chunk: string | Uint8Array) => chunks.push(String(chunk)) > 0 });
      board.show(goal(tasks));
      board.show(goal(tasks));
      expect(chunks.map((chunk) => chunk.split('\n').length)).toEqual([12, 12]);
      expect(chunks[1]?.startsWith('\u001b[11A\r')).toBe(true);
      expect(chunks[1]).toMatch(/… \d+ more lines/);
    }
  });

  it('is a grid: as many agents beside each other as have room, in lines as even as they can be', () => {
    const shape = (tasks: number, width: number) => gridOf(Array.from({ length: tasks }, (_, n) => n), width).rows.map((row) => row.length);
    expect([shape(4, 80), shape(4, 140), shape(3, 40), shape(5, 100), shape(0, 80)]).toEqual([[2, 2], [4], [1, 1, 1], [3, 2], []]);
  });

  it('shows who does what in cells that nothing in them breaks out of', () => {
    const lines = drawn(64, [task('Dora'), task('Tess', { state: 'done', title: 'long '.repeat(40) }), task('Pax', { title: 'evil\u001b[2J\nnew', state: 'todo' })]);
    expect(lines[0]).toContain('at most 2 at a time');
    expect(lines.find((line) => line.includes('Dora'))).toMatch(/Dora +in_progress {2}✓ Tess +done$/);
    expect(lines.every((line) => line.length <= 64)).toBe(true);
    expect(lines.filter((line) => line.includes('new'))).toHaveLength(1);
  });
});
