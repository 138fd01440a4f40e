import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { approvalPolicySchema, InvalidFileError, normalizeTemplate, priceTableSchema, readYaml, skillFile, spawnPolicySchema, teamPolicySchema, templateSchema, type FileSchema, type SkillRef, type TemplateFile } from '@countersign/contracts';
import { skillKey, type SkillDigests } from '../../domain/skills.js';

/** Inject the folder that policies are read from. */
export const POLICIES_DIR = Symbol('POLICIES_DIR');

/** Files of which there is one each, called like their kind. */
const SCHEMAS = { 'approval-policy': approvalPolicySchema, 'price-table': priceTableSchema, 'spawn-policy': spawnPolicySchema, 'team-policy': teamPolicySchema } as unknown as Readonly<Record<'approval-policy' | 'price-table' | 'spawn-policy' | 'team-policy', FileSchema<object>>>;
const SINGLE = Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[];
export type PolicyKind = keyof typeof SCHEMAS | 'template';

/** One file that is fit to be in force. */
export interface PolicyFile {
  readonly kind: PolicyKind;
  readonly id: string;
  readonly doc: object;
  /** SHA-256 over the file's bytes, so that `sha256sum` shows it; with the digests of its skills where it has some. */
  readonly hash: string;
  /** Path below the folder. */
  readonly source: string;
}

export interface PolicyFolder {
  readonly files: readonly PolicyFile[];
  /** Files that were refused: what they stood for stays in force as it was. */
  readonly broken: readonly InvalidFileError[];
  /** Kinds whose files could all be read: only there does a missing file mean that it was taken away. */
  readonly complete: ReadonlySet<PolicyKind>;
}

interface Source {
  readonly kind: PolicyKind;
  readonly path: string;
}

/** Reads `spawn-policy.yaml`, `approval-policy.yaml`, `price-table.yaml`, `team-policy.yaml` and `templates/*` of a folder. Throws only where the folder itself cannot be read. */
export async function readPolicyFolder(folder: string): Promise<PolicyFolder> {
  const names = await readdir(folder);
  const templates = names.includes('templates') ? await readdir(join(folder, 'templates')) : [];
  const sources: Source[] = [
    ...SINGLE.filter((kind) => names.includes(`${kind}.yaml`)).map((kind) => ({ kind, path: `${kind}.yaml` })),
    // JSON is YAML: the original allows both.
    ...templates.filter((name) => /\.(ya?ml|json)$/.test(name)).sort().map((name) => ({ kind: 'template' as const, path: join('templates', name) })),
  ];
  const files: PolicyFile[] = [];
  const broken: InvalidFileError[] = [];
  for (const source of sources) {
    try {
      files.push(await readSource(folder, source, files));
    } catch (error) {
      if (!(error instanceof InvalidFileError)) throw error;
      broken.push(error);
    }
  }
  const hit = new Set(broken.map(({ file }) => kindOf(file)));
  return { files, broken, complete: new Set([...SINGLE, 'template' as const].filter((kind) => !hit.has(kind))) };
}

const kindOf = (path: string): PolicyKind => (path.startsWith('templates') ? 'template' : (path.replace('.yaml', '') as PolicyKind));

async function readSource(folder: string, { kind, path }: Source, before: readonly PolicyFile[]): Promise<PolicyFile> {
  const bytes = await readFile(join(folder, path));
  const text = bytes.toString('utf8');
  if (kind !== 'template') return { kind, id: kind, doc: readYaml(SCHEMAS[kind], path, text), hash: sha256(bytes), source: path };
  const doc = readYaml(templateSchema, path, text);
  const { id, skills } = normalizeTemplate(doc);
  const twin = before.find((file) => file.kind === 'template' && file.id === id);
  if (twin) throw faulty(path, 'unique-id', `${twin.source} has the templateID ${id} already`);
  return withSkills(folder, { kind, id, doc, hash: sha256(bytes), source: path }, doc, skills);
}

/** The same file with the digests of its skills' content, as it lies in the folder now. */
export async function withSkills(folder: string, file: PolicyFile, doc: TemplateFile, skills: readonly SkillRef[]): Promise<PolicyFile> {
  if (skills.length === 0) return file;
  const digests = Object.fromEntries((await Promise.all(skills.map((skill) => digestOf(folder, skill)))).filter((pair) => pair !== undefined));
  const rows = Object.entries(digests).sort().map((pair) => pair.join(':'));
  return { ...file, doc: { ...doc, skill_digests: digests satisfies SkillDigests }, hash: sha256([file.hash, ...rows].join('\n')) };
}

/** The digest of a skill's content; nothing where it does not exist or lies outside: the gate then refuses the spawn by name. */
async function digestOf(folder: string, skill: SkillRef): Promise<[string, string] | undefined> {
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, skillFile(skill)));
    const inside = relative(root, file);
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) return undefined;
    return [skillKey(skill), sha256(await readFile(file))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

const faulty = (file: string, rule: string, message: string): InvalidFileError => new InvalidFileError(file, [{ file, line: 1, column: 1, pointer: '', rule, message }]);
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
