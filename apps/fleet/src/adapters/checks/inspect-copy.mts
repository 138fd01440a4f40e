/**
 * Runs inside the sandbox: judges drafted copy by the campaign's rules. The working directory holds the drafted files.
 * Argument: a directory with the customer's brief, where there is one; on standard input, as JSON, the paths that the draft
 * changes. Prints {@link CopyFindings} as JSON, bounded.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BRIEF, inventions, misfits } from '@countersign/agents/campaign';

export type CopyKind = 'fits-channel' | 'brief-only';
/** Problems by question, one line each. */
export type CopyFindings = Readonly<Record<CopyKind, readonly string[]>>;

const SHOWN = 50;
const MAX_LINE = 500;

const [briefDirectory = ''] = process.argv.slice(2);
const paths = JSON.parse(readFileSync(0, 'utf8')) as readonly string[];
const briefFile = join(briefDirectory, BRIEF);
const brief = existsSync(briefFile) ? readFileSync(briefFile, 'utf8') : undefined;
const texts = paths.filter((path) => existsSync(path)).map((path) => [path, readFileSync(path, 'utf8')] as const);

function* invented(): Generator<string> {
  if (brief === undefined) return yield `there is no ${BRIEF} that anything could be true by`;
  if (paths.includes(BRIEF)) yield `${BRIEF} is the customer's: no draft changes it`;
  for (const [path, text] of texts) yield* inventions(path, text, brief);
}

const told = (problems: readonly string[]): string[] => {
  const shown = problems.slice(0, SHOWN).map((problem) => (problem.length > MAX_LINE ? `${problem.slice(0, MAX_LINE)}…` : problem));
  return problems.length > SHOWN ? [...shown, `and ${problems.length - SHOWN} more`] : shown;
};

const findings: CopyFindings = { 'fits-channel': told(texts.flatMap(([path, text]) => misfits(path, text))), 'brief-only': told([...invented()]) };
process.stdout.write(JSON.stringify(findings));
