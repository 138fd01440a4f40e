/** What stands for any run of characters inside one part, and for any run of parts. */
const STAR = '*';
const PARTS = '**';

/**
 * Whether a glob (`*`, `?`, `**`) matches a whole path. Time grows with the product of the two lengths and no faster,
 * so that a pattern of a worker cannot keep the supervisor busy.
 */
export function globMatches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/').filter((part) => part !== '' && part !== '.');
  return matches(wanted, path.split('/'), (part) => part === PARTS, partMatches);
}

const partMatches = (pattern: string, name: string): boolean =>
  matches([...pattern.replaceAll(/\*+/g, STAR)], [...name], (letter) => letter === STAR, (letter, given) => letter === '?' || letter === given);

/** One row per given item: which prefixes of the pattern match what was given so far. */
function matches(pattern: readonly string[], given: readonly string[], isMany: (item: string) => boolean, isOne: (item: string, given: string) => boolean): boolean {
  let reached = [true];
  pattern.forEach((item, at) => { reached[at + 1] = reached[at]! && isMany(item); });
  for (const next of given) {
    const row = [false];
    pattern.forEach((item, at) => { row[at + 1] = isMany(item) ? reached[at + 1]! || row[at]! : reached[at]! && isOne(item, next); });
    reached = row;
  }
  return reached[pattern.length]!;
}
