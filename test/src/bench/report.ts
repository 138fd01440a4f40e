import { availableParallelism, cpus, totalmem } from 'node:os';
import { summaryOf, type Summary } from './sample.js';

/** What is promised of a figure: a ceiling in milliseconds, or a multiple of what the bare parts take at the median. */
export type Ceiling = { readonly p99Ms: number } | { readonly timesRaw: number };

/** One thing of ours beside its raw limit, both measured in the same run and in turns. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | '/s';
  readonly ours: Summary;
  readonly raw: Summary;
  /** What the raw limit is. */
  readonly against: string;
  readonly promised?: Ceiling;
}

/** From two lists of durations in milliseconds. */
export const latency = (name: string, against: string, ours: readonly number[], raw: readonly number[], promised?: Ceiling): Figure => ({ name, unit: 'ms', ours: summaryOf(ours), raw: summaryOf(raw), against, ...(promised ? { promised } : {}) });

/** From two lists of rates, one per round. Of rates the low end is the bad one, so no 99th percentile is shown. */
export const rate = (name: string, against: string, ours: readonly number[], raw: readonly number[]): Figure => ({ name, unit: '/s', ours: summaryOf(ours), raw: summaryOf(raw), against });

/** The part of the raw limit that is reached at the median: 1.00 would be as fast as the bare parts. */
export const ratioOf = ({ unit, ours, raw }: Figure): number => (unit === 'ms' ? raw.p50 / ours.p50 : ours.p50 / raw.p50);

const HEAD = ['FIGURE', 'N', 'P50', 'P99', 'RAW P50', 'RAW P99', 'RATIO', 'PROMISED'] as const;

const promisedWords = (promised: Ceiling): string => ('p99Ms' in promised ? `p99 ≤ ${promised.p99Ms} ms` : `≤ ${promised.timesRaw} × raw`);

/** The figures that are beyond what is promised of them, each in words. */
export const beyond = (figures: readonly Figure[]): string[] =>
  figures.flatMap(({ name, ours, raw, promised }) => {
    if (!promised) return [];
    const kept = 'p99Ms' in promised ? ours.p99 <= promised.p99Ms : ours.p50 <= promised.timesRaw * raw.p50;
    return kept ? [] : [`${name}: p50 ${ours.p50.toFixed(1)} ms (raw ${raw.p50.toFixed(1)}), p99 ${ours.p99.toFixed(1)} ms; promised ${promisedWords(promised)}`];
  });

/** The figures as a table, and below it what each was measured against. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.name, String(figure.ours.n), ...numbersOf(figure.unit, figure.ours), ...numbersOf(figure.unit, figure.raw), ratioOf(figure).toFixed(2), figure.promised ? promisedWords(figure.promised) : '']);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const lineOf = (cells: readonly string[]): string => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ');
  const against = figures.map(({ name, against: limit }) => `  ${name}: against ${limit}`);
  return [lineOf(HEAD), ...rows.map(lineOf), '', 'RATIO is the part of the raw limit reached at the median; 1.00 is the bare parts themselves.', ...against].join('\n');
}

const numbersOf = (unit: Figure['unit'], { p50, p99 }: Summary): [string, string] => (unit === 'ms' ? [`${p50.toFixed(1)} ms`, `${p99.toFixed(1)} ms`] : [`${p50.toFixed(0)}/s`, '']);

/** What the figures were measured on. */
export function machineLine(postgres: string, nats: string): string {
  const [first] = cpus();
  return `${availableParallelism()} cores (${first?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}, Postgres ${postgres}, nats-server ${nats}`;
}
