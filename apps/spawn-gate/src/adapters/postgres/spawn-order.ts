import { createHash } from 'node:crypto';
import { principalOf } from '@countersign/audit';
import { InstanceId, ROOT_ROLE, stableJson, type AgentRole, type Amounts, type GoalId, type MissionSpawn, type MoveTeam, type Requester, type RequestSpawn, type SpawnAgent, type SpawnRequest, type SpawnSource, type SpawnWish, type TaskId, type TeamId } from '@countersign/contracts';
import { amountsIn } from './amounts-in.js';

/** Role, template and reason: in the asker's words, or (where a task is named) in no words at all. */
interface Wish {
  readonly role: AgentRole;
  readonly templateId?: string;
  readonly justification: string;
  readonly missionId?: GoalId;
  readonly budgetWish?: Amounts;
}

/** What a request is, whoever brings it again: what a question to a person is bound to. */
export interface Request {
  readonly source: SpawnSource;
  /** `person:<id>`, `instance:<id>`, or `service` for the manager's own work. */
  readonly requestedBy: string;
  /** The role of the person who asks, once it is known that the person may. */
  readonly root?: typeof ROOT_ROLE;
  /** The instance that asks, or that a person named; `manager`: the team's own. */
  readonly parent?: InstanceId | 'manager';
  readonly wish?: Wish;
  /** Role, template, mission and reason are those of the task. */
  readonly taskId?: TaskId;
  /** The move of its team that this starts the manager for: a yes to the manager makes it. */
  readonly move?: Omit<MoveTeam, 'teamId'>;
}

/** One request as it came through a door. */
export interface SpawnOrder extends Request {
  /** Id of the decision, and of the instance where one is made. */
  readonly id: InstanceId;
  /** Who asks, where it is a person whose role is still to be judged. */
  readonly person?: Requester;
  /** What the asking instance has drawn and the gate does not know yet. */
  readonly drawn?: Amounts;
  readonly epoch?: number;
  /** A supervisor stands ready: the instance runs at once, for this run, in this sandbox. */
  readonly supervisor?: { readonly runId: string; readonly sandboxLevel: number };
  readonly approved?: true;
}

const wishOf = ({ role, templateId, justification, missionId, budgetOverride }: SpawnWish): Wish => ({
  role,
  justification,
  ...(templateId === undefined ? {} : { templateId }),
  ...(missionId === undefined ? {} : { missionId }),
  ...(budgetOverride === undefined ? {} : { budgetWish: onlyNamed(budgetOverride) }),
});

/** Checked; a unit that was not named stays unnamed, because zero would be a wish. */
function onlyNamed(amounts: Amounts): Amounts {
  amountsIn(amounts);
  return { ...amounts };
}

export const orderOfPerson = (request: RequestSpawn): SpawnOrder => ({
  id: InstanceId.parse(request.requestId),
  source: 'ui_action',
  requestedBy: principalOf({ kind: 'person', id: request.by.personId }),
  person: request.by,
  ...(request.parentInstanceId === undefined ? {} : { parent: request.parentInstanceId }),
  wish: wishOf(request),
});

export const orderOfAgent = (request: SpawnAgent): SpawnOrder => ({
  id: InstanceId.parse(request.requestId),
  source: 'tool_call',
  requestedBy: principalOf({ kind: 'instance', id: request.instanceId }),
  parent: request.instanceId,
  wish: wishOf(request),
  ...(request.drawn === undefined ? {} : { drawn: onlyNamed(request.drawn) }),
});

export const orderOfMission = ({ requestId, taskId }: MissionSpawn): SpawnOrder => ({ id: InstanceId.parse(requestId), source: 'orchestrator_runtime', requestedBy: 'service', parent: 'manager', taskId });

export const orderOfRun = ({ taskId, runId, sandboxLevel, epoch }: SpawnRequest): SpawnOrder => ({
  id: InstanceId.next(),
  source: 'orchestrator_runtime',
  requestedBy: 'service',
  parent: 'manager',
  taskId,
  supervisor: { runId, sandboxLevel },
  ...(epoch === undefined ? {} : { epoch }),
});

/** The same request once a person has said yes. What a run asked for becomes a place that its next run takes. */
export const orderAgain = (request: Request, epoch: number): SpawnOrder => ({ ...request, id: InstanceId.next(), epoch, approved: true });

/** What stays of an order for its question and for asking again. */
export const requestOf = ({ source, requestedBy, root, parent, wish, taskId, move }: SpawnOrder): Request => ({
  source,
  requestedBy,
  ...(root === undefined ? {} : { root }),
  ...(parent === undefined ? {} : { parent }),
  ...(wish === undefined ? {} : { wish }),
  ...(taskId === undefined ? {} : { taskId }),
  ...(move === undefined ? {} : { move }),
});

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/**
 * Who asks for what: two requests with one digest are one question. Of a move of the team its verb is part of it, and the epoch that it
 * leads to: a deployment is no spawn, and the next one no repetition. Left out: the role by which a person asks, and what they said
 * when they asked for the move.
 */
export const digestOf = (order: SpawnOrder, teamId: TeamId, epoch?: number): string => {
  const { root: _root, move, ...asked } = requestOf(order);
  return sha256(stableJson({ teamId, ...asked, ...(move === undefined ? {} : { move: { verb: move.verb, epoch } }) }));
};
