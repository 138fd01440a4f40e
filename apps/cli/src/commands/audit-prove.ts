import { checkRemembered, DECISION_RECEIPT_EXTENSION, describeFinding, findingCodeOf, openCheckpoint, parsePlainHead, parseVkey, plainHead, RECEIPT_EXTENSION, receiptText, receiptWords, verifyDecisionReceipt, verifyReceipt, type Checkpoint, type DecisionReport, type Finding, type ReceiptReport, type TreeHead } from '@countersign/audit';
import type { AuditProofView } from '@countersign/contracts';
import { writeFileSync } from 'node:fs';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts } from '../ui/table.js';
import { headFlag, keyFlag, pinnedKey } from './audit-flags.js';
import { EXIT, integerFlag, textFlag, UsageError, type Call, type Command, type ExitCode } from './command.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';
const COUNT = { min: 0, max: Number.MAX_SAFE_INTEGER };

export const prove: Command = {
  usage: '--seq N | --entry ID [--size SIZE] [--team T] [--vkey KEY] [--out FILE], or --approval ID [--vkey KEY] [--out FILE], or --head SIZE:ROOT|FILE --vkey KEY [--team T]',
  summary: 'a receipt of one entry or of the decision on an approval, or that a chain still begins as a head seen earlier says',
  options: { seq: { type: 'string' }, entry: { type: 'string' }, approval: { type: 'string' }, decision: { type: 'string' }, head: { type: 'string' }, size: { type: 'string' }, team: { type: 'string' }, vkey: { type: 'string' }, out: { type: 'string' } },
  async run(call) {
    const [index, entryId, approval, head] = [integerFlag(call, 'seq', COUNT), textFlag(call, 'entry'), textFlag(call, 'approval'), headFlag(call)];
    if ([index, entryId, approval, head].filter((one) => one !== undefined).length !== 1) throw new UsageError('one of --seq, --entry, --approval and --head says what to prove');
    const decision = textFlag(call, 'decision');
    if (decision !== undefined && approval === undefined) throw new UsageError('--decision names one of the decisions on an --approval');
    if (approval !== undefined) return proveDecision(call, { approval, decision }, keyFlag(call));
    if (head !== undefined) return proveHead(call, head, pinnedKey(call, 'a head seen earlier'));
    const [size, vkey] = [integerFlag(call, 'size', COUNT), keyFlag(call)];
    const client = await signIn(call, USUAL);
    const { id } = await findTeam(client, textFlag(call, 'team'));
    const view = await client.proof(id, { index, entryId, size });
    const text = receiptText({ line: view.entry ?? '', index: view.index ?? 0, path: hashesOf(view), note: view.note });
    return writeReceipt(call, text, vkey === undefined ? undefined : askedFor(await verifyReceipt(text, vkey), { index, entryId }));
  },
};

/** The file that the approval's page saves, byte for byte; what does not hold is not written. */
async function proveDecision(call: Call, { approval, decision }: { readonly approval: string; readonly decision: string | undefined }, vkey: string | undefined): Promise<ExitCode> {
  const client = await signIn(call, USUAL);
  const text = (await client.receipt(approval, decision)).toString('utf8');
  const report = await verifyDecisionReceipt(text, vkey);
  if (!report.ok) {
    printDecision(report);
    return EXIT.failed;
  }
  keep(call, text, DECISION_RECEIPT_EXTENSION, vkey === undefined ? '' : ' --vkey KEY');
  return EXIT.done;
}

/** Nothing is written that the person's own key does not vouch for; without a key it is whoever checks the receipt who finds out. */
function writeReceipt(call: Call, text: string, report: ReceiptReport | undefined): ExitCode {
  if (report?.ok === false) {
    printReceipt(report);
    return EXIT.failed;
  }
  keep(call, text, RECEIPT_EXTENSION, ' --vkey KEY');
  return EXIT.done;
}

function keep(call: Call, text: string, extension: string, flags: string): void {
  const out = textFlag(call, 'out');
  if (out === undefined) return console.log(text.trimEnd());
  writeFileSync(out, text);
  say(`  ${out}: check it with \`countersign audit verify ${out}${flags}\`${out.endsWith(extension) ? '' : `; other programs know it by ${extension}`}`);
}

/** A sound receipt of another entry is no answer. */
function askedFor(report: ReceiptReport, { index, entryId }: { index: number | undefined; entryId: string | undefined }): ReceiptReport {
  const is = !report.ok || (index !== undefined ? report.seq === index : report.payload === null || report.payload?.['entry_id'] === entryId);
  return is ? report : { ...report, ok: false, findings: [{ code: 'not_included', message: `the answer is a receipt of entry ${report.seq}, not of the one that was asked for` }] };
}

async function proveHead(call: Call, text: string, vkey: string): Promise<ExitCode> {
  const remembered = tryOpen(() => parsePlainHead(text) ?? openCheckpoint(text, parseVkey(vkey)));
  if ('code' in remembered) throw new UsageError(`--head: ${remembered.message} (${remembered.code})`);
  const client = await signIn(call, USUAL);
  const { id } = await findTeam(client, textFlag(call, 'team'));
  const { now, finding } = await compare(client, id, remembered, vkey);
  const report = { ok: finding === undefined, team: id, remembered: plainHead(remembered), now: now === undefined ? null : plainHead(now), findings: finding === undefined ? [] : [finding] };
  if (call.global.json) console.log(JSON.stringify(report));
  else printComparison(report);
  return report.ok ? EXIT.done : EXIT.failed;
}

async function compare(client: ApiClient, teamId: string, remembered: TreeHead, vkey: string): Promise<{ now?: Checkpoint; finding?: Finding | undefined }> {
  const view = await client.proof(teamId, { from: remembered.size });
  const now = tryOpen(() => openCheckpoint(view.note, parseVkey(vkey)));
  return 'code' in now ? { finding: now } : { now, finding: checkRemembered(remembered, now, hashesOf(view)) };
}

/** What a note holds, or what is wrong with it. */
function tryOpen<T extends TreeHead>(open: () => T): T | Finding {
  try {
    return open();
  } catch (cause) {
    return { code: findingCodeOf(cause), message: (cause as Error).message };
  }
}

function printComparison({ ok, team, remembered, now, findings }: { ok: boolean; team: string; remembered: string; now: string | null; findings: readonly Finding[] }): void {
  printFacts([['verified', word(ok)], ['team', team], ['remembered', remembered], ['now', now ?? '-']]);
  printFindings(findings);
}

export function printReceipt({ ok, team, seq, size, atMs, payload, findings }: ReceiptReport): void {
  const said = payload ?? {};
  printFacts([
    ['verified', word(ok)],
    ['team', team ?? '-'],
    ...(ok
      ? ([['entry', `seq ${seq}, under a signed head of ${size}`], ['written', new Date(atMs ?? 0).toISOString()], ['action', payload === null ? 'pruned' : String(said['action'] ?? '-')], ['written by', String(said['service'] ?? '-')], ['payload', payload === null ? '-' : JSON.stringify(payload)]] as const)
      : []),
  ]);
  printFindings(findings);
}

export function printDecision(report: DecisionReport): void {
  const { proven, open } = receiptWords(report);
  printFacts([['verified', word(report.ok)], ['team', report.team ?? '-'], ...proven.map((line) => ['proven', line] as const), ...open.map((line) => ['not proven', line] as const)]);
  for (const finding of report.findings) print(`${paint(31, '✗')} ${finding.part}: ${describeFinding(finding)}`);
}

const word = (ok: boolean): string => (ok ? paint(32, 'yes') : paint(31, 'NO'));

export function printFindings(findings: readonly Finding[]): void {
  for (const finding of findings) print(`${paint(31, '✗')} ${describeFinding(finding)}`);
}

const hashesOf = ({ path }: AuditProofView): Buffer[] => path.map((hash) => Buffer.from(hash, 'hex'));
