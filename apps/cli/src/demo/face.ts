import { paint, say } from '../../../../scripts/lib/report.mjs';
import { print } from '../ui/print.js';
import { duration } from '../ui/words.js';
import type { Step, WeakSandbox } from './ten-steps.js';
import type { Pushed, Verified } from './verify.js';

const TITLE = 11;
const WHO = 17;
const COST = 9;
const TIME = 7;
/** What the other columns and the gaps between them leave of the terminal; a pipe takes it all. */
const whatWidth = (): number => (process.stdout.isTTY ? Math.max(24, process.stdout.columns - TITLE - WHO - COST - TIME - 10) : 78);

export function heading(text: string): void {
  say(`\n  ${paint(1, text)}\n`);
}

/** The ten steps with who, what, cost and time, as the audit chain tells them. */
export function printSteps(steps: readonly Step[]): void {
  heading('What happened, from the record');
  const width = whatWidth();
  const row = (cells: readonly [string, string, string, string, string, string]): string =>
    `  ${cells[0].padStart(2)}  ${cells[1].padEnd(TITLE)} ${cells[2].padEnd(WHO)} ${cut(cells[3], width).padEnd(width)} ${cells[4].padStart(COST)} ${cells[5].padStart(TIME)}`;
  print(paint(2, row(['', 'step', 'who', 'what', 'cost', 'after'])));
  steps.forEach(({ title, who, what, cost, atMs }, index) => {
    print(row([String(index + 1), title, who, what, cost, atMs === undefined ? '–' : duration(atMs)]));
  });
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

export function printResult(pushed: Pushed, untouched: boolean, { file, report }: Verified, weak: WeakSandbox | undefined): void {
  heading('What can be checked');
  const mark = (good: boolean): string => (good ? paint(32, '✓') : paint(31, '✗'));
  print(`  ${paint(32, '✓')} pushed      ${pushed.branch} at ${pushed.commit.slice(0, 12)}; its tree ${pushed.tree.slice(0, 12)} is the one that was approved`);
  for (const line of pushed.stat.split('\n').filter(Boolean)) print(`                ${line.trim()}`);
  print(`  ${mark(untouched)} checkout    ${untouched ? 'yours is untouched: same commit, branches, index and files' : 'CHANGED'}`);
  print(`  ${mark(report.ok)} record      ${report.entries} entries, ${report.coveredSize} under a signed head, verified offline: ${file}`);
  if (weak) print(`  ${paint(31, '!')} sandbox     ${paint(31, `"${weak.chosen}" by a person's choice, level ${weak.levels.join(', ')}: the workers could reach more than they should`)}`);
  for (const { code, message } of report.findings) print(`      ${paint(31, code)}: ${message}`);
}
