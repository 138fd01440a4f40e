import { readFileSync } from 'node:fs';
import { lintFile, lintTogether, POLICY_FILE_KINDS, violationLine, type Linted, type PolicyFileKind } from '@countersign/contracts';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';

const MOST_FILES = 200;

const lint: Command = {
  usage: `FILE… [--kind ${POLICY_FILE_KINDS.join('|')}]`,
  summary: 'every fault of a policy, template or bundle file, with line, column and rule; no stack needed',
  options: { kind: { type: 'string' } },
  words: [1, MOST_FILES],
  run(call) {
    const kind = kindFlag(call);
    const texts = call.words.map((file) => ({ file, text: textOf(file) }));
    const missing = texts.filter(({ text }) => text === undefined);
    for (const { file } of missing) say(`${paint(31, 'error:')} there is no file ${file}`);
    const found = lintTogether(texts.flatMap(({ file, text }) => (text === undefined ? [] : [lintFile(file, text, kind)])));
    output(call.global.json, found.map(({ file, kind: known, faults }) => ({ file, kind: known, ok: faults.length === 0, faults })), () => found.forEach(print));
    if (missing.length > 0) return Promise.resolve(EXIT.notFound);
    return Promise.resolve(found.every(({ faults }) => faults.length === 0) ? EXIT.done : EXIT.failed);
  },
};

function print({ file, kind, faults }: Linted): void {
  for (const fault of faults) console.log(violationLine(fault));
  say(faults.length === 0 ? `${paint(32, '✓')} ${file}  ${kind}` : `${paint(31, '✗')} ${file}  ${kind}, ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
}

function kindFlag(call: Call): PolicyFileKind | undefined {
  const named = textFlag(call, 'kind');
  const kind = POLICY_FILE_KINDS.find((known) => known === named);
  if (named !== undefined && kind === undefined) throw new UsageError(`--kind is one of ${POLICY_FILE_KINDS.join(', ')}, not "${named}"`);
  return kind;
}

/** The file's text; undefined where there is none to be read under that name. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}

export const policy = { lint };
