import { availableParallelism, cpus, totalmem } from 'node:os';
import { summaryOf, type Summary } from './sample.js';

/** What is promised of a figure: a ceiling in milliseconds, a multiple of what the bare parts take at the median, or a size that none exceeds. */
export type Ceiling = { readonly p99Ms: number } | { readonly timesRaw: number } | { readonly mostKb: number };

/** One thing of ours beside its raw limit, both measured in the same run and in turns; a size has none. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | '/s' | 'KB';
  readonly ours: Summary;
  readonly raw?: Summary;
  /** What the raw limit is, or how the size was taken. */
  readonly against: string;
  readonly promised?: Ceiling;
}

/** From two lists of durations in milliseconds. */
export const latency = (name: string, against: string, ours: readonly number[], raw: readonly number[], promised?: Ceiling): Figure => ({ name, unit: 'ms', ours: summaryOf(ours), raw: summaryOf(raw), against, ...(promised ? { promised } : {}) });

/** From two lists of rates, one per round. Of rates the low end is the bad one, so no 99th percentile is shown. */
export const rate = (name: string, against: string, ours: readonly number[], raw: readonly number[]): Figure => ({ name, unit: '/s', ours: summaryOf(ours), raw: summaryOf(raw), against });

/** From a list of bytes. */
export const size = (name: string, against: string, bytes: readonly number[], mostKb: number): Figure => ({ name, unit: 'KB', ours: summaryOf(bytes.map((one) => one / 1024)), against, promised: { mostKb } });

/** The part of the raw limit that is reached at the median: 1.00 would be as fast as the bare parts. */
const ratioOf = ({ unit, ours, raw }: Figure): string => (raw === undefined ? '' : (unit === 'ms' ? raw.p50 / ours.p50 : ours.p50 / raw.p50).toFixed(2));

const HEAD = ['FIGURE', 'N', 'P50', 'P99', 'RAW P50', 'RAW P99', 'RATIO', 'PROMISED'] as const;

function promisedWords(promised: Ceiling): string {
  if ('p99Ms' in promised) return `p99 ≤ ${promised.p99Ms} ms`;
  return 'mostKb' in promised ? `≤ ${promised.mostKb} KB` : `≤ ${promised.timesRaw} × raw`;
}

function keeps({ ours, raw }: Figure, promised: Ceiling): boolean {
  if ('p99Ms' in promised) return ours.p99 <= promised.p99Ms;
  return 'mostKb' in promised ? ours.p99 <= promised.mostKb : raw !== undefined && ours.p50 <= promised.timesRaw * raw.p50;
}

/** The figures that are beyond what is promised of them, each in words. */
export const beyond = (figures: readonly Figure[]): string[] =>
  figures.flatMap((figure) => {
    const { name, unit, ours, raw, promised } = figure;
    if (!promised || keeps(figure, promised)) return [];
    return [`${name}: p50 ${ours.p50.toFixed(1)} ${unit}${raw === undefined ? '' : ` (raw ${raw.p50.toFixed(1)})`}, p99 ${ours.p99.toFixed(1)} ${unit}; promised ${promisedWords(promised)}`];
  });

/** The figures as a table, and below it what each was measured against. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.name, String(figure.ours.n), ...numbersOf(figure.unit, figure.ours), ...numbersOf(figure.unit, figure.raw), ratioOf(figure), figure.promised ? promisedWords(figure.promised) : '']);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const lineOf = (cells: readonly string[]): string => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ');
  const against = figures.map(({ name, raw, against: limit }) => `  ${name}: ${raw === undefined ? '' : 'against '}${limit}`);
  return [lineOf(HEAD), ...rows.map(lineOf), '', 'RATIO is the part of the raw limit reached at the median; 1.00 is the bare parts themselves.', ...against].join('\n');
}

function numbersOf(unit: Figure['unit'], summary: Summary | undefined): [string, string] {
  if (summary === undefined) return ['', ''];
  const { p50, p99 } = summary;
  return unit === '/s' ? [`${p50.toFixed(0)}/s`, ''] : [`${p50.toFixed(1)} ${unit}`, `${p99.toFixed(1)} ${unit}`];
}

/** What the figures were measured on. */
export function machineLine(postgres: string, nats: string): string {
  const [first] = cpus();
  return `${availableParallelism()} cores (${first?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}, Postgres ${postgres}, nats-server ${nats}`;
}
