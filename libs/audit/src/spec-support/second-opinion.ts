import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { FindingCode } from '../finding.js';
import { verifyReceipt } from '../receipt.js';
import { verifyExport, type VerifyOptions } from '../verify-export.js';

interface SecondVerifier {
  verifyLines(lines: Iterable<string>, key: unknown, heads: unknown[]): Promise<{ findings: { code: string; seq?: number; line?: number }[]; covered?: number; entries?: number; services?: Record<string, number> }>;
  readKey(vkey: string): unknown;
  verifyReceipt(text: string, key: unknown): { findings: { code: string; seq?: number; line?: number }[]; seq?: number; size?: number };
}

export const VERIFY_MJS = fileURLToPath(new URL('../../bin/verify.mjs', import.meta.url));
const second = (await import(VERIFY_MJS)) as SecondVerifier;

export interface Verdict {
  readonly code: FindingCode | 'ok';
  readonly seq: number | undefined;
  readonly line: number | undefined;
}

/** What both verifiers say first; throws when they differ anywhere in their findings. */
export async function verdict(lines: readonly string[], options: VerifyOptions = {}): Promise<Verdict> {
  const report = await verifyExport(lines, options);
  const heads = (options.heads ?? []).map((head) => (head.includes('\n') ? { note: head } : readSize(head)));
  const again = await second.verifyLines(lines, options.vkey === undefined ? undefined : second.readKey(options.vkey), heads);
  const names = (findings: readonly { code: string; seq?: number; line?: number }[]): string => JSON.stringify(findings.map(({ code, seq, line }) => [code, seq, line]));
  if (names(report.findings) !== names(again.findings)) throw new Error(`the verifiers differ: ${names(report.findings)} and ${names(again.findings)}`);
  if (report.team !== undefined && report.coveredSize !== again.covered) throw new Error(`the verifiers cover ${report.coveredSize} and ${again.covered}`);
  if (report.team !== undefined && JSON.stringify(report.services) !== JSON.stringify(again.services)) throw new Error(`the verifiers name ${JSON.stringify(report.services)} and ${JSON.stringify(again.services)}`);
  const [first] = report.findings;
  return { code: first?.code ?? 'ok', seq: first?.seq, line: first?.line };
}

/** What both verifiers say of a receipt; throws when they differ. */
export async function receiptVerdict(text: string, vkey: string): Promise<{ code: FindingCode | 'ok'; seq: number | undefined; size?: number | undefined; line?: number }> {
  const [report, again] = [await verifyReceipt(text, vkey), second.verifyReceipt(text, second.readKey(vkey))];
  const [ours, theirs] = [report, again].map(({ findings: [first], seq, size }) => (first === undefined ? { code: 'ok', seq, size } : { code: first.code, seq: first.seq, ...(first.line === undefined ? {} : { line: first.line }) }));
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) throw new Error(`the verifiers differ: ${JSON.stringify(ours)} and ${JSON.stringify(theirs)}`);
  return ours as Awaited<ReturnType<typeof receiptVerdict>>;
}

function readSize(head: string): { size: number; root: string } {
  const [size, root] = head.split(':');
  return { size: Number(size), root: Buffer.from(root ?? '', 'base64').toString('hex') };
}

export const secondVerifierSource = (): string => readFileSync(VERIFY_MJS, 'utf8');
