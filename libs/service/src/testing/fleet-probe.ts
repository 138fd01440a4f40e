import { OnMessage, type Delivery } from '@countersign/bus';
import { taskAssigned, type TaskRef } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Controller, Module } from '@nestjs/common';
import { mark } from './house.js';

type Behaviour = (body: TaskRef, delivery: Delivery, database: Database) => Promise<void>;

const applyOnce: Behaviour = async (_body, delivery, database) => {
  await delivery.apply(database, (tx) => Promise.resolve(mark(tx, delivery)));
};

/** What the fleet's stand-in does with the next messages; a test may change it. */
export const probe: { behave: Behaviour; seen: { body: TaskRef; delivery: Delivery }[] } = { behave: applyOnce, seen: [] };
export const resetProbe = (): void => void Object.assign(probe, { behave: applyOnce, seen: [] });

@Controller()
export class FleetProbeController {
  constructor(private readonly database: Database) {}

  @OnMessage(taskAssigned)
  async assigned(body: TaskRef, delivery: Delivery): Promise<void> {
    probe.seen.push({ body, delivery });
    await probe.behave(body, delivery, this.database);
  }
}

@Module({ controllers: [FleetProbeController] })
export class FleetProbeModule {}
