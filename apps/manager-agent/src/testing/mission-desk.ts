import type { Database } from '@countersign/database';
import type { Audit } from '@countersign/service';
import type { TestDatabase } from '@countersign/testing';
import { pino } from 'pino';
import type { MissionGate } from '../adapters/nats/mission-gate.js';
import { MissionBridge } from '../mission-bridge.js';
import { MissionDesk } from '../mission-desk.js';
import { MissionSweep } from '../mission-sweep.js';
import { ScriptedGate } from './scripted-gate.js';

const silent = pino({ level: 'silent' });

/** A desk whose spawn gate is a script. */
export function missionDesk(database: TestDatabase, asManager: Database, audit: Audit): { desk: MissionDesk; sweep: MissionSweep; gate: ScriptedGate } {
  const gate = new ScriptedGate(database);
  const bridge = new MissionBridge(asManager, gate as unknown as MissionGate, silent);
  return { desk: new MissionDesk(asManager, bridge, audit), sweep: new MissionSweep(asManager, bridge, audit, silent), gate };
}
