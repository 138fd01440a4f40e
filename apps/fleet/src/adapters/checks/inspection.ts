import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DraftFiles } from '../postgres/rows.js';
import type { Bind } from '../sandbox/index.js';
import { refused, verdict, WALL_MS, type Answer } from './answers.js';
import { CheckDirectory, type SandboxUse } from './check-sandbox.js';
import type { Findings, InspectionKind, ScaffoldFile } from './inspect.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const parser = dirname(fileURLToPath(import.meta.resolve('@countersign/agents/typescript')));
const typescript = dirname(dirname(fileURLToPath(import.meta.resolve('typescript'))));
const inside = (name: string, source: string): Bind => ({ source, target: `/inspect/node_modules/${name}` });
/** The inspector and the parser, as they are seen inside. */
const INSPECTOR: readonly Bind[] = [
  { source: join(here, 'inspect.mjs'), target: '/inspect/inspect.mjs' },
  inside('@countersign/agents/package.json', join(parser, '../../package.json')),
  ...['typescript.cjs', 'precompiled.cjs', 'typescript.v8'].map((name) => inside(`@countersign/agents/dist/source/${name}`, join(parser, name))).filter(({ source }) => existsSync(source)),
  ...['package.json', 'lib/typescript.js'].map((name) => inside(`typescript/${name}`, join(typescript, name))),
];

/** What reading a draft says: an answer to each question about its text, and the scaffolds in it; an answer instead where they could not be read. */
export interface Inspection extends Readonly<Record<InspectionKind, Answer>> {
  readonly scaffolds: readonly ScaffoldFile[] | Answer;
}

export const isInspected = (kind: string): kind is InspectionKind => kind === 'parses' || kind === 'comments-only';

/**
 * Parses a draft's files and compares them with those they were made from, in one sandbox for all questions.
 *
 * Only the drafted files are shown, before and after: the commit queue refuses a draft whose base is no longer the branch's.
 */
export async function inspect(use: SandboxUse, files: DraftFiles['files']): Promise<Inspection> {
  await using after = await CheckDirectory.empty(use);
  await using before = await CheckDirectory.empty(use);
  for (const { path, content, baseContent } of files) {
    if (content !== null) await after.write(path, content);
    if (baseContent !== null) await before.write(path, baseContent);
  }
  await before.give();
  const result = await after.run(['node', '/inspect/inspect.mjs', '/base'], { wallMs: WALL_MS, input: JSON.stringify(files.map(({ path }) => path)), binds: [...INSPECTOR, { source: before.root, target: '/base' }] });
  if (result.exitCode !== 0) return alike(verdict(result));
  const findings = jsonOf<Findings>(result.stdout);
  if (!findings) return alike(refused('what was found in the draft could not be read'));
  const answer = (kind: InspectionKind): Answer => {
    const problems = findings[kind];
    if (problems.length > 0) return verdict({ ...result, exitCode: 1, output: problems.join('\n') });
    return verdict({ ...result, output: `${files.length} file${files.length === 1 ? '' : 's'} looked at, nothing to object to` });
  };
  return { parses: answer('parses'), 'comments-only': answer('comments-only'), scaffolds: findings.scaffolds };
}

const alike = (answer: Answer): Inspection => ({ parses: answer, 'comments-only': answer, scaffolds: answer });

/** What an inspector printed; undefined where that is no JSON. */
export function jsonOf<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
