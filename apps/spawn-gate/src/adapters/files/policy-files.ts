import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join, parse, relative, sep } from 'node:path';
import { approvalPolicySchema, certificationPolicySchema, InvalidFileError, normalizeTemplate, precedentSeedSchema, priceTableSchema, readYaml, skillFile, spawnPolicySchema, teamPolicySchema, templateSchema, wayOfWorkingSchema, type FileSchema, type PrecedentSeed, type SkillRef, type TemplateFile, type WayOfWorking } from '@countersign/contracts';
import { skillKey, type SkillDigests } from '../../domain/skills.js';

/** Inject the folder that policies are read from. */
export const POLICIES_DIR = Symbol('POLICIES_DIR');

/** Files of which there is one each, called like their kind. */
const SCHEMAS = { 'approval-policy': approvalPolicySchema, certification: certificationPolicySchema, 'price-table': priceTableSchema, 'spawn-policy': spawnPolicySchema, 'team-policy': teamPolicySchema } as unknown as Readonly<Record<'approval-policy' | 'certification' | 'price-table' | 'spawn-policy' | 'team-policy', FileSchema<object>>>;
const SINGLE = Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[];
/** Folders of files, each of which says its own id. */
const FOLDERS = {
  template: 'templates',
  'precedent-seed': 'precedents',
  'way-of-working': 'ways',
} as const;
type FolderKind = keyof typeof FOLDERS;
const FOLDER_KINDS = Object.keys(FOLDERS) as FolderKind[];
export type PolicyKind = keyof typeof SCHEMAS | FolderKind;

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

/** Reads `spawn-policy.yaml`, `approval-policy.yaml`, `price-table.yaml`, `team-policy.yaml`, `certification.yaml`, and `templates/*`, `precedents/*` and `ways/*` of a folder. Throws only where the folder itself cannot be read. */
export async function readPolicyFolder(folder: string): Promise<PolicyFolder> {
  const names = await readdir(folder);
  const inFolders = await Promise.all(FOLDER_KINDS.filter((kind) => names.includes(FOLDERS[kind])).map(async (kind) => ({ kind, names: await readdir(join(folder, FOLDERS[kind])) })));
  const sources: Source[] = [
    ...SINGLE.filter((kind) => names.includes(`${kind}.yaml`)).map((kind) => ({ kind, path: `${kind}.yaml` })),
    // JSON is YAML: the original allows both.
    ...inFolders.flatMap(({ kind, names: own }) => own.filter((name) => /\.(ya?ml|json)$/.test(name)).sort().map((name) => ({ kind, path: join(FOLDERS[kind], name) }))),
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
  return { files, broken, complete: new Set([...SINGLE, ...FOLDER_KINDS].filter((kind) => !hit.has(kind))) };
}

const kindOf = (path: string): PolicyKind => FOLDER_KINDS.find((kind) => path.startsWith(`${FOLDERS[kind]}${sep}`)) ?? (path.replace('.yaml', '') as PolicyKind);

async function readSource(folder: string, { kind, path }: Source, before: readonly PolicyFile[]): Promise<PolicyFile> {
  const bytes = await readFile(join(folder, path));
  const text = bytes.toString('utf8');
  if (kind === 'precedent-seed' || kind === 'way-of-working') return readNamed(kind, path, text, sha256(bytes), before);
  if (kind !== 'template') return { kind, id: kind, doc: readYaml(SCHEMAS[kind], path, text), hash: sha256(bytes), source: path };
  const doc = readYaml(templateSchema, path, text);
  const { id, skills } = normalizeTemplate(doc);
  const twin = before.find((file) => file.kind === 'template' && file.id === id);
  if (twin) throw faulty(path, 'unique-id', `${twin.source} has the templateID ${id} already`);
  return withSkills(folder, { kind, id, doc, hash: sha256(bytes), source: path }, doc, skills);
}

/** A file that is called like the id in it, so that there is one of each. */
function readNamed(kind: 'precedent-seed' | 'way-of-working', path: string, text: string, hash: string, before: readonly PolicyFile[]): PolicyFile {
  const doc = kind === 'precedent-seed' ? readYaml(precedentSeedSchema, path, text) : readYaml(wayOfWorkingSchema, path, text);
  const id = kind === 'precedent-seed' ? (doc as PrecedentSeed).seed_id : (doc as WayOfWorking).id;
  if (parse(path).name !== id) throw faulty(path, 'file-name', `is called ${parse(path).name}, but says that it is ${id}`);
  const twin = before.find((file) => file.kind === kind && file.id === id);
  if (twin) throw faulty(path, 'unique-id', `${twin.source} is ${id} already`);
  return { kind, id, doc, hash, source: path };
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
