import { commands, commandSubject, SERVICES, uuidv7, type Service } from '@countersign/contracts';
import { testNats, type TestNats } from '@countersign/testing';
import type { Bus } from '@countersign/bus';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';

const COUNT = commands().length;

describe('P12 no word of a message makes its sender somebody else', () => {
  let nats: TestNats;
  const buses = new Map<Service, Bus>();
  before(async () => {
    nats = await testNats();
    for (const service of SERVICES) buses.set(service, await nats.as(service));
  });
  after(() => nats.close());

  /** Claims everything a body, a header or an id could claim. */
  const claims = (caller: Service, mark: string): string =>
    JSON.stringify({ mark, by: { personId: uuidv7(), customerId: uuidv7(), roles: ['platform_governor', 'customer_governor', 'genesis'] }, caller, service: caller, source: `countersign/${caller}`, principal: `person:${uuidv7()}`, role: `svc_${caller}` });

  it('brings to a service only what its one caller sent, of all who send it the same words', async () => {
    expect(COUNT).toBeGreaterThan(5);
    for (const command of commands()) {
      const subject = commandSubject(command);
      const heard: string[] = [];
      const listener = buses.get(command.service)!;
      const subscription = listener.connection.subscribe(subject, { callback: (_, message) => void heard.push((JSON.parse(message.string()) as { mark: string }).mark) });
      await listener.connection.flush();
      for (const sender of [...SERVICES.filter((service) => service !== command.caller), command.caller]) {
        buses.get(sender)!.connection.publish(subject, claims(command.caller, sender));
        await buses.get(sender)!.connection.flush();
      }
      await listener.connection.flush();
      subscription.unsubscribe();
      expect([subject, heard]).toEqual([subject, [command.caller]]);
    }
  });
});
