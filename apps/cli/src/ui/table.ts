import { paint } from '../../../../scripts/lib/report.mjs';

const GAP = '  ';

/**
 * Rows for a person or for a program: columns in a terminal, tab-separated and uncut in a pipe. Data goes to stdout.
 */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  if (!process.stdout.isTTY) {
    for (const row of rows) console.log(row.map((cell) => cell.replaceAll(/[\t\n]/g, ' ')).join('\t'));
    return;
  }
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP).trimEnd();
  console.log(paint(2, line(head)));
  for (const row of rows) console.log(line(row));
}

/** Label and value per line, aligned in a terminal. */
export function printFacts(facts: readonly (readonly [string, string])[]): void {
  const width = Math.max(...facts.map(([label]) => label.length));
  for (const [label, value] of facts) console.log(process.stdout.isTTY ? `${paint(2, label.padEnd(width))}${GAP}${value}` : `${label}\t${value}`);
}
