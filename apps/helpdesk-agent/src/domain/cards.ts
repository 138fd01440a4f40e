import { firstOf, type HelpdeskCard } from '@countersign/contracts';
import type { HelpdeskFacts, Why } from './facts.js';
import { counted, moment, reasonText, restText, standing } from './phrases.js';

/** Where the team stands, in figures. */
export function statusCard(facts: HelpdeskFacts): HelpdeskCard {
  const tasks = facts.goals.flatMap((goal) => goal.tasks);
  const done = tasks.filter(({ state }) => state === 'done').length;
  const { waiting, granted, withdrawn } = facts.approvals;
  return {
    kind: 'status',
    title: `${facts.team.name} is ${facts.team.state}`,
    lines: [`Since ${moment(new Date(facts.team.since))}`, `${counted(facts.goals.length, 'unfinished goal')}, ${done} of ${counted(tasks.length, 'task')} done`, restText(facts), `Approvals: ${waiting} waiting, ${granted} granted and not used, ${withdrawn} withdrawn`],
  };
}

/** Why, and what happens next. */
export const explanationCard = (facts: Why): HelpdeskCard => ({ kind: 'explanation', title: 'Why, and what happens next', lines: [reasonText(facts), ...(facts.session.plan.trim() === '' ? [] : [facts.session.plan])] });

const ACTIONS = {
  export: { title: 'Take home what the team has made', lines: ['Everything it has made is yours in every state of the team.'] },
  note: { title: 'Leave a message for a person', lines: ['It goes to a governor of the platform, who answers it. It is on record.'] },
  cancel: { title: 'Cancel the team', lines: ['You decide that on the team’s page. What it has made is kept.'] },
} as const;
export const actionCard = (action: keyof typeof ACTIONS): HelpdeskCard => ({ kind: 'action', action, title: ACTIONS[action].title, lines: [...ACTIONS[action].lines] });

/** Which cards stand beside an answer, by what was understood; each once. What an action card offers, the person does. */
const BESIDE: Readonly<Record<string, (facts: HelpdeskFacts) => HelpdeskCard>> = {
  status: statusCard,
  progress: statusCard,
  reason: explanationCard,
  next: explanationCard,
  kept: () => actionCard('export'),
  'cannot-see-content': () => actionCard('export'),
  person: () => actionCard('note'),
  'cannot-resume': () => actionCard('note'),
  'cannot-end': () => actionCard('cancel'),
};

export function cardsBeside(intents: readonly string[], facts: HelpdeskFacts): HelpdeskCard[] {
  const cards = intents.flatMap((name) => BESIDE[name]?.(facts) ?? []);
  return cards.filter(({ title }, index) => cards.findIndex((card) => card.title === title) === index);
}

/** What the helpdesk says when it opens, before anybody asks: the one message in which the customer is told why and what happens next. */
export const opening = (facts: HelpdeskFacts): { readonly text: string; readonly cards: HelpdeskCard[] } => ({
  text: firstOf([standing(facts), reasonText(facts), facts.session.plan].filter((part) => part.trim() !== '').join(' '), 4_000),
  cards: [statusCard(facts), explanationCard(facts), actionCard('export'), actionCard('note')],
});

/** The same of a suspension that was over before it could be said. */
export const openingAfterwards = (why: Why, closedAt: Date): { readonly text: string; readonly cards: HelpdeskCard[] } => ({
  text: firstOf([`${why.team.name} was suspended on ${moment(why.session.openedAt)}. That has been over since ${moment(closedAt)}: the team is ${why.team.state}.`, reasonText(why), why.session.plan].filter((part) => part.trim() !== '').join(' '), 4_000),
  cards: [explanationCard(why)],
});

/** What it says last, where the team does not go on. */
export const farewell = ({ name, reason }: HelpdeskFacts['team']): { readonly text: string; readonly cards: HelpdeskCard[] } => ({
  text: firstOf([`${name} has ended: it does not go on.`, ...(reason.trim() === '' ? [] : [`The reason written down is: “${reason.trim()}”.`]), 'Everything that it has made is kept, and yours to save.'].join(' '), 4_000),
  cards: [actionCard('export')],
});

/** What it says by itself from time to time, so that nobody waits in silence. */
export const statusWord = (facts: HelpdeskFacts): { readonly text: string; readonly cards: HelpdeskCard[] } => ({ text: `${standing(facts)} ${restText(facts)} It is not decided yet what becomes of it.`, cards: [statusCard(facts)] });
