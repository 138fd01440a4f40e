import type { AgentSpec, Message, ModelCompleteParams, ModelCompleteResult, SubjectParams, WorkerModel } from '@countersign/contracts';
import type { ModelBudget } from '@countersign/models';
import type { Logger } from '@countersign/service';
import type { LoadedAgent } from './adapters/agents/specs.js';
import type { SandboxUse } from './adapters/checks/check-sandbox.js';
import type { DraftChecker } from './adapters/checks/draft-checker.js';
import type { CommitQueue } from './adapters/git/commit-queue.js';
import type { Mirrors } from './adapters/git/mirrors.js';
import type { Gate } from './adapters/nats/gate.js';
import type { TeamLine } from './adapters/nats/team-line.js';
import type { DraftStore } from './adapters/postgres/draft-store.js';
import type { RunStore } from './adapters/postgres/run-store.js';
import type { SkillFiles } from './adapters/skill-files.js';
import type { SecretFiles } from './adapters/tools/secret-files.js';
import type { WebMeans } from './adapters/tools/web-tools.js';

export interface ModelPort {
  /** The model an agent's calls go to: told to the worker at its start. */
  modelOf(agent: AgentSpec): WorkerModel;
  complete(agent: AgentSpec, params: ModelCompleteParams, purse: ModelBudget, signal: AbortSignal): Promise<ModelCompleteResult>;
}

/** What a run and a draft need; wired once by the module. */
export interface FleetParts {
  readonly log: Logger;
  readonly runs: RunStore;
  readonly drafts: DraftStore;
  readonly gate: Gate;
  readonly team: TeamLine;
  readonly mirrors: Mirrors;
  readonly commits: CommitQueue;
  readonly checker: DraftChecker;
  readonly models: ModelPort;
  readonly sandbox: SandboxUse;
  readonly web: WebMeans;
  readonly secrets: SecretFiles;
  readonly skills: SkillFiles;
  readonly agents: ReadonlyMap<string, LoadedAgent>;
  /** Sends a message that nothing depends on, soon, dropping what is too much. */
  announce<T extends object, S extends string>(message: Message<T, S>, params: SubjectParams<S>, body: NoInfer<T>): void;
}
