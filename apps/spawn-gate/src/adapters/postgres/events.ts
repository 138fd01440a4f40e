import { publish } from '@countersign/bus';
import { instanceEvent, wireId, wireMission, type InstanceId, type SpawnSource, type TaskId, type TeamId } from '@countersign/contracts';
import { json, sql, type Statement, type Tx } from '@countersign/database';
import type { Full } from '../../domain/amounts.js';

/** The checklist's event names (S1-26 … S1-36) without their prefix, and two of our own: a question was asked, or is over. */
export type EventName =
  | 'spawn.requested'
  | 'spawn.denied'
  | 'spawn.approved'
  | 'instance.started'
  | 'budget.usage'
  | 'budget.exhausted'
  | 'instance.cancelled'
  | 'instance.completed'
  | 'instance.failed'
  | 'mission.budget.exhausted'
  | 'capability.denied'
  | 'approval.requested'
  | 'approval.decided';

/** Whom an event is about. Where no instance exists (a request, a refusal, a whole mission) `instanceId` is null and `subjectId` names the row. */
export interface EventSubject {
  readonly instanceId: string | null;
  readonly subjectId: string;
  readonly goalId: string | null;
  readonly taskId: string | null;
  readonly runId: string | null;
  readonly parentId: string | null;
  readonly epoch: number;
  readonly source?: SpawnSource;
}

type Properties = Readonly<Record<string, unknown>>;

/**
 * Queues one event of an instance's life, twice: as a row of the stream that the original's clients read, with the original's
 * field names, and as a wake-up on the bus, one for all that a transaction tells about one instance. `properties` are the fields of this event; `code` says why, for denials and exhaustion.
 */
export function tell(tx: Tx, subject: EventSubject, event: EventName, properties: Properties = {}): void {
  const code = properties['code'];
  const body = {
    epoch: subject.epoch,
    instanceId: subject.subjectId as InstanceId,
    event,
    ...(subject.taskId === null ? {} : { taskId: subject.taskId as TaskId }),
    ...(typeof code === 'string' ? { code } : {}),
  };
  tx.writeTogether(told, { type: `agent_team.${event}`, properties: json({ ...common(subject), ...properties }) });
  publish(tx, instanceEvent, { teamId: tx.scopeId as TeamId }, body, subject.subjectId);
}

/** The time is the database's, as for every time that is compared. */
const told = (events: readonly { readonly type: string; readonly properties: string }[]): Statement =>
  sql`select sec.emit(array_agg(type order by place), array_agg(properties::jsonb || jsonb_build_object('timestampMs', floor(extract(epoch from clock_timestamp()) * 1000)::int8) order by place))
    from unnest(${events.map(({ type }) => type)}::text[], ${events.map(({ properties }) => properties)}::text[]) with ordinality as event (type, properties, place)`;

const common = ({ instanceId, goalId, runId, parentId, source }: EventSubject): Properties => ({
  sessionID: instanceId === null ? null : wireId('session', instanceId),
  messageID: null,
  runID: runId === null ? null : wireId('run', runId),
  missionID: wireMission(goalId),
  instanceID: instanceId === null ? null : wireId('instance', instanceId),
  parentInstanceID: parentId === null ? null : wireId('instance', parentId),
  ...(source === undefined ? {} : { source }),
});

const MICROS = 1_000_000;
/** What an account has spent, in the original's words. */
export const usedProperties = ({ tokens, steps, tool_calls, usd_micros }: Full): Properties => ({
  tokensUsed: tokens,
  stepsUsed: steps,
  toolCallsUsed: tool_calls,
  costUsedUsd: usd_micros / MICROS,
});

/** A slice in the original's words: every unit is limited. */
export const limitProperties = ({ tokens, steps, tool_calls, ms, usd_micros }: Full): Properties => ({
  max_tokens: tokens,
  max_steps: steps,
  max_tool_calls: tool_calls,
  max_duration_ms: ms,
  max_cost_usd: usd_micros / MICROS,
});
