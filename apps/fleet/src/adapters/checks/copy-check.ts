import { readFileAt } from '@countersign/git';
import { BRIEF } from '@countersign/agents/campaign';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DraftFiles } from '../postgres/rows.js';
import type { Bind } from '../sandbox/index.js';
import { refused, verdict, WALL_MS, type Answer } from './answers.js';
import { CheckDirectory, type CheckBase, type SandboxUse } from './check-sandbox.js';
import { jsonOf } from './inspection.js';
import type { CopyFindings, CopyKind } from './inspect-copy.mjs';

const rules = fileURLToPath(import.meta.resolve('@countersign/agents/campaign'));
const inside = (name: string, source: string): Bind => ({ source, target: `/inspect/node_modules/@countersign/agents/${name}` });
/** The inspector and the rules, as they are seen inside. */
const INSPECTOR: readonly Bind[] = [
  { source: join(dirname(fileURLToPath(import.meta.url)), 'inspect-copy.mjs'), target: '/inspect/inspect.mjs' },
  inside('package.json', join(dirname(rules), '../../package.json')),
  inside('dist/campaign/rules.js', rules),
];

export const isAboutCopy = (kind: string): kind is CopyKind => kind === 'fits-channel' || kind === 'brief-only';

/** Judges drafted copy against the brief as the goal's base holds it, in one sandbox for both questions: no draft widens what it is judged by. */
export async function inspectCopy(use: SandboxUse, { repository, commit }: CheckBase, files: DraftFiles['files']): Promise<Readonly<Record<CopyKind, Answer>>> {
  await using after = await CheckDirectory.empty(use);
  await using before = await CheckDirectory.empty(use);
  for (const { path, content } of files) if (content !== null) await after.write(path, content);
  const brief = await readFileAt(repository, commit, BRIEF);
  if (brief) await before.write(BRIEF, brief);
  await before.give();
  const result = await after.run(['node', '/inspect/inspect.mjs', '/base'], { wallMs: WALL_MS, input: JSON.stringify(files.map(({ path }) => path)), binds: [...INSPECTOR, { source: before.root, target: '/base' }] });
  if (result.exitCode !== 0) return alike(verdict(result));
  const findings = jsonOf<CopyFindings>(result.stdout);
  if (!findings) return alike(refused('what was found in the draft could not be read'));
  const answer = (kind: CopyKind): Answer => verdict({ ...result, exitCode: findings[kind].length > 0 ? 1 : 0, output: findings[kind].length > 0 ? findings[kind].join('\n') : `${files.length} file${files.length === 1 ? '' : 's'} looked at, nothing to object to` });
  return { 'fits-channel': answer('fits-channel'), 'brief-only': answer('brief-only') };
}

const alike = (answer: Answer): Readonly<Record<CopyKind, Answer>> => ({ 'fits-channel': answer, 'brief-only': answer });
