import { HttpRefusal } from '../../domain/problem.js';

/** The version that `If-Match` names of something; refuses when it names none. One that counts microseconds has more digits than one that counts changes. */
export function versionIn(ifMatch: string | undefined, what: string, digits = 9): number {
  if (ifMatch === undefined) throw new HttpRefusal('if_match_missing', `send If-Match with the ETag of ${what} as you saw it`);
  const version = /^(?:W\/)?"(\d+)"$/.exec(ifMatch)?.[1];
  if (version === undefined || version.length > digits) throw new HttpRefusal('stale_version', `If-Match does not name a version of ${what}`);
  return Number(version);
}
