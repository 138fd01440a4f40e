import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { AgentRequests, ModelCompleteParams, ModelCompleteResult, TaskRunParams, TaskRunResult } from '@countersign/contracts/worker';
import { modelsFromEnv } from '@countersign/models';
import { runtimeFiles } from '../runtime-files.js';
import { anInitialize, WorkerHost } from './worker-host.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Exactly the files that the product shows to a bot, laid out as in a sandbox: a bot that needed another one would not start. */
let runtime: string | undefined;
function runtimeCopy(): string {
  if (runtime !== undefined) return runtime;
  const copy = mkdtempSync(join(tmpdir(), 'bot-runtime-'));
  for (const { source, target } of runtimeFiles()) cpSync(source, join(copy, relative(repository, target)), { recursive: true });
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  return (runtime = copy);
}

/** A directory of files that goes away with the test. */
export class Folder {
  private constructor(readonly path: string) {}

  static async of(files: Record<string, string>, options: { modules?: boolean } = {}): Promise<Folder> {
    const path = await mkdtemp(join(tmpdir(), 'bot-'));
    const folder = new Folder(path);
    for (const [name, text] of Object.entries(files)) await folder.write(name, text);
    if (options.modules) await symlink(join(repository, 'node_modules'), join(path, 'node_modules'));
    return folder;
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.path, name)), { recursive: true });
    await writeFile(join(this.path, name), text);
  }

  read(name: string): Promise<string> {
    return readFile(join(this.path, name), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

export interface BotRun {
  result: TaskRunResult;
  files: Map<string, string>;
  progress: string[];
  /** Ids of the messages it says it has taken in. */
  read: string[];
}

/** What the product's own rehearsal answers, as the fleet hands it on. */
export async function rehearsed({ messages, schema, maxOutputTokens = 1000 }: ModelCompleteParams): Promise<ModelCompleteResult> {
  const budget = { reserve: () => Promise.resolve({ granted: true, code: 'ok' }), settle: () => Promise.resolve() };
  const { text, json, finishReason, usage } = await modelsFromEnv({}).complete({ messages, ...(schema && { schema }), maxOutputTokens, deadline: new Date(Date.now() + 10_000), budget });
  return { text, ...(json !== undefined && { json }), model: { provider: 'rehearsal', id: 'rehearsal' }, finishReason, usage };
}

/** The bots that ship. */
export type Bot = 'doc-bot' | 'test-writer-bot' | 'patch-bot' | 'content-bot' | 'seo-bot' | 'social-bot' | 'email-bot';

type Answers = Parameters<typeof WorkerHost.start>[1];
export interface BotOptions extends Partial<Omit<TaskRunParams, 'inputDir'>> {
  answers?: Answers;
  model?: { provider: string; id: string };
}

/**
 * Runs a shipped bot as its own process on a folder, allowed to read nothing but the folder and the files the product says
 * a bot needs; every message is checked against the protocol. The rehearsal answers its model calls, unless `answers` does.
 */
export async function runBot(bot: Bot, folder: Folder, { answers = {}, model, ...task }: BotOptions = {}): Promise<BotRun> {
  const code = runtimeCopy();
  const allowed = [code, folder.path].map((path) => `--allow-fs-read=${path}`);
  await using host = WorkerHost.start(['--permission', ...allowed, join(code, 'agents/dist/runner.js'), join(code, `agents/dist/${bot}/index.js`)], { 'model/complete': rehearsed, ...answers });
  await host.call('initialize', anInitialize({ agent: { name: bot, role: 'worker' }, ...(model && { model }) }));
  const result = await host.call('task/run', { taskId: 't1', title: bot, goal: '', criteria: [], round: 1, ...task, inputDir: folder.path });
  if (host.violations.length > 0) throw new Error(`the bot broke the protocol: ${host.violations.join('; ')}`);
  checkArtifacts(result, host.puts);
  return { result, files: new Map(host.puts.map((put) => [put.path, put.text ?? ''])), progress: host.progress.map(({ text }) => text), read: host.read };
}

/** What the result lists is what was put. */
function checkArtifacts(result: TaskRunResult, puts: AgentRequests['artifact/put']['params'][]): void {
  const hashes = puts.map((put) => createHash('sha256').update(put.text ?? '').digest('hex'));
  const listed = result.artifacts.map((artifact) => artifact.sha256);
  if (JSON.stringify(hashes) !== JSON.stringify(listed)) throw new Error('the result does not list what was put');
}
