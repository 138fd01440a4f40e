import { parseDocument } from 'yaml';
import { approvalPolicySchema } from './approval-policy.js';
import { bundleSchema } from './bundle.js';
import { certificationPolicySchema } from './certification-policy.js';
import type { Violation } from '../errors.js';
import { InvalidFileError, type FileViolation } from './invalid-file.js';
import { conforms, MAX_FILE_BYTES, readYaml, type FileSchema } from './read-yaml.js';
import { precedentSeedSchema } from './precedent-seed.js';
import { priceTableSchema } from './price-table.js';
import { teamPolicySchema } from './team-policy.js';
import { spawnPolicySchema } from './spawn-policy.js';
import { templateSchema, type TemplateFile } from './template.js';
import { wayOfWorkingSchema } from './way-of-working.js';

/** Files that people edit and that are put in force as versions. */
export const POLICY_FILE_KINDS = ['spawn-policy', 'template', 'approval-policy', 'price-table', 'team-policy', 'certification', 'precedent-seed', 'way-of-working', 'bundle'] as const;
export type PolicyFileKind = (typeof POLICY_FILE_KINDS)[number];

const SCHEMAS: Readonly<Record<PolicyFileKind, FileSchema<object>>> = {
  'spawn-policy': spawnPolicySchema as FileSchema<object>,
  template: templateSchema as FileSchema<object>,
  'approval-policy': approvalPolicySchema as FileSchema<object>,
  'price-table': priceTableSchema as FileSchema<object>,
  'team-policy': teamPolicySchema as FileSchema<object>,
  certification: certificationPolicySchema as FileSchema<object>,
  'precedent-seed': precedentSeedSchema as FileSchema<object>,
  'way-of-working': wayOfWorkingSchema as FileSchema<object>,
  bundle: bundleSchema as FileSchema<object>,
};

/** What a linter found in one file. */
export interface Linted {
  readonly file: string;
  readonly kind: PolicyFileKind;
  readonly faults: readonly FileViolation[];
  /** A template's id, where the file has one and is fit to be in force. */
  readonly templateId?: string;
  /** What the file says, where it has no fault. */
  readonly document?: object;
}

/** More than any file of 256 KiB has. */
const ALL = 1_000_000;

/** Reads one file exactly as the gate would, and says everything that is wrong with it. */
export function lintFile(file: string, text: string, kind: PolicyFileKind = kindOfFile(file, text)): Linted {
  try {
    const doc = readYaml(SCHEMAS[kind], file, text, { most: ALL });
    return { file, kind, faults: [], document: doc, ...(kind === 'template' ? { templateId: templateIdOf(doc as TemplateFile) } : {}) };
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return { file, kind, faults: error.violations };
  }
}

const templateIdOf = ({ templateID, template_id }: TemplateFile): string => templateID ?? template_id!;

/** Templates that would stand in each other's way: the gate takes the first by file name and refuses the others. */
export function lintTogether(found: readonly Linted[]): Linted[] {
  return found.map((each, index) => {
    const twin = found.slice(0, index).find(({ templateId }) => templateId !== undefined && templateId === each.templateId);
    if (!twin) return each;
    return { ...each, faults: [...each.faults, { file: each.file, line: 1, column: 1, pointer: '', rule: 'unique-id', message: `${twin.file} has the templateID ${each.templateId} already` }] };
  });
}

interface Document {
  readonly kind: Extract<PolicyFileKind, 'spawn-policy' | 'template'>;
  readonly document: object;
}
/** What it is called once it is in force. The document must be fit to be. */
export const idOfDocument = ({ kind, document }: Document): string => (kind === 'template' ? templateIdOf(document as TemplateFile) : kind);

/** All that stands against putting these in force together; the pointers lead through the list. */
export function faultsTogether(documents: readonly Document[]): Violation[] {
  const ids = new Set<string>();
  return documents.flatMap((each, index) => {
    const own = (pointer: string): string => `/documents/${index}/document${pointer}`;
    const faults = conforms(SCHEMAS[each.kind], each.document);
    if (faults.length > 0) return faults.map((fault) => ({ ...fault, pointer: own(fault.pointer) }));
    const name = `${each.kind}/${idOfDocument(each)}`;
    if (ids.has(name)) return [{ pointer: own(''), rule: 'unique-id', message: `${name} is there twice` }];
    ids.add(name);
    return [];
  });
}

/** Words that only one kind of file begins a line with; a file that has none of them is taken for a spawn policy. */
const TELLING: readonly (readonly [PolicyFileKind, readonly string[]])[] = [
  ['bundle', ['playbook', 'members', 'manager', 'budgets']],
  ['template', ['templateID', 'template_id', 'role', 'capabilities', 'system_prompt', 'default_budget']],
  ['approval-policy', ['defaults', 'effects', 'onTimeout']],
  ['price-table', ['tariffs', 'agents', 'sizes']],
  ['team-policy', ['teamsPerCustomer', 'trial', 'promotion']],
  ['certification', ['leastAlignment', 'baseline']],
  ['precedent-seed', ['seed_id']],
  ['way-of-working', ['headings']],
];

/** What a file is: by its name and folder, as the gate finds it, else by the words in it. */
export function kindOfFile(file: string, text: string): PolicyFileKind {
  const [name = '', folder = ''] = file.split(/[\\/]/).reverse();
  const stem = name.replace(/\.(ya?ml|json)$/i, '');
  if (stem === 'spawn-policy' || stem === 'approval-policy' || stem === 'price-table' || stem === 'team-policy' || stem === 'certification') return stem;
  if (folder === 'precedents') return 'precedent-seed';
  if (folder === 'ways') return 'way-of-working';
  if (folder === 'templates') return 'template';
  if (folder === 'bundles') return 'bundle';
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) return 'spawn-policy';
  const document = parseDocument(text, { version: '1.2', schema: 'core', prettyErrors: false });
  return TELLING.find(([, words]) => words.some((word) => document.has(word)))?.[0] ?? 'spawn-policy';
}
