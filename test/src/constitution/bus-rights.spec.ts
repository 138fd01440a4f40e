import { durableOf, inboxOf, PROVISIONER, STREAM, STREAM_KEEPER, USERS, type User } from '@countersign/bus';
import { broadcasts, broadcastSubject, commands, commandSubject, messages, SERVICES, subjectFilter, TeamId } from '@countersign/contracts';
import { testNats, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { refusals } from './refusals.js';

/** One subject, and who may send and listen there: worked out from the contracts once more, not read from the allow-list. */
interface Row {
  readonly subject: string;
  readonly publish: readonly User[];
  readonly subscribe: readonly User[];
}

const TEAM = TeamId.next();
const concrete = (filter: string): string => filter.replaceAll('*', TEAM);
const row = (subject: string, publish: readonly User[] = [], subscribe: readonly User[] = []): Row => ({ subject, publish, subscribe });

const messageRows = messages().map((message) => row(concrete(subjectFilter(message)), [message.author]));
const commandRows = commands().map((command) => row(commandSubject(command), [command.caller], [command.service]));
const liveRows = broadcasts().map((broadcast) => row(broadcastSubject(broadcast), [broadcast.service], [broadcast.service]));
/** In each inbox a place per service, where that service may answer if it is called from there; the rest is the broker's. */
const inboxRows = USERS.flatMap((user) => [
  row(`${inboxOf(user)}.x.1`, [], [user]),
  ...SERVICES.map((service) => row(`${inboxOf(user)}.${service}.1`, commands().some((command) => command.caller === user && command.service === service) ? [service] : [], [user])),
]);
const durableRows = messages().flatMap((message) =>
  message.consumers.flatMap((service) => {
    const durable = `${STREAM}.${durableOf(service, message)}`;
    return [
      row(`$JS.API.CONSUMER.CREATE.${durable}.${subjectFilter(message)}`, [service, PROVISIONER]),
      row(`$JS.API.CONSUMER.CREATE.${durable}.team.>`, [PROVISIONER]),
      row(`$JS.API.CONSUMER.CREATE.${durable}.${subjectFilter(message).replace('team.*', 'team')}`, [PROVISIONER]),
      row(`$JS.API.CONSUMER.DURABLE.CREATE.${durable}`, []),
      row(`$JS.API.CONSUMER.DELETE.${durable}`, [PROVISIONER]),
      row(`$JS.API.CONSUMER.INFO.${durable}`, [service, PROVISIONER]),
      row(`$JS.API.CONSUMER.MSG.NEXT.${durable}`, [service]),
      row(`$JS.ACK.${durable}.1.1.1.1.1`, [service]),
    ];
  }),
);
const everyone = USERS;
const streamRows = [
  row(`$JS.API.STREAM.INFO.${STREAM}`, everyone),
  row(`$JS.API.STREAM.CREATE.${STREAM}`, [STREAM_KEEPER, PROVISIONER]),
  ...['UPDATE', 'DELETE', 'PURGE', 'SNAPSHOT', 'RESTORE'].map((verb) => row(`$JS.API.STREAM.${verb}.${STREAM}`, [PROVISIONER])),
  ...['MSG.GET', 'MSG.DELETE', 'LEADER.STEPDOWN', 'PEER.REMOVE'].map((verb) => row(`$JS.API.STREAM.${verb}.${STREAM}`)),
  ...['CREATE', 'INFO', 'DELETE'].map((verb) => row(`$JS.API.STREAM.${verb}.OTHER`)),
  row('$JS.API.INFO', [PROVISIONER]),
];
const foreignRows = ['$JS.API.STREAM.NAMES', '$JS.API.STREAM.LIST', '$JS.API.DIRECT.GET.TEAM', '$SYS.REQ.SERVER.PING', '$SYS.ACCOUNT.CORE.CONNS', `team.${TEAM}.made_up.verb`, `team.${TEAM}.approvals.decided.x`, `cmd.spawn-gate.made_up`, 'cmd', 'anything'].map((subject) => row(subject));
/** Nobody may listen on more than its own inbox and commands: a core subscription on team subjects would pass every filter. */
const wideRows = ['team.>', `team.${TEAM}.>`, 'team.*.approvals.*', '>', 'cmd.>', 'cmd.*.*', '_INBOX.>', '_INBOX_*.>', 'live.>', 'live.*.*', '$JS.>', '$JS.API.>', '$JS.EVENT.ADVISORY.>', '$SYS.>'].map((subject) => row(subject));
const ROWS = [...messageRows, ...commandRows, ...liveRows, ...inboxRows, ...durableRows, ...streamRows, ...foreignRows, ...wideRows];

describe('P8, P12 each credential may do on the bus exactly what the contracts say', () => {
  let nats: TestNats;
  before(async () => {
    nats = await testNats();
  });
  after(() => nats.close());
  let cells = 0;

  for (const user of USERS) {
    it(`${user}: publishes only what it writes, asks only what it calls, answers only its callers`, async () => {
      const bus = await nats.as(user);
      const subjects = ROWS.map(({ subject }) => subject).filter((subject) => !wideRows.some((wide) => wide.subject === subject));
      const refused = await refusals(bus, subjects, (subject) => bus.connection.publish(subject, '!'), 'publish');
      const allowed = subjects.filter((subject) => !refused.has(subject));
      expect(allowed.sort()).toEqual(ROWS.filter(({ publish }) => publish.includes(user)).map(({ subject }) => subject).sort());
      cells += subjects.length;
    });

    it(`${user}: listens only on its own inbox and its own commands`, async () => {
      const bus = await nats.as(user);
      const subjects = ROWS.map(({ subject }) => subject);
      const listen = (subject: string): void => {
        const subscription = bus.connection.subscribe(subject, { callback: () => undefined });
        setTimeout(() => subscription.unsubscribe(), 20);
      };
      const refused = await refusals(bus, subjects, listen, 'subscription');
      const allowed = subjects.filter((subject) => !refused.has(subject));
      expect(allowed.sort()).toEqual(ROWS.filter(({ subscribe }) => subscribe.includes(user)).map(({ subject }) => subject).sort());
      cells += subjects.length;
    });
  }

  it('in more than three thousand cells', () => {
    expect(cells).toBeGreaterThan(3_000);
  });

  it('P8: the helpdesk says nothing to anybody that decides, enrols, pins, hires or moves, and nothing in their names', async () => {
    const bus = await nats.as('helpdesk-agent');
    const [mine, others] = [[messages(), true], [messages(), false]].map(([all, own]) => (all as ReturnType<typeof messages>).filter(({ author }) => (author === 'helpdesk-agent') === own).map((message) => concrete(subjectFilter(message))));
    const asked = commands().filter(({ caller }) => caller !== 'helpdesk-agent').map(commandSubject);
    const refused = await refusals(bus, [...mine!, ...others!, ...asked], (subject) => bus.connection.publish(subject, '{}'), 'publish');
    expect([...refused].sort()).toEqual([...new Set([...others!, ...asked])].sort());
    expect(commands().filter(({ caller }) => caller === 'helpdesk-agent')).toEqual([]);
  });
});
