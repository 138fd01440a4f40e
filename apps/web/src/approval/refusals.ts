import type { Answer } from '../api/decide.js';

export type Refusal = Extract<Answer, 'deny' | 'request_changes'>;
export interface RefusalWords {
  readonly title: string;
  readonly lead: string;
  readonly chips: readonly string[];
  readonly label: string;
  readonly send: string;
}

/** A report: the request is denied, and the team stops as the platform's policy says. */
export const SUSPICIOUS = 'Suspicious';

export const REFUSALS: Readonly<Record<Refusal, RefusalWords>> = {
  request_changes: {
    title: 'Request changes',
    lead: 'The team reads this, works on it and asks you again. Nothing leaves it until then.',
    chips: ['Smaller change', 'Something is missing', 'Wording', 'Wrong place'],
    label: 'What should be different?',
    send: 'Send to the team',
  },
  deny: {
    title: 'Deny',
    lead: 'This ends the goal. Nothing leaves the team, and your reason goes on the record.',
    chips: ['Wrong content', 'Too expensive', 'Not now', 'Not allowed', SUSPICIOUS],
    label: 'Why not?',
    send: 'Deny it',
  },
};
