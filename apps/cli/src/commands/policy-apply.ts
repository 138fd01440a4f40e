import { lintFile, lintTogether, type Linted, type PolicyDocument, type SpawnPolicyFile } from '@countersign/contracts';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { EXIT, integerFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { policyFilesAt, printFaults, textOf } from './policy-files.js';

const MOST_PATHS = 200;

/** Puts a project's spawn policy and templates in force as they stand, in one request: all of them, or none where one has a fault or is missing, or somebody changed the rules meanwhile. */
export const apply: Command = {
  usage: '[PROJECT | FILE]… [--dry-run] [--if-revision N] [--drop-customer-budgets]',
  summary: 'put the spawn policy and the templates of a project (.tandem/agent-team) in force as they stand, all or none',
  options: { 'dry-run': { type: 'boolean' }, 'if-revision': { type: 'string' }, 'drop-customer-budgets': { type: 'boolean' } },
  words: [0, MOST_PATHS],
  async run(call) {
    const seen = integerFlag(call, 'if-revision', { min: 0, max: 999_999_999 });
    const files = (call.words.length === 0 ? ['.'] : call.words).flatMap(policyFilesAt);
    const texts = files.map((file) => ({ file, text: textOf(file) }));
    const missing = texts.filter(({ text }) => text === undefined);
    for (const { file } of missing) say(`${paint(31, 'error:')} there is no file ${file}; nothing was put in force`);
    if (missing.length > 0) return EXIT.notFound;
    const found = lintTogether(texts.map(({ file, text }) => lintFile(file, text!)));
    const broken = found.filter(({ faults }) => faults.length > 0);
    broken.forEach(printFaults);
    if (broken.length > 0) {
      say('nothing was put in force');
      return EXIT.failed;
    }
    const documents = found.map(documentOf);
    const client = await signIn(call, 'gov');
    const now = await client.policies();
    const dryRun = call.flags['dry-run'] === true;
    const how = { ...(dryRun ? { dryRun } : {}), ...(call.flags['drop-customer-budgets'] === true ? { dropCustomerBudgets: true } : {}) };
    const { revision, applied } = await client.applyPolicies({ documents, ...how }, seen ?? now.revision);
    const rows = applied.map((each, at) => ({ file: found[at]!.file, ...each }));
    output(call.global.json, rows, () => rows.forEach(({ file, kind, id }) => print(`${kind}\t${id}\t${file}`)));
    sayFallen(now.spawnPolicy.document, documents);
    const changed = rows.filter((row) => row.changed).length;
    say(dryRun ? `${changed} of ${rows.length} would change; nothing was put in force. As seen: --if-revision ${revision}` : `${changed} of ${rows.length} changed; the rules are at revision ${revision}`);
    return EXIT.done;
  },
};

function documentOf({ file, kind, document }: Linted): PolicyDocument {
  if (kind !== 'spawn-policy' && kind !== 'template') throw new UsageError(`${file} is a file of the kind ${kind}: the gate reads it at its start`);
  return { kind, document: document! };
}

/** What the policy before named and this one leaves out has its default now. */
function sayFallen(before: object | null, documents: readonly PolicyDocument[]): void {
  const next = documents.find(({ kind }) => kind === 'spawn-policy')?.document as SpawnPolicyFile | undefined;
  if (before === null || next === undefined) return;
  const fallen = Object.keys(before).filter((field) => !(field in next));
  if (fallen.length > 0) say(`${paint(33, 'not named any more, so at its default:')} ${fallen.join(', ')}`);
}
