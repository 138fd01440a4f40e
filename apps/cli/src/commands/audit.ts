import { describeFinding, verifyExport, verifyExportFile, type VerifyReport } from '@countersign/audit';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { paint, say, SetupError } from '../../../../scripts/lib/report.mjs';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';
const POLL_MS = 1_000;
const TAIL = 20;

const verify: Command = {
  usage: '[FILE] [--team T] [--vkey KEY] [--head SIZE:ROOT]',
  summary: 'check a chain: an exported file with no stack running, or the chain of a team',
  options: { team: { type: 'string' }, vkey: { type: 'string' }, head: { type: 'string' } },
  words: [0, 1],
  async run(call) {
    const [vkey, head] = [textFlag(call, 'vkey'), textFlag(call, 'head')];
    const options = { ...(vkey === undefined ? {} : { vkey }), ...(head === undefined ? {} : { heads: [head] }) };
    const [file] = call.words;
    if (file !== undefined && !existsSync(file)) throw new SetupError(`there is no file ${file}`);
    const report = file === undefined ? await verifyExport((await exported(call)).split('\n').filter(Boolean), options) : await verifyExportFile(file, options);
    if (call.global.json) console.log(JSON.stringify(report));
    else printReport(report);
    return report.ok ? EXIT.done : EXIT.failed;
  },
};

export function printReport(report: VerifyReport): void {
  printFacts([
    ['verified', report.ok ? paint(32, 'yes') : paint(31, 'NO')],
    ['team', report.team ?? '-'],
    ['entries', `${report.entries}, ${report.coveredSize} under a signed head`],
    ['written by', Object.entries(report.services).map(([service, entries]) => `${service} ${entries}`).join(', ') || '-'],
    ['checkpoints', String(report.checkpoints)],
    ['key', report.keyPinned ? 'the one you named' : "the export's own: shows damage, not forgery by the key's holder (--vkey names yours)"],
  ]);
  for (const finding of report.findings) print(`${paint(31, '✗')} ${describeFinding(finding)}`);
}

async function exported(call: Call): Promise<string> {
  const client = await signIn(call, USUAL);
  return client.exportChain((await findTeam(client, textFlag(call, 'team'))).id);
}

const exportChain: Command = {
  usage: '--team T [--out FILE]',
  summary: 'the whole chain of a team as lines of JSON',
  options: { team: { type: 'string' }, out: { type: 'string' } },
  async run(call) {
    const text = await exported(call);
    const out = textFlag(call, 'out');
    if (out === undefined) process.stdout.write(text);
    else writeFileSync(out, text);
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
    for (let last = -1, more = true; more; ) {
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

export const audit = { verify, export: exportChain, tail };
