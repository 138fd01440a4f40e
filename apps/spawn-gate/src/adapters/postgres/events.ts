import { publish } from '@countersign/bus';
import { instanceEvent, type InstanceId, type TaskId, type TeamId } from '@countersign/contracts';
import type { Tx } from '@countersign/database';

/** The checklist's event names (S1-26 … S1-36) without their prefix. */
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
  | 'capability.denied';

export interface EventSubject {
  readonly instanceId: string;
  readonly taskId?: string | null;
  readonly epoch: number;
}

/** Queues one event of an instance's life; `code` says why, for denials and exhaustion. */
export function tell(tx: Tx, { instanceId, taskId, epoch }: EventSubject, event: EventName, code?: string): void {
  publish(tx, instanceEvent, { teamId: tx.scopeId as TeamId }, {
    epoch,
    instanceId: instanceId as InstanceId,
    event,
    ...(taskId ? { taskId: taskId as TaskId } : {}),
    ...(code === undefined ? {} : { code }),
  });
}
