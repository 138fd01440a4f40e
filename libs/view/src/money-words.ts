import type { Money } from '@countersign/contracts';

const SIGN: Readonly<Record<Money['currency'], string>> = { USD: '$', INR: '₹' };
const MICROS = 1_000_000n;

/** Exact to the cent; below one cent to the hundredth of a cent, and below that in full, so that a small cost is never shown as nothing. */
export function moneyWords({ amountMicros, currency }: Money): string {
  const value = BigInt(Math.trunc(amountMicros));
  const digits = value === 0n || value >= 10_000n ? 2 : value < 100n ? 6 : 4;
  const unit = MICROS / 10n ** BigInt(digits);
  const rounded = (value + unit / 2n) / unit;
  const scale = 10n ** BigInt(digits);
  return `${SIGN[currency]}${grouped(rounded / scale)}.${String(rounded % scale).padStart(digits, '0')}`;
}

/** The same of dollars, as the original's routes write them. */
export const dollars = (usd: number): string => moneyWords({ amountMicros: Math.round(usd * Number(MICROS)), currency: 'USD' });

/** An amount, and where made-up prices are in it, that they are. */
export const costWords = (cost: Money): string => `${moneyWords(cost)}${cost.rehearsal ? ' (rehearsal)' : ''}`;

const grouped = (whole: bigint): string => String(whole).replaceAll(/\B(?=(\d{3})+$)/g, ',');

/** `1,240`, `84.2k`, `3.1M`: counts beside a bar. */
export function countWords(count: number): string {
  if (count < 10_000) return grouped(BigInt(Math.trunc(count)));
  if (count < 1_000_000) return `${trimmed(count / 1_000)}k`;
  return `${trimmed(count / 1_000_000)}M`;
}

const trimmed = (value: number): string => (value >= 100 ? String(Math.floor(value)) : (Math.floor(value * 10) / 10).toFixed(1).replace(/\.0$/, ''));

/** `812 B`, `4.2 kB`, `3.1 MB` (powers of 1000). */
export function sizeWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${trimmed(bytes / 1_000)} kB` : `${trimmed(bytes / 1_000_000)} MB`;
}

export const counted = (n: number, noun: string, plural = `${noun}s`): string => `${countWords(n)} ${n === 1 ? noun : plural}`;
