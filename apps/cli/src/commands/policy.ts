import { fromWireId, lintFile, lintTogether, MalformedIdError, POLICY_FILE_KINDS, type PolicyFileKind, type Simulation, type SpawnDecisionView, type TurnedList } from '@countersign/contracts';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts } from '../ui/table.js';
import { EXIT, integerFlag, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';
import { apply } from './policy-apply.js';
import { printFaults, textOf } from './policy-files.js';

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
    output(call.global.json, found.map(({ file, kind: known, faults }) => ({ file, kind: known, ok: faults.length === 0, faults })), () => found.forEach(printFaults));
    if (missing.length > 0) return Promise.resolve(EXIT.notFound);
    return Promise.resolve(found.every(({ faults }) => faults.length === 0) ? EXIT.done : EXIT.failed);
  },
};

function kindFlag(call: Call): PolicyFileKind | undefined {
  const named = textFlag(call, 'kind');
  const kind = POLICY_FILE_KINDS.find((known) => known === named);
  if (named !== undefined && kind === undefined) throw new UsageError(`--kind is one of ${POLICY_FILE_KINDS.join(', ')}, not "${named}"`);
  return kind;
}

const explain: Command = {
  usage: 'ID',
  summary: 'why a spawn was allowed, asked about or denied: all rules, and the policy it was judged by',
  words: [1, 1],
  async run(call) {
    const [text = ''] = call.words;
    const id = decisionId(text);
    if (id === undefined) {
      say(`${paint(31, 'error:')} ${text} is no id of a decision, an instance or a question`);
      return EXIT.notFound;
    }
    const decision = await (await signIn(call, 'asha')).spawnDecision(id);
    output(call.global.json, decision, printDecision);
    return EXIT.done;
  },
};

/** A decision has the id of the instance it made, or of the question it asked: as a UUID, or as the original's clients write it. */
function decisionId(text: string): string | undefined {
  try {
    return fromWireId(text.startsWith('spawn_') ? 'spawnApproval' : 'instance', text);
  } catch (error) {
    if (error instanceof MalformedIdError) return undefined;
    throw error;
  }
}

const VERDICT = { allowed: paint(32, 'allowed'), asks: paint(36, 'asked: only a person’s yes was missing'), denied: paint(31, 'denied') } as const;

function printDecision({ id, verdict, code, role, templateId, templateVersion, source, decidedAt, policy: { version, sha256, inForce }, violations, inputsSha256 }: SpawnDecisionView): void {
  const template = templateId === null ? 'none' : templateVersion === 0 ? `${templateId}, which was not there` : `${templateId} v${templateVersion}`;
  printFacts([
    ['decision', id],
    ['verdict', `${VERDICT[verdict]} (${code})`],
    ['asked for', `${role}, template ${template}, by ${source}, ${decidedAt}`],
    ['policy', version === 0 ? 'none was in force' : `v${version} sha256 ${sha256}${inForce ? '' : ', not in force any more'}`],
    ['inputs', `sha256 ${inputsSha256}`],
    ...violations.map(({ code: rule, message }): [string, string] => ['broken', `${rule}: ${message}`]),
  ]);
}

const MOST_REPLAYED = 10_000;

const simulate: Command = {
  usage: 'DRAFT [--kind spawn-policy|template] [--most N]',
  summary: 'which recorded decisions a draft of a policy or template would turn',
  options: { kind: { type: 'string' }, against: { type: 'string' }, most: { type: 'string' } },
  words: [0, 1],
  async run(call) {
    const file = call.words[0] ?? textFlag(call, 'against');
    if (file === undefined) throw new UsageError('name the draft');
    const kind = kindFlag(call);
    const most = integerFlag(call, 'most', { min: 1, max: MOST_REPLAYED });
    const draft = textOf(file);
    if (draft === undefined) {
      say(`${paint(31, 'error:')} there is no file ${file}`);
      return EXIT.notFound;
    }
    const linted = lintFile(file, draft, kind);
    if (linted.faults.length > 0) {
      printFaults(linted);
      return EXIT.failed;
    }
    if (linted.kind !== 'spawn-policy' && linted.kind !== 'template') throw new UsageError(`${file} is a file of the kind ${linted.kind}: no spawn is judged by it`);
    const found = await (await signIn(call, 'gov')).simulate({ draft, kind: linted.kind, ...(most === undefined ? {} : { most }) });
    output(call.global.json, found, printSimulation);
    return EXIT.done;
  },
};

function printSimulation({ replayed, incomparable, newlyDenied, newlyAsking, newlyAllowed }: Simulation): void {
  printTurned('newly denied', newlyDenied);
  printTurned('newly asking', newlyAsking);
  printTurned('newly allowed', newlyAllowed);
  say(`${replayed} decisions judged again${incomparable === 0 ? '' : `; ${incomparable} of them today’s gate judges otherwise even under their own policy, they are not counted`}`);
}

function printTurned(title: string, { count, newest }: TurnedList): void {
  print(`${title}\t${count}`);
  for (const { id, role, templateId, was, code, violations } of newest) print(`  ${id}\t${role} ${templateId ?? '-'}\t${was} → ${code}\t${violations.map(({ message }) => message).join('; ')}`);
}

export const policy = { lint, apply, explain, simulate };
