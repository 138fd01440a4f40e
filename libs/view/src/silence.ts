/** What happens when nobody answers; said wherever a deadline is shown. Silence is never a yes (P6). */
export const SILENCE = {
  /** Beside a deadline in a list. */
  short: 'No answer: it expires, nothing leaves the team',
  /** A whole sentence. */
  full: 'If nobody answers in time, the request expires and nothing leaves the team. Silence is not a yes, and not a no from you.',
} as const;
