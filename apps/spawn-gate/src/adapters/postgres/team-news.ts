import { publish } from '@countersign/bus';
import { teamChanged, type PersonId, type TeamId, type TeamState, type TeamVerb } from '@countersign/contracts';
import type { Tx } from '@countersign/database';

/** Queues the news of a team's state; who hears it looks at the row. `verb`: what has just moved it there; `by`: which person has, if one did. */
export const tellTeam = (tx: Tx, state: TeamState, epoch: number, verb?: TeamVerb, by?: PersonId): void => void publish(tx, teamChanged, { teamId: tx.scopeId as TeamId }, { epoch, state, ...(verb === undefined ? {} : { verb }), ...(by === undefined ? {} : { by }) });
