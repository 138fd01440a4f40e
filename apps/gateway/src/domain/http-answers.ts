/** Milliseconds until another try is welcome, from a `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). */
export function retryAfterMs(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string' || header.trim() === '') return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** What replaces what on a screen, in the 32 characters of base64url that RFC 8030 §5.4 allows. */
export const topicOf = (collapseKey: string): string => collapseKey.replace(/^apr_/, '').replaceAll(/[^\w]/g, '').slice(0, 32);

/** A refusal that time may heal. */
export const mayPass = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;
