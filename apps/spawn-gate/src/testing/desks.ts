import type { Audit } from '@countersign/audit';
import { pino } from 'pino';
import { DatabaseError, type Database } from '@countersign/database';
import { ApprovalDesk } from '../adapters/postgres/approval-desk.js';
import { Endings } from '../adapters/postgres/endings.js';
import { FanOutDesk } from '../adapters/postgres/fan-out.js';
import { GovernanceDesk } from '../adapters/postgres/governance-desk.js';
import { HiringDesk } from '../adapters/postgres/hire.js';
import { Meter } from '../adapters/postgres/meter.js';
import { EscalationDesk } from '../adapters/postgres/escalation-desk.js';
import { SignalWatch } from '../adapters/postgres/signal-watch.js';
import { TeamTermsDesk } from '../adapters/postgres/team-terms.js';
import { TeamDesk } from '../adapters/postgres/move-team.js';
import { SpawnDesk } from '../adapters/postgres/spawn.js';
import { SteeringDesk } from '../adapters/postgres/steering.js';

export interface Desks {
  readonly spawnDesk: SpawnDesk;
  readonly fanning: FanOutDesk;
  readonly approvals: ApprovalDesk;
  readonly steering: SteeringDesk;
  readonly meter: Meter;
  readonly endings: Endings;
  readonly hiring: HiringDesk;
  readonly teams: TeamDesk;
  readonly governance: GovernanceDesk;
  readonly terms: TeamTermsDesk;
  readonly watch: SignalWatch;
  readonly escalations: EscalationDesk;
}

/** Everything the gate does for others, on one database: a gate without its bus. */
export function desksOn(database: Database, audit: Audit): Desks {
  const watch = new SignalWatch(database, audit, pino({ level: 'silent' }));
  return {
  spawnDesk: new SpawnDesk(database, watch, audit),
  fanning: new FanOutDesk(database, audit),
  approvals: new ApprovalDesk(database, audit),
  steering: new SteeringDesk(database, audit),
  meter: new Meter(database, audit),
  endings: new Endings(database, watch, audit),
  hiring: new HiringDesk(database, audit),
  teams: new TeamDesk(database, audit),
  governance: new GovernanceDesk(database, audit),
  terms: new TeamTermsDesk(database, audit),
  watch,
  escalations: new EscalationDesk(database, watch, audit),
  };
}

/** Where the database says that a retry may help (a lock took too long), the caller's side of the bus asks again with the same ids. */
export async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof DatabaseError && error.retryable)) throw error;
    }
  }
}
