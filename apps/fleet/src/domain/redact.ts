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
