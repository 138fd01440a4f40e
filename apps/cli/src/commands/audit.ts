import { isDecisionReceipt, isReceipt, verifyDecisionReceipt, verifyExport, verifyExportFile, verifyReceipt, type VerifyReport } from '@countersign/audit';
import { closeSync, createWriteStream, existsSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { paint, say, SetupError } from '../../../../scripts/lib/report.mjs';
import { ApiError } from '../api/api-error.js';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts } from '../ui/table.js';
import { headFlag, keyFlag, pinnedKey } from './audit-flags.js';
import { printDecision, printFindings, printReceipt, prove } from './audit-prove.js';
import { EXIT, textFlag, UsageError, type Call, type Command, type ExitCode } from './command.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';
const POLL_MS = 1_000;
const TAIL = 20;

const verify: Command = {
  usage: '[FILE] [--team T] [--vkey KEY] [--head SIZE:ROOT|FILE]',
  summary: 'check an exported chain or a receipt, with no stack running, or the chain of a team',
  options: { team: { type: 'string' }, vkey: { type: 'string' }, head: { type: 'string' } },
  words: [0, 1],
  async run(call) {
    const [vkey, head] = [keyFlag(call), headFlag(call)];
    const options = { ...(vkey === undefined ? {} : { vkey }), ...(head === undefined ? {} : { heads: [head] }) };
    const [file] = call.words;
    if (file !== undefined && (!existsSync(file) || !statSync(file).isFile())) throw new SetupError(`there is no file ${file}`);
    const beginning = file === undefined ? '' : beginningOf(file);
    if (file !== undefined && isReceipt(beginning)) return verifyReceiptFile(call, file);
    if (file !== undefined && isDecisionReceipt(beginning)) return verifyDecisionFile(call, file, vkey);
    const report = file === undefined ? await verifyExport(linesOf(await exported(call)), options) : await verifyExportFile(file, options);
    if (call.global.json) console.log(JSON.stringify(report));
    else printReport(report);
    return report.ok ? EXIT.done : EXIT.failed;
  },
};

async function verifyReceiptFile(call: Call, file: string): Promise<ExitCode> {
  if (call.flags.head !== undefined) throw new UsageError('--head is for a chain: a receipt holds its own signed head');
  const report = await verifyReceipt(readFileSync(file, 'utf8'), pinnedKey(call, 'a receipt'));
  if (call.global.json) console.log(JSON.stringify(report));
  else printReceipt(report);
  return report.ok ? EXIT.done : EXIT.failed;
}

/** Without a key of the reader's own it is checked by the file's, which is said. */
async function verifyDecisionFile(call: Call, file: string, vkey: string | undefined): Promise<ExitCode> {
  if (call.flags.head !== undefined) throw new UsageError('--head is for a chain: a receipt holds its own signed head');
  const report = await verifyDecisionReceipt(readFileSync(file, 'utf8'), vkey);
  if (call.global.json) console.log(JSON.stringify(report));
  else printDecision(report);
  return report.ok ? EXIT.done : EXIT.failed;
}

/** Enough to tell a receipt from an export, which may be long. */
function beginningOf(file: string): string {
  const [descriptor, bytes] = [openSync(file, 'r'), Buffer.alloc(64)];
  try {
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

export function printReport(report: VerifyReport): void {
  printFacts([
    ['verified', report.ok ? paint(32, 'yes') : paint(31, 'NO')],
    ['team', report.team ?? '-'],
    ['entries', `${report.entries}, ${report.coveredSize} under a signed head`],
    ['written by', Object.entries(report.services).map(([service, entries]) => `${service} ${entries}`).join(', ') || '-'],
    ['checkpoints', String(report.checkpoints)],
    ['key', report.keyPinned ? 'the one you named' : "the export's own: shows damage, not forgery by the key's holder (--vkey names yours)"],
  ]);
  printFindings(report.findings);
}

async function exported(call: Call): Promise<AsyncIterable<Uint8Array>> {
  const client = await signIn(call, USUAL);
  return client.exportChain((await findTeam(client, textFlag(call, 'team'))).id);
}

const linesOf = (chain: AsyncIterable<Uint8Array>): AsyncIterable<string> => createInterface({ input: Readable.from(chain), crlfDelay: Infinity });

const exportChain: Command = {
  usage: '--team T [--out FILE]',
  summary: 'the whole chain of a team as lines of JSON',
  options: { team: { type: 'string' }, out: { type: 'string' } },
  async run(call) {
    const out = textFlag(call, 'out');
    const chain = await exported(call);
    if (out === undefined) await pipeline(chain, process.stdout, { end: false });
    else await writeWhole(chain, out);
    if (out !== undefined) say(`  ${out}: check it with \`countersign audit verify ${out}\``);
    return EXIT.done;
  },
};

const tail: Command = {
  usage: '--team T [--follow]',
  summary: 'the last entries of a chain, and with --follow those to come',
  options: { team: { type: 'string' }, follow: { type: 'boolean' }, limit: { type: 'string' } },
  async run(call) {
    const client = await signIn(call, USUAL);
    const team = await findTeam(client, textFlag(call, 'team'));
    const limit = Number(textFlag(call, 'limit') ?? TAIL);
    if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit wants a number from 1');
    let entries: Awaited<ReturnType<typeof client.entries>>['items'] = [];
    for (let last = await beforeLast(client, team.id, limit), more = true; more; ) {
      const { items } = await client.entries(team.id, last);
      entries = [...entries, ...items].slice(-limit);
      more = items.length > 0;
      last = items.at(-1)?.seq ?? last;
    }
    for (let last = -1; ; ) {
      for (const entry of entries) print(call.global.json || !process.stdout.isTTY ? JSON.stringify(entry) : `${paint(2, `${entry.at} ${String(entry.seq).padStart(5)}`)}  ${entry.action.padEnd(28)} ${entry.result}`);
      last = entries.at(-1)?.seq ?? last;
      if (call.flags.follow !== true) return EXIT.done;
      await sleep(POLL_MS);
      entries = (await client.entries(team.id, last)).items;
    }
  },
};

/** What breaks off leaves no file that looks like the whole. */
async function writeWhole(chain: AsyncIterable<Uint8Array>, out: string): Promise<void> {
  try {
    await pipeline(chain, createWriteStream(out));
  } catch (error) {
    if (existsSync(out) && statSync(out).isFile()) rmSync(out);
    throw error;
  }
}

/** The entry after which the last `limit` are sure to lie. A chain without a head that the notary signs is read from its beginning. */
async function beforeLast(client: ApiClient, teamId: string, limit: number): Promise<number> {
  try {
    return Math.max(-1, (await client.checkpoint(teamId)).size - limit - 1);
  } catch (error) {
    if (error instanceof ApiError) return -1;
    throw error;
  }
}

export const audit = { verify, export: exportChain, prove, tail };
