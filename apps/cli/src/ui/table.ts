import { paint } from '../../../../scripts/lib/report.mjs';
import { print, visible } from './print.js';

const GAP = '  ';

/**
 * Rows for a person or for a program: columns in a terminal, tab-separated and uncut in a pipe. Data goes to stdout.
 */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  if (!process.stdout.isTTY) {
    for (const row of rows) print(row.map((cell) => cell.replaceAll(/[\t\n]/g, ' ')).join('\t'));
    return;
  }
  rows = rows.map((row) => row.map((cell) => visible(cell.replaceAll('\n', ' '))));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP).trimEnd();
  print(paint(2, line(head)));
  for (const row of rows) print(line(row));
}

/** Label and value per line, aligned in a terminal. */
export function printFacts(facts: readonly (readonly [string, string])[]): void {
  const width = Math.max(...facts.map(([label]) => label.length));
  // A value's own line breaks stay inside its column: what an agent says does not look like another fact.
  for (const [label, value] of facts) {
    if (process.stdout.isTTY) print(`${paint(2, label.padEnd(width))}${GAP}${value.replaceAll('\n', `\n${' '.repeat(width)}${GAP}`)}`);
    else print(`${label}\t${value.replaceAll('\n', ' ')}`);
  }
}
