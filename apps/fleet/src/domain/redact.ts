/** What looks like a credential is not kept in a log: a worker has none of ours, but a repository may hold somebody's. */
const SECRETS: readonly RegExp[] = [
  /\b(sk|pk|ghp|gho|ghs|github_pat|glpat|xox[abp])[-_][A-Za-z0-9_-]{12,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*/g,
  /((?:password|passwd|secret|token|api[-_]?key)["']?\s*[:=]\s*["']?)[^\s"',;]{6,}/gi,
];

export const redact = (line: string): string =>
  SECRETS.reduce((text, pattern) => text.replace(pattern, (_, prefix: unknown) => `${typeof prefix === 'string' && /[:=]/.test(prefix) ? prefix : ''}[redacted]`), line).replaceAll('\0', '');

/** A shorter text would be found everywhere. */
const SHORTEST_SECRET = 4;

/** A line of a secret that is shorter is no secret by itself. */
const SHORTEST_LINE = 8;

/** The spellings in which a secret that was handed out may come back: as it is, in JSON, in a URL, in base64; and each of its long lines so, because output is kept line by line. */
export function spellings(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return [...new Set([secret, ...(lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_LINE) : [])].flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
}

const spellingsOf = (secret: string): string[] =>
  secret.length < SHORTEST_SECRET ? [] : [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret, 'utf8').toString('base64').replace(/=+$/, '')];

/** The same line without what was handed out, in whatever spelling. */
export const hide = (line: string, hidden: readonly string[]): string => hidden.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line);
