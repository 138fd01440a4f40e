import type { Bundle } from '../files/bundle.js';
import type { Classification, ScopeBaseline } from '../files/certification-policy.js';
import type { Template } from '../files/template.js';

/** What a team may be and touch, as the gate enforces it: what a classification compares. */
export interface TeamScope extends ScopeBaseline {
  skills: string[];
  /** Which checks close each task, `key:kind`. */
  checks: string[];
  paths: string[];
  helpdesk: Bundle['helpdesk']['activation'];
}

const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** The templates of a bundle's agents, by the name that people call them; undefined where none is in force. */
export function mouldsOf({ manager, members }: Bundle, templates: readonly Template[]): readonly { readonly name: string; readonly templateId: string; readonly template: Template | undefined }[] {
  return [{ name: manager.name, templateId: manager.template }, ...members.map(({ name, template, agent }) => ({ name, templateId: template ?? agent }))].map((each) => ({ ...each, template: templates.find(({ id }) => id === each.templateId) }));
}

export function scopeOf(bundle: Bundle, templates: readonly Template[]): TeamScope {
  const capabilities = mouldsOf(bundle, templates).flatMap(({ template }) => template?.capabilities ?? []);
  const { approval } = bundle;
  return {
    effects: [bundle.effect.kind],
    tools: sorted(capabilities.flatMap(({ tool_allowlist }) => tool_allowlist)),
    hosts: sorted(capabilities.flatMap(({ net_scopes }) => (net_scopes.enabled ? net_scopes.allow_hosts : []))),
    secrets: sorted(capabilities.flatMap(({ secrets_scopes }) => secrets_scopes)),
    commit: capabilities.some(({ git_caps }) => git_caps.commit),
    push: capabilities.some(({ git_caps }) => git_caps.push),
    people: 1 + bundle.members.length,
    tier: approval.tier,
    needed: approval.quorum?.need ?? 1,
    delaySeconds: approval.delaySeconds ?? 0,
    validMinutes: approval.validMinutes,
    skills: sorted(bundle.members.map(({ skill }) => skill)),
    checks: sorted(bundle.playbook.flatMap(({ key, criteria }) => criteria.map(({ kind, command }) => `${key}:${kind}${command === undefined ? '' : ` (${command})`}`))),
    paths: sorted(capabilities.flatMap(({ fs_scopes }) => [...fs_scopes.read.map((path) => `read ${path}`), ...fs_scopes.write.map((path) => `write ${path}`)])),
    helpdesk: bundle.helpdesk.activation,
  };
}

/** The four questions of S4-115; each with what makes it a yes. */
export const CRITERIA = { increasesScope: 'Increases execution scope', reducesApprovals: 'Reduces approvals', addsAccess: 'Adds data or system access', weakensSafety: 'Weakens safety or audit' } as const;
export type CriterionOfClass = keyof typeof CRITERIA;
export interface Classified {
  readonly classification: Classification;
  readonly criteria: Readonly<Record<CriterionOfClass, readonly string[]>>;
}

/** Compares a team's scope with what was decided before: the platform's baseline, or the newest certified version of the same bundle, which also says what it checks. One yes makes an evolution. */
export function classify(before: ScopeBaseline | TeamScope, after: TeamScope): Classified {
  const known = 'checks' in before ? before : undefined;
  const added = (what: string, old: readonly string[] | undefined, now: readonly string[]): string[] => (old === undefined || old.includes('*') ? [] : now.filter((value) => !old.includes(value)).map((value) => `${what} ${value}`));
  const turned = (what: string, old: boolean, now: boolean): string[] => (now && !old ? [what] : []);
  const lower = (what: string, old: number, now: number): string[] => (now < old ? [`${what} ${now}, ${old} before`] : []);
  const criteria = {
    increasesScope: [...added('effect', before.effects, after.effects), ...added('skill', known?.skills, after.skills), ...(after.people > before.people ? [`${after.people} agents, ${before.people} before`] : [])],
    reducesApprovals: [
      ...lower('risk tier', before.tier, after.tier),
      ...lower('people who must say yes', before.needed, after.needed),
      ...lower('seconds to take a yes back', before.delaySeconds, after.delaySeconds),
      ...(after.validMinutes > before.validMinutes ? [`a yes holds ${after.validMinutes} minutes, ${before.validMinutes} before`] : []),
    ],
    addsAccess: [...added('tool', before.tools, after.tools), ...added('host', before.hosts, after.hosts), ...added('secret', before.secrets, after.secrets), ...added('', known?.paths, after.paths).map((words) => words.trim()), ...turned('commits', before.commit, after.commit), ...turned('pushes', before.push, after.push)],
    weakensSafety: [
      ...(known?.checks.filter((check) => kept(check, after) && !after.checks.includes(check)).map((check) => `no longer checked: ${check}`) ?? []),
      ...(known?.helpdesk === 'ask' && after.helpdesk === 'preapproved' ? ['the helpdesk opens without being asked'] : []),
      ...turned('agents reach every host', before.hosts.includes('*'), after.hosts.includes('*')),
    ],
  };
  return { classification: Object.values(criteria).some((why) => why.length > 0) ? 'evolution' : 'within', criteria };
}

/** A task that is no longer done needs no check. */
const kept = (check: string, { checks }: TeamScope): boolean => checks.some((other) => other.split(':')[0] === check.split(':')[0]);
