/** Something that the broker refused somebody, as its log says it. */
export interface Refusal {
  readonly operation: 'publish' | 'subscription';
  /** Undefined where the line is none that the server would write of an honest client. */
  readonly subject: string | undefined;
  /** The public key of whose credential it was, where the server has checked it; undefined where the client showed it anything else. */
  readonly key: string | undefined;
  readonly at: Date;
  /** The line itself: no two are alike. */
  readonly line: string;
}

/** Go's `%q`: whatever a client calls itself or its subject, it stays between its own quotes. */
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const UNCAPTURED = QUOTED.replace('((?:', '(?:(?:');
const ERROR = /^\[\d+\] (\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d\.\d{3})\d* \[ERR\] \S+ - [a-z]+:\d+ - (.*)$/;
const SAID = new RegExp(String.raw`^((?:${UNCAPTURED} - )*)(?:Publish|Subscription) Violation - (?:(JWT User|Nkey|User|Token) ${QUOTED}, )?(?:Subject|Reply) ${QUOTED}(?:, (?:Queue: ${UNCAPTURED}, )?SID \S+)?$`);
const ANY = / - (Publish|Subscription) Violation - /;
/** From 2.12 on, the account and who it is stand last before what happened. A name that a client shows may have anything behind its colon. */
const LABEL = /"(?:[^/:"\\]+\/){1,2}jwt:([A-Z2-7]+)" - $/;

/**
 * What a line of nats-server's log says was refused, from 2.9 to 2.14; undefined: nothing was. Its times are in UTC (the configuration
 * and the environment that the server is started with say so).
 *
 * The server tells of a refusal there and to whoever tried, and nowhere else: there is no event of it. It names what a client shows
 * beside its JWT, unchecked: a key or a name. Ours show nothing there, then it is the key that signed. It takes what a client calls
 * itself for a format, too: where there is a percent sign, what the line says may be the client's words.
 */
export function readRefusal(line: string): Refusal | undefined {
  const [, year, month, day, time, rest = ''] = ERROR.exec(line) ?? [];
  const garbled = rest.includes('%');
  const [, words] = ANY.exec(` - ${garbled ? rest : rest.replaceAll(new RegExp(QUOTED, 'g'), '""')}`) ?? [];
  if (words === undefined) return undefined;
  const [, before = '', shown, name, subject] = garbled ? [] : (SAID.exec(rest) ?? []);
  const key = shown === undefined ? LABEL.exec(before)?.[1] : shown === 'JWT User' ? name : undefined;
  return { operation: words === 'Publish' ? 'publish' : 'subscription', subject, key, at: new Date(`${year}-${month}-${day}T${time}Z`), line };
}
