import { WORKER_ERROR, type ChecksRunArgs, type ChecksRunResult } from '@countersign/contracts';
import { putFile } from '../../domain/artifacts.js';
import { covered } from '../../domain/capability/paths.js';
import { capabilitiesOfRun } from '../../domain/capability/tools.js';
import { explain } from '../../domain/explain-output.js';
import type { FleetParts } from '../../fleet-parts.js';
import type { LoadedAgent } from '../agents/specs.js';
import type { CheckBase } from '../checks/check-sandbox.js';
import type { BaseFiles } from '../git/base-files.js';
import { FLEET_AUTHOR } from '../git/commit-queue.js';
import type { Admission } from '../nats/gate.js';
import { Turns } from '../../turns.js';
import type { DraftFiles, RunOrder } from '../postgres/rows.js';
import type { DeniedCall } from '../sandbox/index.js';
import { ToolDesk } from '../tools/desk.js';
import type { Draft } from './draft.js';
import { WorkerRefusal } from './session.js';
import type { Spawner } from './spawner.js';

/** What a worker worked on: the draft is compared with exactly this, whatever was committed meanwhile. */
export interface Ground {
  readonly repository: string;
  readonly commit: string;
  readonly files: BaseFiles;
}

export interface DeskOrder {
  readonly order: RunOrder;
  readonly agent: LoadedAgent;
  readonly admission: Extract<Admission, { admitted: true }>;
  readonly ground: Ground;
  readonly draft: Draft;
  readonly spawner: Spawner;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
  readonly onDenied: (denied: DeniedCall) => void;
  /** A secret was given to the worker. */
  readonly onSecret: (value: string) => void;
  /** A text without the secrets that were given. */
  readonly clean: (text: string) => string;
}

/** The tools of one run, on its ground, with the grant the gate gave and the agent's spec asks for. */
export async function openDesk(parts: FleetParts, run: DeskOrder): Promise<ToolDesk> {
  const { order, agent, admission, ground, draft, signal } = run;
  const capabilities = capabilitiesOfRun(admission.capabilities, agent.spec.capabilities);
  const base: CheckBase = { repository: ground.repository, commit: ground.commit, dependencies: await parts.mirrors.dependencies(order.repository), visible: (path) => covered(capabilities, 'read', path) };
  const checks = new Turns(1); // a check is a sandbox of its own, with as much memory as one may have
  return new ToolDesk(capabilities, draft, {
    sandbox: parts.sandbox, base, web: parts.web, signal, onDenied: run.onDenied,
    git: {
      repository: ground.repository, runId: order.runId, base: ground.commit, commits: parts.commits, author: FLEET_AUTHOR, now: () => new Date(),
      ask: (question) => parts.gate.askTool(order.teamId, admission.instanceId, question),
    },
    inBase: async (path) => (await ground.files.mode(path)) !== undefined,
    secret: async (alias) => {
      const value = await parts.secrets.value(order.teamId, alias);
      run.onSecret(value);
      return value;
    },
    runCheck: (args) => checks.take(() => runCheck(parts, ground, base, args, signal)),
    team: { own: { id: order.teamId, name: order.teamName }, port: parts.team.of(order.teamId, admission.instanceId), clean: run.clean },
    spawn: (args) => run.spawner.tool(args), spawns: agent.spec.capabilities.spawn.max,
  });
}

async function runCheck({ checker }: FleetParts, ground: Ground, base: CheckBase, { changes, command, cwd }: ChecksRunArgs, signal: AbortSignal): Promise<ChecksRunResult> {
  signal.throwIfAborted();
  const files: DraftFiles['files'][number][] = [];
  for (const change of changes) {
    const put = putFile(new Map(), change);
    if (!put.ok) throw new WorkerRefusal({ code: WORKER_ERROR.invalidParams, message: put.message });
    files.push({ path: put.file.path, mode: await ground.files.modeOfDraft(put.file.path), content: put.file.content, baseContent: null });
  }
  const result = await checker.command(base, files, command, { ...(cwd === undefined ? {} : { cwd }), signal });
  return { exitCode: result.exitCode, outputTail: explain([], result.output), ...(result.timedOut ? { timedOut: true } : {}) };
}
