import { HttpRefusal } from '../../domain/problem.js';

/** The version that `If-Match` names of something; refuses when it names none. */
export function versionIn(ifMatch: string | undefined, what: string): number {
  if (ifMatch === undefined) throw new HttpRefusal('if_match_missing', `send If-Match with the ETag of ${what} as you saw it`);
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw new HttpRefusal('stale_version', `If-Match does not name a version of ${what}`);
  return Number(version);
}
