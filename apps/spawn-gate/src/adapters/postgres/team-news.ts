import { publish } from '@countersign/bus';
import { teamChanged, type TeamId, type TeamState } from '@countersign/contracts';
import type { Tx } from '@countersign/database';

/** Queues the news of a team's state; who hears it looks at the row. */
export const tellTeam = (tx: Tx, state: TeamState, epoch: number): void => void publish(tx, teamChanged, { teamId: tx.scopeId as TeamId }, { epoch, state });
