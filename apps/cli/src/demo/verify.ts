import { verifyExportFile, type VerifyReport } from '@countersign/audit';
import type { EffectView } from '@countersign/contracts';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { askGit, personGit } from '../repo/person-git.js';
import type { Source } from '../repo/source.js';
import type { Home } from '../stack/home.js';

const COVERED_WITHIN_MS = 10_000;
const POLL_MS = 250;

/** Everything of a person's repository that the work must not change: commit, branches, index and files. */
export const snapshotOf = async ({ folder }: Source): Promise<string> =>
  [await personGit(folder, ['rev-parse', 'HEAD']), await personGit(folder, ['for-each-ref']), (await askGit(folder, ['status', '--porcelain=v2', '--branch'])) ?? ''].join('\n');

export interface Pushed {
  readonly branch: string;
  readonly commit: string;
  readonly tree: string;
  /** Files changed and lines added and removed, in git's words; empty when the remote is elsewhere. */
  readonly stat: string;
}

/** Looks at the remote itself: the branch is there, at the commit of the receipt, and its tree is the one that was approved. */
export async function lookAtRemote(client: ApiClient, approvalId: string, effect: EffectView, source: Source): Promise<Pushed> {
  const receipt = effect.receipt as { branch: string; commit: string; tree: string };
  const approved = await approvedTree(client, approvalId);
  const [found = ''] = (await personGit(source.folder, ['ls-remote', source.remote, `refs/heads/${receipt.branch}`])).split(/\s/);
  if (found !== receipt.commit) throw new SetupError(`the remote has ${found || 'nothing'} at ${receipt.branch}, not the commit ${receipt.commit}`);
  const onDisk = source.remote.startsWith('/');
  const tree = onDisk ? await personGit(source.remote, ['rev-parse', `${found}^{tree}`]) : receipt.tree;
  if (tree !== approved) throw new SetupError(`the tree that was pushed (${tree}) is not the one that was approved (${approved})`);
  const stat = onDisk ? await personGit(source.remote, ['diff', '--stat', source.base, found]) : '';
  return { branch: receipt.branch, commit: found, tree, stat };
}

async function approvedTree(client: ApiClient, approvalId: string): Promise<string> {
  const manifest = JSON.parse((await client.manifest(approvalId)).toString('utf8')) as { effects: readonly { params: { tree?: string } }[] };
  return manifest.effects[0]?.params.tree ?? '';
}

export interface Verified {
  readonly file: string;
  readonly lines: readonly string[];
  readonly report: VerifyReport;
}

/** Exports the team's chain and verifies the file as somebody would who has only the file. Waits for the notary to sign what is there. */
export async function verifyRecord(client: ApiClient, teamId: string, home: Home): Promise<Verified> {
  const folder = join(home.shown, 'demo');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'audit.ndjson');
  for (const deadline = Date.now() + COVERED_WITHIN_MS; ; await sleep(POLL_MS)) {
    await pipeline(client.exportChain(teamId), createWriteStream(file));
    const report = await verifyExportFile(file);
    if (!report.ok || report.coveredSize === report.entries || Date.now() > deadline) return { file, lines: readFileSync(file, 'utf8').split('\n').filter(Boolean), report };
  }
}
