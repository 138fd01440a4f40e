import type { Bundle } from '../files/bundle.js';
import type { WayOfWorking } from '../files/way-of-working.js';
import type { Template } from '../files/template.js';
import { HEADING_IDS, type Checklist, type HeadingEvidence, type Proof } from './headings.js';
import { claimWords, holds, type PlatformFacts } from './platform-facts.js';
import { mouldsOf } from './scope.js';

/** A way of working under its ten headings, each claim looked up in what the platform enforces. */
export const checklistOfWay = ({ id, version, service, headings }: WayOfWorking, facts: PlatformFacts): Checklist => ({
  subject: id,
  version: String(version),
  headings: HEADING_IDS.flatMap((heading) => {
    const said = headings[heading];
    return said ? [{ heading, says: said.says, evidence: said.evidence.map((claim) => ({ claim: claimWords(service, claim), holds: holds(facts, service, claim) })) }] : [];
  }),
});

const WAYS_RECORDED = ['MANAGER-TASK-ASSIGNED', 'MANAGER-DRAFT-REVIEWED', 'MANAGER-APPROVAL-REQUESTED'] as const;

/** A team's manifest under the ten headings: read from the bundle, the templates in force and what the platform enforces. */
export function checklistOfTeam(bundle: Bundle, templates: readonly Template[], facts: PlatformFacts): Checklist {
  const moulds = mouldsOf(bundle, templates);
  const each = (claim: (name: string) => string, so: (template: Template) => boolean): Proof[] => moulds.map(({ name, template }) => ({ claim: claim(name), holds: template !== undefined && so(template) }));
  const { manager, members, playbook, effect, budgets, approval, helpdesk, critique } = bundle;
  const headings: HeadingEvidence[] = [
    { heading: 'outcome', says: bundle.description, evidence: [...playbook.map(({ key, criteria }) => proof(`the task ${key} is closed by checks: ${criteria.map(({ kind }) => kind).join(', ')}`, criteria.length > 0)), proof(`a goal ends with ${effect.kind}, countersigned by a person`)] },
    {
      heading: 'scope',
      says: `${manager.name} plans and reviews; ${members.map(({ name, title, skill }) => `${name}: ${title ?? skill}`).join('; ')}.`,
      evidence: [proof('one member has each skill', new Set(members.map(({ skill }) => skill)).size === members.length), ...moulds.map(({ name, templateId, template }) => proof(`${name}’s template ${templateId} is in force and says what ${name} may touch`, template !== undefined))],
    },
    { heading: 'inputs', says: 'A goal in the customer’s words, and the copy of the repository that it names.', evidence: playbook.map(({ key, criteria }) => proof(`the draft of ${key} is judged by more than that it can be read`, criteria.some(({ kind }) => kind !== 'parses'))) },
    { heading: 'outputs', says: `Drafts of ${[...new Set(playbook.map(({ title }) => title))].join('; ')}; one deliverable, one effect: ${effect.kind}.`, evidence: [proof('outputs go to the workspace, by hash', facts.records.fleet.includes('TEAM-SHARED-CONTEXT-WRITE'))] },
    { heading: 'interfaces', says: 'What each agent reads and writes is its template’s; a child never gets more than its parent.', evidence: moulds.map(({ name, template }) => proof(template ? `${name} reads ${pathsOf(template.capabilities.fs_scopes.read)} and writes ${pathsOf(template.capabilities.fs_scopes.write)}` : `what ${name} reads and writes is known`, template !== undefined)) },
    {
      heading: 'decisions',
      says: `The manager decides inside the team. What leaves it a person decides, at tier ${approval.tier} or above, within ${approval.timeoutMinutes} minutes.`,
      evidence: [proof('only the gateway, for a person, writes a decision', writersOf(facts, 'app.approval_decision') === 'gateway'), proof('a team and a goal have a budget in dollars', budgets.team.usd > 0 && budgets.goal.usd > 0)],
    },
    { heading: 'critique', says: critique?.assumptions.join(' ') ?? '', evidence: (critique?.failures ?? []).map(({ failure, mitigation }) => proof(`${failure}: ${mitigation}`)) },
    { heading: 'escalation', says: helpdesk.plan, evidence: [proof(`a question that nobody answers expires after ${approval.timeoutMinutes} minutes, as no consent`, facts.records.gateway.includes('APPROVAL-EXPIRED')), proof('the ladder ends at the platform’s governor', facts.records.gateway.includes('APPROVAL-ESCALATED')), proof('what is measured about the team is raised to the authority that must look at it', facts.records['spawn-gate'].includes('ESCALATION-RAISED'))] },
    {
      heading: 'containment',
      says: 'Nothing is executed before a person has countersigned it; a suspended team starts, spends and sends nothing.',
      evidence: [
        ...each((name) => `${name} pushes nothing without a person’s yes`, ({ capabilities: { git_caps } }) => !git_caps.push || git_caps.push_requires_approval),
        ...each((name) => `${name} reaches no host, or named ones only`, ({ capabilities: { net_scopes } }) => !net_scopes.enabled || !net_scopes.allow_hosts.includes('*')),
        proof('only the executor performs an effect', writersOf(facts, 'app.effect') === 'executor'),
      ],
    },
    { heading: 'audit', says: 'Every delegation, review and request is an entry of the team’s chain, in the transaction of the change.', evidence: WAYS_RECORDED.map((action) => proof(`manager-agent puts on record ${action}`, facts.records['manager-agent'].includes(action))) },
  ];
  return { subject: 'team', version: `${bundle.id}@${bundle.version}`, headings };
}

const proof = (claim: string, so = true): Proof => ({ claim, holds: so });
const pathsOf = (paths: readonly string[]): string => (paths.length === 0 ? 'nothing' : paths.map((path) => (path === '.' ? 'the work tree' : path)).join(', '));
const writersOf = ({ rights }: PlatformFacts, table: string): string => Object.entries(rights).filter(([, tables]) => tables[table]?.includes('writes')).map(([service]) => service).join(', ');
