import { HEADING_IDS, headingName, HEADINGS, mouldsOf, seedName, seedsInForce, type Bundle, type CertificationCase, type Checklist, type PlatformFacts, type Service, type TeamPolicy } from '@countersign/contracts';
import { rightsIn } from './bundle-rights.js';
import { approvalLines, budgetLines, conductLines, coordinationLines, lifeLines } from './charter-terms.js';

/** Whose charter it is, and all that it is rendered from: nothing of it is written twice, so it says what is enforced. */
export interface CharterFacts extends Pick<CertificationCase, 'templates' | 'seeds' | 'facts'> {
  readonly team: { readonly id: string; readonly name: string; readonly state: string; readonly mode: string };
  readonly bundle: Bundle;
  /** Under the ten headings: the team's manifest, and each way of working. */
  readonly checklists: readonly Checklist[];
  /** Who published the version of its bundle. */
  readonly publishedBy: 'a governor of the platform' | 'the operator’s file';
  /** The team policy in force; version 0: none is. */
  readonly policy: { readonly terms: TeamPolicy; readonly version: number };
  /** The row that says that it was certified; undefined: it is not yet. */
  readonly certified: { readonly id: string; readonly at: Date; readonly alignment: number; readonly classification: string } | undefined;
}

/** Services that a team consists of, or meets. */
const PARTIES = ['manager-agent', 'fleet', 'helpdesk-agent', 'gateway', 'executor', 'spawn-gate'] as const satisfies readonly Service[];

/** The charter of a team and the protocol that it works by, as Markdown. */
export function charterOf(about: CharterFacts): string {
  const { team, bundle, certified, checklists, seeds, facts, policy, publishedBy } = about;
  return [
    `# Charter of ${inline(team.name)}`,
    `Rendered from what the platform enforces: the team’s bundle \`${bundle.id}@${bundle.version}\`, published by ${publishedBy}, the templates in force, the table of rights, the messages, and the actions of the record. Whatever changes there changes here.`,
    list([`Team \`${team.id}\`, ${team.state}, ${team.mode}`, certified ? `Certified on ${certified.at.toISOString().slice(0, 10)} by decision \`${certified.id}\`: ${certified.classification}, alignment ${certified.alignment} of 100` : 'Not certified: it may do nothing yet']),
    '## Who is in it, and what each may do',
    'What is not listed, an agent may not do.',
    ...mouldsOf(bundle, about.templates).flatMap(({ name, templateId, template }, index) => [`### ${inline(name)}, ${index === 0 ? 'manager' : inline(bundle.members[index - 1]!.skill)}`, template ? list(rightsIn(template), 'nothing') : `No template \`${templateId}\` is in force: it may do nothing.`]),
    '## What leaves the team',
    list([
      `One effect for each goal: \`${bundle.effect.kind}\`, performed by the executor alone, for exactly the bytes that were countersigned`,
      ...approvalLines(bundle),
      'A question that nobody answers expires; silence is no consent',
      `A suspension opens the helpdesk ${bundle.helpdesk.activation === 'preapproved' ? 'at once: publishing the bundle was that decision' : 'when the platform’s governor says so'}`,
    ]),
    '## What may be used up',
    list(budgetLines(bundle).map(inline)),
    '## How it works together',
    list([...coordinationLines(bundle), ...conductLines(policy)]),
    '## Trial and suspension',
    list(lifeLines(policy)),
    '## Precedents',
    list(seedsInForce(seeds).map(seedLine), 'none is in force'),
    ...checklists.flatMap(wayOf),
    ...protocolOf(facts),
  ].join('\n\n').concat('\n');
}

const seedLine = ({ seed, subjects }: ReturnType<typeof seedsInForce>[number]): string => `\`${seedName(seed)}\` (${seed.date}, ${inline(seed.approved_by)}), about ${subjects.map(inline).join(', ')}${seed.permits === true ? '' : ', permits nothing'}: ${inline(seed.principle)}`;

const wayOf = ({ subject, version, headings }: Checklist): string[] => [
  `## Way of working: ${subject} (${version})`,
  ...HEADING_IDS.flatMap((id) => {
    const said = headings.filter(({ heading }) => heading === id);
    return [`### ${headingName(id)}`, ...(said.length === 0 ? [`Nothing is said about ${HEADINGS[id].toLowerCase()}.`] : said.flatMap(({ says, evidence }) => [inline(says), list(evidence.map(({ claim, holds }) => `${holds ? 'it is so that' : '**it is not so that**'} ${inline(claim)}`), 'no evidence')]))];
  }),
];

/** Who says what to whom, who may touch which row, and whose each entry of the record is. */
function protocolOf({ messages, rights, scopes, records }: PlatformFacts): string[] {
  const verbs = (service: Service, name: string): string => (rights[service][name] ?? []).map((verb) => ({ reads: 'r', writes: 'w' })[verb]).join('');
  const tables = Object.keys(scopes).filter((name) => PARTIES.some((service) => verbs(service, name) !== ''));
  return [
    '## Protocol',
    '### Messages',
    'One author each; the broker refuses everybody else.',
    table(['message', 'subject', 'from', 'to'], messages.map(({ name, subject, author, consumers }) => [`\`${name}\``, `\`${subject}\``, author, consumers.join(', ')])),
    '### Rows',
    'r reads, w writes; the database refuses the rest, and keeps each team’s rows apart.',
    table(['table', 'whose', ...PARTIES], tables.map((name) => [`\`${name}\``, scopes[name]!, ...PARTIES.map((service) => verbs(service, name))])),
    '### Record',
    'Whose entry an action is; the database refuses it from anybody else.',
    table(['service', 'actions'], PARTIES.map((service) => [service, records[service].map((action) => `\`${action}\``).join(', ')])),
  ];
}

/** One line without what Markdown would read as its own. */
const inline = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().replaceAll(/[\\`*_<>[\]|#]/g, '\\$&');
const list = (lines: readonly string[], none = ''): string => (lines.length === 0 ? `- ${none}` : lines.map((line) => `- ${line}`).join('\n'));
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
