import { COORDINATION, type Bundle, type BundleSpecialist, type CoordinationRules } from './files/bundle.js';
import type { ApprovalRule } from './files/approval-policy.js';
import type { BundleBudget } from './files/parts.js';
import { ONE_PERSON, type QuorumInForce } from './files/quorum.js';
import type { Role } from './states.js';

/** What a change touches, in the order in which a governor reads it. */
export const BUNDLE_ASPECTS = ['members', 'rights', 'work', 'effect', 'budgets', 'price', 'approvals', 'helpdesk', 'words'] as const;
export type BundleAspect = (typeof BUNDLE_ASPECTS)[number];
/** `wider`: agents may do or spend more, people are asked less, or it costs more; `narrower`: the other way; `other`: neither. */
export const CHANGE_WEIGHTS = ['wider', 'narrower', 'other'] as const;
export type ChangeWeight = (typeof CHANGE_WEIGHTS)[number];

/** One thing that is different for the customer, in a sentence. */
export interface BundleChange {
  readonly aspect: BundleAspect;
  readonly weight: ChangeWeight;
  readonly words: string;
}

/** What an agent of a template may do, one line each; undefined where there is no such template. */
export type RightsOf = (template: string) => readonly string[] | undefined;

const NOBODY: Pick<Bundle, 'members' | 'playbook'> = { members: [], playbook: [] };
const change = (aspect: BundleAspect, weight: ChangeWeight, words: string): BundleChange => ({ aspect, weight, words });

/**
 * What is different for the customer between two versions of a bundle: who is in it and may do what, the work, budgets,
 * price, and how people stay in charge. Nothing for what only looks different in the file. Without a version before, all of
 * the new one is a change.
 */
export function bundleChanges(before: Bundle | undefined, after: Bundle, rightsOf: RightsOf): BundleChange[] {
  const changes = [
    ...memberChanges(before ?? NOBODY, after),
    ...rightChanges(before, after, rightsOf),
    ...workChanges(before ?? NOBODY, after),
    ...coordinationChanges(before, after),
    ...differs('effect', 'other', 'What leaves the team', before?.effect, after.effect, effectWords),
    ...budgetChanges(before, after),
    ...numberChange('price', 'Price a month', before?.price.monthly, after.price.monthly, rupees),
    ...differs('price', 'other', 'Tariff', before?.price.tariff, after.price.tariff),
    ...approvalChanges(before, after),
    ...differs('helpdesk', 'other', 'When the team is suspended, the helpdesk', before?.helpdesk.activation, after.helpdesk.activation, (value) => (value === 'preapproved' ? 'opens at once' : 'opens when a governor says so')),
    ...differs('helpdesk', 'other', 'What customers are told then', before?.helpdesk.plan, after.helpdesk.plan),
    ...differs('words', 'other', 'How it can fail', before && critiqueWords(before), critiqueWords(after)),
    ...differs('words', 'other', 'Name', before?.name, after.name),
    ...differs('words', 'other', 'Description', before?.description, after.description),
  ];
  return changes.sort((a, b) => BUNDLE_ASPECTS.indexOf(a.aspect) - BUNDLE_ASPECTS.indexOf(b.aspect));
}

const critiqueWords = ({ critique }: Bundle): string =>
  critique === undefined ? 'nothing is said' : [`taken for granted: ${critique.assumptions.join(' ')}`, ...critique.failures.map(({ failure, mitigation }) => `${failure} (${mitigation})`)].join('; ');

function memberChanges(before: Pick<Bundle, 'members'> & { manager?: Bundle['manager'] }, after: Bundle): BundleChange[] {
  const old = new Map(before.members.map((member) => [member.skill, member]));
  const now = new Map(after.members.map((member) => [member.skill, member]));
  return [
    ...differs('members', 'other', 'Manager', before.manager, after.manager, ({ name, agent, title, role = 'orchestrator' }) => `${name} (${agent}${title === undefined ? '' : `: ${title}`})${role === 'orchestrator' ? '' : `, as ${role}`}`),
    ...after.members.filter(({ skill }) => !old.has(skill)).map((member) => change('members', 'wider', `Joins: ${who(member)}`)),
    ...before.members.filter(({ skill }) => !now.has(skill)).map((member) => change('members', 'narrower', `Leaves: ${who(member)}`)),
    ...after.members.flatMap((member) => differs('members', 'other', `For ${member.skill}`, old.get(member.skill), member, who, false)),
  ];
}
const who = ({ name, skill, secondarySkills = [], agent, title, role = 'worker' }: BundleSpecialist): string => `${name}, ${skill}${secondarySkills.length > 0 ? `, standing in for ${secondarySkills.join(', ')}` : ''} (${agent}${title === undefined ? '' : `: ${title}`})${role === 'worker' ? '' : `, as ${role}`}`;

/** By member, what it may do now and could not before, and the other way; compared by the templates as they stand. */
function rightChanges(before: Bundle | undefined, after: Bundle, rightsOf: RightsOf): BundleChange[] {
  const rightsIn = (bundle: Bundle | undefined): Map<string, readonly string[]> =>
    new Map(bundle === undefined ? [] : [['manager', rightsOf(bundle.manager.template) ?? []] as const, ...bundle.members.map(({ skill, agent, template = agent }) => [skill, rightsOf(template) ?? []] as const)]);
  const [old, now] = [rightsIn(before), rightsIn(after)];
  return [...now].flatMap(([skill, rights]) => [
    ...rights.filter((right) => !old.get(skill)?.includes(right)).map((right) => change('rights', 'wider', `${skill} may: ${right}`)),
    ...(old.get(skill) ?? []).filter((right) => !rights.includes(right)).map((right) => change('rights', 'narrower', `${skill} may no longer: ${right}`)),
  ]);
}

function workChanges(before: Pick<Bundle, 'playbook'>, after: Bundle): BundleChange[] {
  const old = new Map(before.playbook.map((task) => [task.key, task]));
  const checks = ({ criteria }: Bundle['playbook'][number]): string[] => criteria.map(({ kind, command, violation = false }) => `${kind}${command === undefined ? '' : ` (${command})`}${violation ? ', flagged where it fails' : ''}`);
  return [
    ...after.playbook.flatMap((task) => {
      const was = old.get(task.key);
      if (was === undefined) return [change('work', 'other', `New task: ${task.title} (${task.skill}), accepted by ${checks(task).join(', ')}`)];
      const lost = checks(was).filter((check) => !checks(task).includes(check));
      const won = checks(task).filter((check) => !checks(was).includes(check));
      return [
        ...lost.map((check) => change('work', 'wider', `${task.title}: no longer checked by ${check}`)),
        ...won.map((check) => change('work', 'narrower', `${task.title}: also checked by ${check}`)),
        ...differs('work', 'other', `Task ${task.key}`, was, task, ({ title, skill, when = 'always', dependsOn = [] }) => [title, `by ${skill}`, ...(when === 'repair' ? ['only for a repair'] : []), ...(dependsOn.length > 0 ? [`after ${dependsOn.join(', ')}`] : [])].join(', ')),
      ];
    }),
    ...before.playbook.filter(({ key }) => !after.playbook.some((task) => task.key === key)).map(({ title }) => change('work', 'other', `No longer done: ${title}`)),
  ];
}

const PATIENCE: Readonly<Record<keyof CoordinationRules, readonly [string, (value: number) => string]>> = {
  acknowledgeMinutes: ['A task that nobody has taken up goes to somebody else after', (minutes) => `${grouped(minutes)} minutes`],
  stallMinutes: ['A goal in which nothing moves goes to a person after', (minutes) => `${grouped(minutes)} minutes`],
  answerMinutes: ['A member that asks waits for the answer at most', (minutes) => `${grouped(minutes)} minutes`],
  mostTasksPerMember: ['What one member has in hand at most:', (tasks) => `${grouped(tasks)} tasks`],
};
/** A limit that is not said is the one that holds anyway. */
function coordinationChanges(before: Bundle | undefined, after: Bundle): BundleChange[] {
  const [old, now] = [before && { ...COORDINATION, ...before.coordination }, { ...COORDINATION, ...after.coordination }];
  return (Object.keys(PATIENCE) as (keyof CoordinationRules)[]).flatMap((rule) => numberChange('work', PATIENCE[rule][0], old?.[rule], now[rule], PATIENCE[rule][1]));
}

const effectWords = ({ kind, branch, commit }: Bundle['effect']): string => [kind, ...(branch === undefined ? [] : [`to ${branch}`]), ...(commit === undefined ? [] : [`as ${commit.authorName} <${commit.authorEmail}>`])].join(' ');

const UNITS: Readonly<Record<keyof BundleBudget, (amount: number) => string>> = {
  tokens: (amount) => `${grouped(amount)} tokens`,
  steps: (amount) => `${grouped(amount)} model turns`,
  toolCalls: (amount) => `${grouped(amount)} tool calls`,
  minutes: (amount) => `${grouped(amount)} minutes`,
  usd: (amount) => `$${amount}`,
};

function budgetChanges(before: Bundle | undefined, after: Bundle): BundleChange[] {
  const pairs: (readonly [string, Partial<BundleBudget> | undefined, Partial<BundleBudget> | undefined])[] = [
    ['The team', before?.budgets.team, after.budgets.team],
    ['The team on trial', before?.budgets.trial, after.budgets.trial],
    ['A goal', before?.budgets.goal, after.budgets.goal],
    ...after.members.map(({ skill, budget }) => [skill, before?.members.find((member) => member.skill === skill)?.budget, budget] as const),
  ];
  return pairs.flatMap(([whose, old, now]) => (Object.keys(UNITS) as (keyof BundleBudget)[]).flatMap((unit) => numberChange('budgets', `${whose} may use`, old?.[unit], now?.[unit], UNITS[unit])));
}

function approvalChanges(before: Bundle | undefined, after: Bundle): BundleChange[] {
  const [old, now] = [before?.approval, after.approval];
  return [
    ...numberChange('approvals', 'An unanswered question expires after', old?.timeoutMinutes, now.timeoutMinutes, (minutes) => `${grouped(minutes)} minutes`),
    ...numberChange('approvals', 'A yes may be used for', old?.validMinutes, now.validMinutes, (minutes) => `${grouped(minutes)} minutes`),
    ...asksMore(numberChange('approvals', 'Risk tier', old?.tier, now.tier, String)),
    ...asksMore(numberChange('approvals', 'Between the last yes and its effect', old && (old.delaySeconds ?? 0), now.delaySeconds ?? 0, secondsWords)),
    ...quorumChanges(old, now),
  ];
}

const secondsWords = (seconds: number): string => (seconds === 0 ? 'no time' : `${grouped(seconds)} seconds`);

/** More of this asks more of people: the higher number is the narrower one. */
const asksMore = (changes: readonly BundleChange[]): BundleChange[] => changes.map((each) => ({ ...each, weight: each.weight === 'wider' ? 'narrower' : each.weight === 'narrower' ? 'wider' : each.weight }));

/** How many must say yes, what makes two of them two, and whose count; the last two only where several are wanted. */
function quorumChanges(old: ApprovalRule | undefined, now: ApprovalRule): BundleChange[] {
  const [was, is] = [old && quorumOf(old), quorumOf(now)];
  const several = is.need > 1 || (was?.need ?? 1) > 1;
  return [
    ...asksMore(numberChange('approvals', 'A yes needs', was?.need, is.need, (need) => (need === 1 ? 'one person' : `${need} yeses`))),
    ...(several ? [
      // one person can have several devices
      ...differs('approvals', is.of === 'devices' ? 'wider' : 'narrower', 'Yeses are counted by', was?.of, is.of),
      ...differs('approvals', 'other', 'Yeses count of', was?.from, is.from, rolesWords),
      ...differs('approvals', is.substitutes.length > (was?.substitutes.length ?? 0) ? 'wider' : 'narrower', 'Where those are too few, also of', was?.substitutes, is.substitutes, rolesWords),
    ] : []),
  ];
}
const quorumOf = ({ quorum }: ApprovalRule): QuorumInForce => ({ ...ONE_PERSON, ...quorum });
const rolesWords = (roles: readonly Role[]): string => (roles.length === 0 ? 'nobody' : [...roles].sort().join(', '));

function numberChange(aspect: BundleAspect, what: string, old: number | undefined, now: number | undefined, words: (value: number) => string): BundleChange[] {
  if (old === now) return [];
  if (old === undefined) return [change(aspect, 'other', `${what} ${words(now!)}`)];
  if (now === undefined) return [change(aspect, 'other', `${what}: no own limit any more, ${words(old)} before`)];
  return [change(aspect, now > old ? 'wider' : 'narrower', `${what} ${words(now)}, ${words(old)} before`)];
}

/** One line where the words for the two differ; nothing was there before means: it is new, unless that is told elsewhere. */
function differs<T>(aspect: BundleAspect, weight: ChangeWeight, what: string, old: T | undefined, now: T, words: (value: T) => string = String, tellNew = true): BundleChange[] {
  if (old === undefined) return tellNew ? [change(aspect, weight, `${what}: ${words(now)}`)] : [];
  return words(old) === words(now) ? [] : [change(aspect, weight, `${what}: ${words(now)}, before: ${words(old)}`)];
}

const grouped = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
const rupees = (value: number): string => `₹${grouped(value)}`;
