import { firstOf } from '@countersign/contracts';
import type { HelpdeskFacts } from './facts.js';
import { ABILITIES, INTENTS, type Intent } from './intents.js';
import { reasonText, restText, standing } from './phrases.js';

export interface Answer {
  readonly text: string;
  /** Which kinds of question were understood; empty: none, and the answer says so. */
  readonly intents: readonly string[];
}

/** More at once is a wall of text; the rest can be asked again. */
const MOST = 3;
const MAX_LENGTH = 4_000;

const SMALL_TALK: readonly { readonly asks: RegExp; readonly name: string; readonly reply: string }[] = [
  { name: 'thanks', asks: /\b(thanks|thank you|thx|cheers|great|perfect|ok|okay|got it|understood)\b/, reply: 'You are welcome. Ask whenever something is unclear.' },
  { name: 'goodbye', asks: /\b(bye|goodbye|see you|good night)\b/, reply: 'Goodbye. This chat stays open while the team is suspended.' },
  { name: 'greeting', asks: /^(hi|hello|hey|namaste|good (morning|afternoon|evening|day))\b/, reply: `Hello. ${ABILITIES}` },
];

/** Told too general a thing when something more exact was understood as well. */
const GENERAL = new Set(['status', 'progress', 'abilities']);

/**
 * Answers in plain English from the facts alone: nothing is promised, guessed or done. A message may ask several things; a
 * question it does not understand is answered with where the team stands and what can be asked.
 */
export function answer(question: string, facts: HelpdeskFacts): Answer {
  const asked = plain(question);
  const understood = INTENTS.filter(({ asks }) => asks.test(asked));
  const exact = understood.filter(({ name }) => !GENERAL.has(name));
  const chosen = withoutEchoes(exact.length > 0 ? exact : understood.slice(0, 1)).slice(0, MOST);
  if (chosen.length > 0) return { text: join(chosen.map(({ reply }) => reply(facts))), intents: chosen.map(({ name }) => name) };
  const talk = SMALL_TALK.find(({ asks }) => asks.test(asked));
  if (talk) return { text: talk.reply, intents: [talk.name] };
  return { text: join([`I am not sure what you mean. ${standing(facts)}`, reasonText(facts), restText(facts), ABILITIES]), intents: [] };
}

/** What a request to act makes superfluous: who asks "can you approve it?" does not ask how many approvals there are. */
const COVERED: Readonly<Record<string, readonly string[]>> = {
  'cannot-approve': ['approvals', 'cannot-act', 'person'],
  'cannot-resume': ['cannot-act', 'decider', 'cannot-start-work'],
  'cannot-end': ['cannot-act'],
  'cannot-start-work': ['cannot-act'],
  'cannot-act': ['effects', 'cost'],
  'cannot-see-content': ['privacy'],
  privacy: ['cannot-see-content', 'person'],
  identity: ['person', 'members'],
  next: ['when'],
  when: ['since'],
};

function withoutEchoes(intents: readonly Intent[]): Intent[] {
  const covered = new Set<string>();
  return intents.filter(({ name }) => {
    if (covered.has(name)) return false;
    for (const other of COVERED[name] ?? []) covered.add(other);
    return true;
  });
}

const plain = (question: string): string => question.toLowerCase().replaceAll(/[’‘]/g, "'").replaceAll(/\s+/g, ' ').trim();
const join = (parts: readonly string[]): string => firstOf(parts.join('\n\n'), MAX_LENGTH);
