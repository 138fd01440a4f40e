import { paint, say } from '../../../../scripts/lib/report.mjs';
import { duration } from '../ui/words.js';
import type { Step } from './ten-steps.js';
import type { Pushed, Verified } from './verify.js';

const TITLE = 11;
const WHO = 17;
const WHAT = 66;
const COST = 9;

export function heading(text: string): void {
  say(`\n  ${paint(1, text)}\n`);
}

/** The ten steps with who, what, cost and time, as the audit chain tells them. */
export function printSteps(steps: readonly Step[]): void {
  heading('What happened, from the record');
  const row = (cells: readonly [string, string, string, string, string, string]): string =>
    `  ${cells[0].padStart(2)}  ${cells[1].padEnd(TITLE)} ${cells[2].padEnd(WHO)} ${cut(cells[3], WHAT).padEnd(WHAT)} ${cells[4].padStart(COST)} ${cells[5].padStart(7)}`;
  console.log(paint(2, row(['', 'step', 'who', 'what', 'cost', 'after'])));
  steps.forEach(({ title, who, what, cost, atMs }, index) => {
    console.log(row([String(index + 1), title, who, what, cost, atMs === undefined ? '–' : duration(atMs)]));
  });
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

export function printResult(pushed: Pushed, untouched: boolean, { file, report }: Verified): void {
  heading('What can be checked');
  const mark = (good: boolean): string => (good ? paint(32, '✓') : paint(31, '✗'));
  console.log(`  ${paint(32, '✓')} pushed      ${pushed.branch} at ${pushed.commit.slice(0, 12)}; its tree ${pushed.tree.slice(0, 12)} is the one that was approved`);
  if (pushed.stat) console.log(pushed.stat.replaceAll(/^/gm, '                '));
  console.log(`  ${mark(untouched)} checkout    ${untouched ? 'yours is untouched: same commit, branches, index and files' : 'CHANGED'}`);
  console.log(`  ${mark(report.ok)} record      ${report.entries} entries, ${report.coveredSize} under a signed head, verified offline: ${file}`);
  for (const { code, message } of report.findings) console.log(`      ${paint(31, code)}: ${message}`);
}
