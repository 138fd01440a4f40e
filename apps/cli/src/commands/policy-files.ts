import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { violationLine, type Linted } from '@countersign/contracts';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { print } from '../ui/print.js';
import { UsageError } from './command.js';

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

function unlessAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The file's text; undefined where there is none to be read under that name. */
export const textOf = (file: string): string | undefined => unlessAbsent(() => readFileSync(file, 'utf8'));

export function printFaults({ file, kind, faults }: Linted): void {
  for (const fault of faults) print(violationLine(fault));
  say(faults.length === 0 ? `${paint(32, '✓')} ${file}  ${kind}` : `${paint(31, '✗')} ${file}  ${kind}, ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
}

/** Where the original keeps a project's policy and templates. */
const OF_PROJECT = join('.tandem', 'agent-team');
/** As its templates may be: YAML or JSON. Which of two would hold, nobody could tell. */
const POLICY = /^spawn-policy\.(ya?ml|json)$/;
const USUAL_NAME = 'spawn-policy.yaml';

/** What a path names: the policy and templates of a project or of a folder like it, or the one file. The policy comes last, and is named also where it is missing. */
export function policyFilesAt(path: string): string[] {
  if (!unlessAbsent(() => statSync(path))?.isDirectory()) return [path];
  const own = join(path, OF_PROJECT);
  const folder = unlessAbsent(() => statSync(own))?.isDirectory() ? own : path;
  const templates = (unlessAbsent(() => readdirSync(join(folder, 'templates'))) ?? []).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  const [policy = USUAL_NAME, ...others] = readdirSync(folder).filter((name) => POLICY.test(name)).sort();
  if (others.length > 0) throw new UsageError(`${folder} has more than one spawn policy: ${[policy, ...others].join(', ')}`, 'keep one of them');
  return [...templates.map((name) => join(folder, 'templates', name)), join(folder, policy)];
}
