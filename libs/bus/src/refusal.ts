/** Something that the broker refused somebody, as its log says it. */
export interface Refusal {
  readonly operation: 'publish' | 'subscription';
  readonly subject: string;
  /** The public key of whose credential it was, or what the client showed as that. */
  readonly key: string;
  /** The server has checked it: the client showed none beside its JWT. */
  readonly checked: boolean;
  readonly at: Date;
  /** The line itself: no two are alike. */
  readonly line: string;
}

/** Go's `%q`: whatever a client calls itself or its subject, it stays between its own quotes. */
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const UNCAPTURED = QUOTED.replace('((?:', '(?:(?:');
const LINE = new RegExp(String.raw`^\[\d+\] (\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d\.\d{3})\d* \[ERR\] \S+ - cid:\d+ - ((?:${UNCAPTURED} - )*)(Publish|Subscription) Violation - (?:(JWT User|Nkey) ${QUOTED}, )?(?:Subject|Reply) ${QUOTED}(?:, .*)?$`);
/** From 2.12 on, the account and who it is stand last before what happened. */
const LABEL = new RegExp(String.raw`/(jwt|nkey):([A-Z2-7]+)" - $`);

/**
 * What a line of nats-server's log says was refused, from 2.9 to 2.14; undefined: nothing was.
 *
 * The server tells of a refusal there and to whoever tried, and nowhere else: there is no event of it. It names the key that a
 * client shows (ours show none, then it is the one that signed): somebody with a stolen credential may show another.
 */
export function readRefusal(line: string): Refusal | undefined {
  const [, year, month, day, time, before, operation, said, shown, subject] = LINE.exec(line) ?? [];
  const [, how = said, key = shown] = LABEL.exec(said === undefined ? (before ?? '') : '') ?? [];
  if (key === undefined || subject === undefined) return undefined;
  return { operation: operation === 'Publish' ? 'publish' : 'subscription', subject, key, checked: how === 'jwt' || how === 'JWT User', at: new Date(`${year}-${month}-${day}T${time}`), line };
}
