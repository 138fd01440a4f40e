import { inSight } from './invisible.js';
import { clockWords } from './time-words.js';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const AGAIN = 'This browser is no device of yours any more. Try again: it is added anew.';
const WORDS: Readonly<Record<string, string>> = {
  device_missing: AGAIN,
  device_not_yours: AGAIN,
  challenge_expired: 'The signature came too late: it has to follow within a minute or two. Approve again.',
  challenge_unknown: 'This signature was used already, or asked for too long ago. Approve again.',
  key_not_confirmed: 'What it was signed with is new, and the service that carries out approvals has not confirmed it yet. Try again in a moment.',
};

/** What the server says to programs, as it is to be understood by a person in a browser, a time by their own clock; undefined: its own words will do. */
export function refusalWords({ code, message, details: { effectiveFrom } }: Refusal, now: Date): string | undefined {
  if (code === 'assertion_invalid') return `The signature was not accepted. Approve again; if that fails too, show this to your operator: ${inSight(message)}`;
  return WORDS[code] ?? (typeof effectiveFrom === 'string' ? inSight(message.replaceAll(effectiveFrom, clockWords(effectiveFrom, now))) : undefined);
}
