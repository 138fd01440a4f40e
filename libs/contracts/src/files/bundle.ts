import { isMap, parseDocument, stringify } from 'yaml';
import { BUNDLE_EFFECT_KINDS } from '../effects.js';
import { approvalRuleSchema, type ApprovalRule } from './approval-policy.js';
import { bundleFault, type BundleFault } from './bundle-rules.js';
import { brokenPlaybook } from './playbook.js';
import { MOST_IN_TEAM, TARIFFS, type Tariff } from './price-table.js';
import { bundleBudgetSchema, count, DIALECT, flag, list, object, schemaId, slug, text, type BundleBudget } from './parts.js';
import { brokenQuorum } from './quorum.js';
import type { FileSchema } from './read-yaml.js';
import { AGENT_ROLES, type AgentRole } from './spawn-policy.js';

/** What the fleet can check on drafted bytes; what each means is the fleet's word. */
export const CRITERION_KINDS = ['parses', 'comments-only', 'suite-green', 'scaffolds-red', 'check-passes', 'fits-channel', 'brief-only'] as const;
export type CriterionKind = (typeof CRITERION_KINDS)[number];

export interface Criterion {
  id: string;
  kind: CriterionKind;
  /** For `check-passes`: the command; absent, the goal's own repair spec gives it. */
  command?: string;
  /** Failing it is no fault of the work, but something that the member may not do: the draft is flagged, and not sent back. */
  violation?: boolean;
}

/** One kind of task the manager may plan. */
export interface PlaybookTask {
  key: string;
  title: string;
  /** Which member takes it. */
  skill: string;
  /** `always`, or `repair`: only for a goal that brings a repair spec. */
  when?: 'always' | 'repair';
  /** Keys of tasks that come first, where they are planned at all. */
  dependsOn?: string[];
  criteria: Criterion[];
}

export interface BundleSpecialist {
  /** What people call it. */
  name: string;
  skill: string;
  /** For whom it stands in, busy or gone: with the agent, template and budget of the member who has that skill, or with its own where nobody has. */
  secondarySkills?: string[];
  /** Agent spec, `agents/<agent>.yaml`. */
  agent: string;
  /** Template of its instances; the agent's name when absent. */
  template?: string;
  role?: AgentRole;
  /** What it does, for people. */
  title?: string;
  /** Overrides the template's budget, field by field. */
  budget?: Partial<BundleBudget>;
}

/** How patient the manager is, and how much it gives to one member. */
export interface CoordinationRules {
  /** An assignment that no supervisor has taken up for so long goes to somebody else. */
  acknowledgeMinutes?: number;
  /** A goal in which nothing has moved for so long, and nobody works, goes to a person. */
  stallMinutes?: number;
  /** So long a member that asks a person something waits for the answer, if its own time lasts; then it goes on without. */
  answerMinutes?: number;
  mostTasksPerMember?: number;
}
export const COORDINATION: Readonly<Required<CoordinationRules>> = { acknowledgeMinutes: 10, stallMinutes: 30, answerMinutes: 30, mostTasksPerMember: 5 };

/** `bundles/<id>.yaml`: a team that can be hired. The version published is copied into the team, so a later file changes no running team. */
export interface Bundle {
  id: string;
  version: number;
  name: string;
  description: string;
  manager: { name: string; agent: string; template: string; role?: AgentRole; title?: string };
  members: BundleSpecialist[];
  playbook: PlaybookTask[];
  coordination?: CoordinationRules;
  effect: { kind: (typeof BUNDLE_EFFECT_KINDS)[number]; branch?: string; commit?: { authorName: string; authorEmail: string } };
  budgets: { team: BundleBudget; trial?: BundleBudget; goal: BundleBudget };
  approval: ApprovalRule;
  helpdesk: { activation: 'preapproved' | 'ask'; plan: string };
  /** What it takes for granted and how it can fail; without it no team of the bundle is certified. */
  critique?: { assumptions: string[]; failures: { failure: string; mitigation: string }[] };
  price: { currency: 'INR'; tariff: Tariff; monthly: number };
}

const memberParts = {
  name: text('What people call it.', 60),
  agent: slug('Agent spec, agents/<agent>.yaml.'),
  template: slug("Template of its instances; the agent's name when absent."),
  role: { type: 'string', enum: AGENT_ROLES },
  title: text('What it does, for people.', 120),
};
const criterion = {
  ...object({ id: slug('Unique in its task.'), kind: { type: 'string', enum: CRITERION_KINDS }, command: text('Command of check-passes.', 500), violation: flag('Failing it is something that the member may not do: the draft is flagged and goes to a person, instead of back to the member.') }, ['id', 'kind']),
  if: { properties: { kind: { not: { const: 'check-passes' } } } },
  then: { properties: { command: false } },
};
const task = object(
  {
    key: slug('Unique in the playbook.'),
    title: text('What is to be done, for people.'),
    skill: slug('Which member takes it.'),
    when: { type: 'string', enum: ['always', 'repair'], default: 'always', description: "'repair': only for a goal that brings a repair spec." },
    dependsOn: list(slug('Key of a task.'), 'Tasks that come first, where they are planned at all.', 20),
    criteria: { type: 'array', items: criterion, minItems: 1, maxItems: 20, description: 'All must pass before the draft counts.' },
  },
  ['key', 'title', 'skill', 'criteria'],
);

export const bundleSchema: FileSchema<Bundle> = {
  kind: 'bundle',
  schema: {
    $schema: DIALECT,
    $id: schemaId('bundle'),
    title: 'Countersign team bundle',
    description: 'A team that can be hired: who is in it, how it works, what it may spend, what it costs and how people stay in charge.',
    ...object(
      {
        id: slug('Same as the file name without .yaml.'),
        version: count('Raised with every change; a published version never changes.', 100_000, 1),
        name: text('For people.', 80),
        description: text('For people: what the team does and what it leaves alone.', 2000),
        manager: object({ ...memberParts, role: { ...memberParts.role, default: 'orchestrator' } }, ['name', 'agent', 'template'], 'Plans, delegates, reviews; never executes.'),
        members: {
          type: 'array',
          items: object({ ...memberParts, skill: slug('What it can; one member per skill.'), secondarySkills: list(slug('A skill.'), 'Skills of other members for whom it stands in when they are busy or gone, with their agent, template and budget; with its own where no member has the skill.', MOST_IN_TEAM), role: { ...memberParts.role, default: 'worker' }, budget: bundleBudgetSchema("Overrides the template's budget.", []) }, ['name', 'skill', 'agent']),
          minItems: 1,
          maxItems: MOST_IN_TEAM - 1,
          description: 'The specialists.',
        },
        playbook: { type: 'array', items: task, minItems: 1, maxItems: 50, description: 'The tasks a goal turns into.' },
        coordination: object(
          {
            acknowledgeMinutes: count(`An assignment that no supervisor has taken up for so long goes to somebody else (${COORDINATION.acknowledgeMinutes}).`, 1440, 1),
            stallMinutes: count(`A goal in which nothing has moved for so long, and nobody works, goes to a person (${COORDINATION.stallMinutes}).`, 10_080, 1),
            answerMinutes: count(`So long a member that asks a person something waits for the answer, if its own time lasts; then it goes on without (${COORDINATION.answerMinutes}).`, 1440, 1),
            mostTasksPerMember: count(`What one member has in hand at a time, at most (${COORDINATION.mostTasksPerMember}).`, COORDINATION.mostTasksPerMember, 1),
          },
          [],
          'How patient the manager is, and how much it gives to one member.',
        ),
        effect: object(
          {
            kind: { type: 'string', enum: BUNDLE_EFFECT_KINDS },
            branch: { type: 'string', maxLength: 200, pattern: '^[A-Za-z0-9][A-Za-z0-9._/{}-]*$', description: 'Branch that is pushed; {goalId} stands for the goal.' },
            commit: object({ authorName: text('Author of the commit.', 100), authorEmail: { type: 'string', pattern: '^[^\\s<>@]+@[^\\s<>@]+$', maxLength: 200 } }, ['authorName', 'authorEmail']),
          },
          ['kind'],
          'What leaves the team in the end, after a person has countersigned it.',
        ),
        budgets: object({ team: bundleBudgetSchema('For the whole team.'), trial: bundleBudgetSchema("Instead of 'team' while the team is on trial."), goal: bundleBudgetSchema('For one goal.') }, ['team', 'goal']),
        approval: approvalRuleSchema(['timeoutMinutes', 'validMinutes', 'tier'], 'How a person is asked.'),
        helpdesk: object({ activation: { type: 'string', enum: ['preapproved', 'ask'], description: "'preapproved': publishing this version is the platform governor's decision that a suspension opens the helpdesk." }, plan: text('What happens while the team is suspended, for the customer.', 2000) }, ['activation', 'plan']),
        critique: object(
          {
            assumptions: { ...list(text('What it takes for granted.', 500), 'What it takes for granted.', 20), minItems: 1 },
            failures: { type: 'array', items: object({ failure: text('How it can fail.', 500), mitigation: text('What is done about that.', 500) }, ['failure', 'mitigation']), minItems: 1, maxItems: 20, description: 'How it can fail, each with what is done about it.' },
          },
          ['assumptions', 'failures'],
          'Without it no team of the bundle is certified.',
        ),
        price: object({ currency: { const: 'INR' }, tariff: { type: 'string', enum: TARIFFS, description: 'How the price table prices it.' }, monthly: count('Per month, whole rupees: what the price table says.', 10_000_000) }, ['currency', 'tariff', 'monthly']),
      },
      ['id', 'version', 'name', 'description', 'manager', 'members', 'playbook', 'effect', 'budgets', 'approval', 'helpdesk', 'price'],
    ),
  },
  rules: [
    { reads: ['/manager/name', '/members/*/name', '/members/*/skill', '/members/*/secondarySkills', '/members/*/role'], check: brokenTeam },
    {
      reads: ['/members/*/skill', '/members/*/secondarySkills', '/playbook/*/key', '/playbook/*/skill', '/playbook/*/dependsOn', '/playbook/*/criteria/*/id'],
      check: ({ members, playbook }) => brokenPlaybook(members.flatMap(({ skill, secondarySkills = [] }) => [skill, ...secondarySkills]), playbook),
    },
    { reads: ['/budgets', '/members/*/budget'], check: brokenBudgets },
    { reads: ['/approval/quorum'], check: ({ approval }) => brokenQuorum('/approval/quorum', approval.quorum) },
  ],
};

function brokenTeam({ manager, members }: Bundle): BundleFault[] {
  const skills = members.map(({ skill }) => skill);
  const names = [manager.name, ...members.map(({ name }) => name)];
  return members.flatMap((member, index) => [
    ...bundleFault(skills.indexOf(member.skill) < index, `/members/${index}/skill`, 'one-member-per-skill', `another member has the skill ${member.skill}`),
    ...(member.secondarySkills ?? []).flatMap((skill, n) => bundleFault(skill === member.skill, `/members/${index}/secondarySkills/${n}`, 'own-skill', 'that is what it has anyway')),
    ...bundleFault(member.role === 'orchestrator', `/members/${index}/role`, 'one-manager', 'a team has one manager; specialists do not lead'),
    ...bundleFault(names.indexOf(member.name) < index + 1, `/members/${index}/name`, 'unique-name', 'another member has this name'),
  ]);
}

/** A goal that may cost more than its team, or a member more than a goal, would be refused at the first spawn: say so here. */
function brokenBudgets({ budgets, members }: Bundle): BundleFault[] {
  const over = (pointer: string, small: Partial<BundleBudget>, large: BundleBudget, of: string): BundleFault[] =>
    (Object.entries(small) as [keyof BundleBudget, number][]).flatMap(([unit, amount]) => bundleFault(amount > large[unit], `${pointer}/${unit}`, 'within-parent', `is more than the whole ${of} may use`));
  const teams = [['team', budgets.team], ['trial', budgets.trial]] as const;
  return [
    ...teams.flatMap(([name, team]) => (team ? over('/budgets/goal', budgets.goal, team, name) : [])),
    ...members.flatMap(({ budget }, index) => (budget ? over(`/members/${index}/budget`, budget, budgets.goal, 'goal') : [])),
  ];
}

/** Characters of a line, where it can be broken. */
const LINE_WIDTH = 120;
/** A bundle as a file: what a person reads and edits. */
export const bundleText = (document: object): string => `# yaml-language-server: $schema=../docs/bundle.schema.json\n${stringify(asInSchema(document, bundleSchema.schema), { lineWidth: LINE_WIDTH })}`;

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}
/** The same value with its fields in the schema's order, which people know from the shipped files; a database keeps none. What the schema does not know comes last. */
function asInSchema(value: unknown, { properties = {}, items = {} }: Shape): unknown {
  if (Array.isArray(value)) return value.map((item) => asInSchema(item, items));
  if (typeof value !== 'object' || value === null) return value;
  const order = Object.keys(properties);
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => place(a) - place(b)).map(([name, inner]) => [name, asInSchema(inner, properties[name] ?? {})]));
}

/** The id that a text names as its bundle's, however much else is wrong with it; undefined where that is none. */
export function idInBundle(text: string): string | undefined {
  const document = parseDocument(text, { version: '1.2', schema: 'core', prettyErrors: false });
  const id: unknown = document.errors.length === 0 && isMap(document.contents) ? document.get('id') : undefined;
  return typeof id === 'string' && id.length <= 63 && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id) ? id : undefined;
}
