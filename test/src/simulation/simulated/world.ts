import type { RunId, Service as ServiceName, TeamId } from '@countersign/contracts';
import { dice } from '../dice.js';
import { Bus } from './bus.js';
import { Clock } from './clock.js';
import type { Options } from './options.js';
import { Rows } from './rows.js';
import { Chance, Service } from './service.js';
import { Sinks } from './sinks.js';

/** Everything that the parts of the simulation share. */
export interface World {
  readonly clock: Clock;
  readonly chance: Chance;
  /** What goes wrong ends with the faults. */
  options: Options;
  readonly bus: Bus;
  readonly rows: Rows;
  readonly sinks: Sinks;
  readonly services: Readonly<Record<Acting, Service>>;
  /** Of a process of the fleet: what works now, however its rows stand. */
  readonly atWork: Set<{ readonly teamId: TeamId; readonly runId: RunId; readonly epoch: number; readonly fleet: Service; readonly life: number }>;
}
export type Acting = Extract<ServiceName, 'spawn-gate' | 'manager-agent' | 'fleet' | 'gateway' | 'executor' | 'helpdesk-agent'>;
export const ACTING: readonly Acting[] = ['spawn-gate', 'manager-agent', 'fleet', 'gateway', 'executor', 'helpdesk-agent'];

/** A Monday at nine. */
const BEGINS = Date.UTC(2026, 0, 5, 9);

export function makeWorld(options: Options, failed: (error: unknown) => void): World {
  const clock = new Clock(BEGINS);
  const chance = new Chance(dice(options.seed));
  const bus = new Bus(clock, chance, { ...options.bus });
  const rows = new Rows(clock, (by, letters) => bus.post(by, letters));
  const services = Object.fromEntries(ACTING.map((name) => [name, new Service(name, clock, chance, failed)])) as World['services'];
  return { clock, chance, options, bus, rows, sinks: new Sinks(clock, chance), services, atWork: new Set() };
}
