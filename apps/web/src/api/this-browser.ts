const ADDRESS_KEY = 'countersign.browser';
/** Kept while this browser is still rung for somebody who was signed in before. */
export const FORMER_KEY = 'countersign.rung-for-former';

/** A name of this browser that stays; not yet an address at which it can be rung. */
export function browserAddress(): string {
  const known = localStorage.getItem(ADDRESS_KEY);
  if (known !== null) return known;
  const address = `browser:${crypto.randomUUID()}`;
  localStorage.setItem(ADDRESS_KEY, address);
  return address;
}

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Mac OS X/, 'Mac'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'Chromebook'],
  [/Linux/, 'Linux'],
];
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const firstIn = (table: readonly (readonly [RegExp, string])[], otherwise: string): string => table.find(([pattern]) => pattern.test(navigator.userAgent))?.[1] ?? otherwise;

/** `Chrome on Mac`: what the person will recognise in the list of devices. */
export const browserName = (): string => `${firstIn(BROWSERS, 'Browser')} on ${firstIn(SYSTEMS, 'this machine')}`;
