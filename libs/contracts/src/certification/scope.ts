import { createHash } from 'node:crypto';
import type { Bundle, Criterion } from '../files/bundle.js';
import { globCovers } from '../files/capability-words.js';
import type { Classification, ScopeBaseline } from '../files/certification-policy.js';
import { ONE_PERSON } from '../files/quorum.js';
import type { Capabilities, Template } from '../files/template.js';
import { stableJson } from '../stable-json.js';

/** What one agent or all of them may touch. */
export type Reach = Pick<TeamScope, 'tools' | 'denied' | 'hosts' | 'secrets' | 'paths' | 'commit' | 'push' | 'pushUnasked'>;

/** What a team may be and touch, as the gate enforces it: what a classification compares. */
export interface TeamScope extends ScopeBaseline {
  skills: string[];
  /** What no agent that may call such tools may call of them: `git* without git_push`. */
  denied: string[];
  /** For each task whose it is and what closes it; the key is only a name, so it is left out. */
  tasks: { skill: string; checks: string[] }[];
  paths: string[];
  /** Some agent pushes without a person being asked. */
  pushUnasked: boolean;
  /** Yeses, which may be one person's where devices are counted. */
  yeses: number;
  /** Whose yes counts. */
  counting: string[];
  helpdesk: Bundle['helpdesk']['activation'];
}

const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** The templates of a bundle's agents, by the name that people call them; undefined where none is in force. */
export function mouldsOf({ manager, members }: Bundle, templates: readonly Template[]): readonly { readonly name: string; readonly templateId: string; readonly template: Template | undefined }[] {
  return [{ name: manager.name, templateId: manager.template }, ...members.map(({ name, template, agent }) => ({ name, templateId: template ?? agent }))].map((each) => ({ ...each, template: templates.find(({ id }) => id === each.templateId) }));
}

/** A denial that covers what is allowed leaves nothing of it. */
const callable = ({ tool_allowlist, tool_denylist }: Capabilities): string[] => tool_allowlist.filter((tool) => !tool_denylist.some((wide) => globCovers(wide, tool)));
/** A denial that may cut something out of what is allowed. */
const cuts = (denial: string, tool: string): boolean => globCovers(tool, denial) || (tool.includes('*') && denial.includes('*'));
const WITHOUT = ' without ';

/** An agent that may call the same tools uncut makes a denial of another worth nothing: together they may call them. */
function deniedOf(capabilities: readonly Capabilities[]): string[] {
  const each = capabilities.map((one) => ({ tools: callable(one), denied: one.tool_denylist }));
  return sorted(each.flatMap(({ tools, denied }) => tools.flatMap((tool) =>
    denied.filter((denial) => cuts(denial, tool) && each.every((other) => !other.tools.includes(tool) || other.denied.some((wide) => globCovers(wide, denial)))).map((denial) => `${tool}${WITHOUT}${denial}`))));
}

/** What agents with these capabilities may touch together. */
export const reachOf = (capabilities: readonly Capabilities[]): Reach => ({
  tools: sorted(capabilities.flatMap(callable)),
  denied: deniedOf(capabilities),
  hosts: sorted(capabilities.flatMap(({ net_scopes }) => (net_scopes.enabled ? net_scopes.allow_hosts : []))),
  secrets: sorted(capabilities.flatMap(({ secrets_scopes }) => secrets_scopes)),
  paths: sorted(capabilities.flatMap(({ fs_scopes }) => [...fs_scopes.read.map((path) => `read ${path}`), ...fs_scopes.write.map((path) => `write ${path}`)])),
  commit: capabilities.some(({ git_caps }) => git_caps.commit),
  push: capabilities.some(({ git_caps }) => git_caps.push),
  pushUnasked: capabilities.some(({ git_caps }) => git_caps.push && !git_caps.push_requires_approval),
});

export function scopeOf(bundle: Bundle, templates: readonly Template[]): TeamScope {
  const { approval } = bundle;
  const quorum = { ...ONE_PERSON, ...approval.quorum };
  return {
    ...reachOf(mouldsOf(bundle, templates).flatMap(({ template }) => template?.capabilities ?? [])),
    effects: [bundle.effect.kind],
    people: 1 + bundle.members.length,
    tier: approval.tier,
    // one person may have all the devices
    needed: quorum.of === 'devices' ? 1 : quorum.need,
    yeses: quorum.need,
    counting: sorted([...quorum.from, ...quorum.substitutes]),
    delaySeconds: approval.delaySeconds ?? 0,
    validMinutes: approval.validMinutes,
    skills: sorted(bundle.members.map(({ skill }) => skill)),
    tasks: bundle.playbook.map(({ skill, criteria }) => ({ skill, checks: sorted(criteria.flatMap(checksIn)) })).sort((a, b) => (stableJson(a) < stableJson(b) ? -1 : 1)),
    helpdesk: bundle.helpdesk.activation,
  };
}

/** A check whose failure is a violation checks what the same check without that does, and more. */
function checksIn({ kind, command, violation = false }: Criterion): string[] {
  const check = `${kind}${command === undefined ? '' : ` (${command})`}`;
  return violation ? [check, `${check} as a violation`] : [check];
}

/** Names exactly this scope: what was reviewed with one says nothing of another. */
export const scopeSha256 = (scope: TeamScope): string => createHash('sha256').update(stableJson(scope)).digest('hex');

/** The four questions of S4-115; each with what makes it a yes. */
export const CRITERIA = { increasesScope: 'Increases execution scope', reducesApprovals: 'Reduces approvals', addsAccess: 'Adds data or system access', weakensSafety: 'Weakens safety or audit' } as const;
export type CriterionOfClass = keyof typeof CRITERIA;
export interface Classified {
  readonly classification: Classification;
  readonly criteria: Readonly<Record<CriterionOfClass, readonly string[]>>;
}

const added = (what: string, old: readonly string[] | undefined, now: readonly string[]): string[] => (old === undefined || old.includes('*') ? [] : now.filter((value) => !old.includes(value)).map((value) => `${what} ${value}`.trim()));
const turned = (what: string, old: boolean, now: boolean): string[] => (now && !old ? [what] : []);
const lower = (what: string, old: number, now: number): string[] => (now < old ? [`${what} ${now}, ${old} before`] : []);

/** What may be touched now and could not before. A baseline says nothing of paths, and lets nobody push without being asked. */
export const addedReach = (before: ScopeBaseline & Partial<Reach>, after: Reach): string[] => [
  ...added('tool', before.tools, after.tools),
  ...(before.denied ?? []).filter((denial) => !after.denied.includes(denial) && after.tools.some((tool) => denial.startsWith(`${tool}${WITHOUT}`))).map((denial) => `no longer denied: ${denial.split(WITHOUT)[1]!}`),
  ...added('host', before.hosts, after.hosts),
  ...added('secret', before.secrets, after.secrets),
  ...added('', before.paths, after.paths),
  ...turned('commits', before.commit, after.commit),
  ...turned('pushes', before.push, after.push),
  ...turned('pushes without asking', before.pushUnasked ?? false, after.pushUnasked),
];

/** Compares a team's scope with what was decided before: the platform's baseline, or the newest certified version of the same bundle, which also says what it checks. One yes makes an evolution. */
export function classify(before: ScopeBaseline | TeamScope, after: TeamScope): Classified {
  const known = 'tasks' in before ? before : undefined;
  const criteria = {
    increasesScope: [...added('effect', before.effects, after.effects), ...added('skill', known?.skills, after.skills), ...(after.people > before.people ? [`${after.people} agents, ${before.people} before`] : [])],
    reducesApprovals: [
      ...lower('risk tier', before.tier, after.tier),
      ...lower('people who must say yes', before.needed, after.needed),
      ...(after.needed < before.needed ? [] : lower('yeses', known?.yeses ?? 1, after.yeses)),
      ...added('also counts the yes of', known?.counting ?? ONE_PERSON.from, after.counting),
      ...lower('seconds to take a yes back', before.delaySeconds, after.delaySeconds),
      ...(after.validMinutes > before.validMinutes ? [`a yes holds ${after.validMinutes} minutes, ${before.validMinutes} before`] : []),
    ],
    addsAccess: addedReach(before, after),
    weakensSafety: [
      ...lostChecks(known?.tasks ?? [], after.tasks),
      ...(known?.helpdesk === 'ask' && after.helpdesk === 'preapproved' ? ['the helpdesk opens without being asked'] : []),
      ...turned('agents reach every host', before.hosts.includes('*'), after.hosts.includes('*')),
    ],
  };
  return { classification: Object.values(criteria).some((why) => why.length > 0) ? 'evolution' : 'within', criteria };
}

/** By skill, which names who does the work, and not by key, which anybody may rename: more of its tasks go without a check than did before. A skill with no task left needs no check. */
function lostChecks(before: TeamScope['tasks'], after: TeamScope['tasks']): string[] {
  const without = (tasks: TeamScope['tasks'], skill: string, check: string): number => tasks.filter((task) => task.skill === skill && !task.checks.includes(check)).length;
  const checks = [...new Map(before.flatMap(({ skill, checks: its }) => its.map((check) => [`${skill}: ${check}`, { skill, check }] as const)))];
  return checks.filter(([, { skill, check }]) => without(after, skill, check) > without(before, skill, check)).map(([name]) => `no longer checked: ${name}`);
}
