import { ACTIONS } from '@countersign/audit';
import { CustomerId, MemberId, PersonId, PLATFORM_CHAIN, SERVICES, uuidv7, type Service } from '@countersign/contracts';
import { ACTIONS_OF } from '@countersign/database';
import { seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { append, payloadOf, TakenOverHouse, type SignedAs } from './taken-over.js';

const WRITERS = SERVICES.filter((service) => ACTIONS_OF[service].length > 0);
/** An action that is the service's own, so that nothing but the lie under test can be refused. */
const own = (service: Service): string => ACTIONS_OF[service][0]!;

describe('P10 the record says truthfully who wrote what, whoever holds a service', () => {
  let database: TestDatabase;
  let team: SeededTeam;
  let house: TakenOverHouse;
  before(async () => {
    database = await testDatabase();
    team = await seedTeam(database);
    house = await TakenOverHouse.of(database);
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    await database.close();
  });
  const tried = (service: Service, entry: Parameters<typeof append>[0], as: Partial<SignedAs> = {}): Promise<string> => house.as(service).tried({ id: team.teamId, ...as }, append(entry));

  it('lets each service append its own actions, under its own name, and no other action of all there are', async () => {
    const [appended, wrong]: [string[], string[]] = [[], []];
    for (const service of SERVICES) {
      const mine: readonly string[] = ACTIONS_OF[service];
      for (const action of Object.keys(ACTIONS)) {
        const answer = await tried(service, { service, action });
        if (answer === 'done') appended.push(`${service} ${action}`);
        const refused = service === 'notary' ? 'permission denied for function append' : `entry refused: svc_${service.replaceAll('-', '_')} may not write this action`;
        if (answer !== (mine.includes(action) ? 'done' : refused)) wrong.push(`${service} ${action}: ${answer}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(appended).toHaveLength(Object.keys(ACTIONS).length - 1); // one owner each, but for the pruning of retention
  });

  it('refuses an action that does not exist, and an entry that names none', async () => {
    for (const service of WRITERS) {
      for (const action of ['TEAM-PAINTED', '', own(service).toLowerCase(), `${own(service)} `]) expect(await tried(service, { service, action })).toMatch(/may not write this action/);
      expect(await tried(service, (id) => payloadOf(id, { service, action: '' }).replace('"action":"",', ''))).toBe('entry refused: malformed');
    }
  });

  it('refuses every other service’s name under an entry of one’s own', async () => {
    for (const service of WRITERS) {
      for (const name of [...SERVICES.filter((other) => other !== service), '', 'admin', service.toUpperCase()]) expect(await tried(service, { service: name, action: own(service) })).toBe(`entry refused: it names another service than ${service}`);
      expect(await tried(service, (id) => payloadOf(id, { service, action: own(service) }).replace(`"service":"${service}",`, ''))).toBe('entry refused: malformed');
    }
  });

  it('refuses another team in any entry that names one, whatever its action, and beside a true one', async () => {
    const other = await seedTeam(database);
    const naming = Object.entries(ACTIONS).flatMap(([action, { fields }]) => WRITERS.filter((service) => 'team_id' in fields && ACTIONS_OF[service].includes(action as never)).map((service) => ({ service, action })));
    expect(naming.length).toBeGreaterThan(25);
    for (const entry of naming) {
      for (const team_id of [other.teamId, PLATFORM_CHAIN, '', team.teamId.toUpperCase(), null, 7]) expect([entry, team_id, await tried(entry.service, { ...entry, body: { team_id } })]).toEqual([entry, team_id, 'entry refused: it names another team than its chain']);
      expect([entry, await tried(entry.service, { ...entry, body: { team_id: team.teamId } })]).toEqual([entry, 'done']);
      expect([entry, await tried(entry.service, { ...entry, body: { team_id: team.teamId } }, { scope: 'platform', id: PLATFORM_CHAIN })]).toEqual([entry, 'entry refused: it names another team than its chain']);
    }
    const twice = (first: string, second: string) => (id: string): string => payloadOf(id, { service: 'spawn-gate', action: 'TEAM-ARCHIVED' }).replace('"body":{}', `"body":{"team_id":"${first}","team_id":"${second}"}`);
    for (const both of [[other.teamId, team.teamId], [team.teamId, other.teamId]] as const) expect(await tried('spawn-gate', twice(...both))).toBe('entry refused: it names another team than its chain');
  });

  it('refuses a name given twice, an id that is another entry’s, and what is no entry at all', async () => {
    const honest = { service: 'gateway', action: 'APPROVAL-EXPIRED' };
    const doubled = (name: string, value: string) => (id: string): string => payloadOf(id, honest).replace('{', `{"${name}":${value},`);
    for (const [name, value] of [['service', '"executor"'], ['action', '"EFFECT-EXECUTED"'], ['actor', '{"kind":"person"}'], ['body', '{}'], ['entry_id', `"${uuidv7()}"`]] as const) expect(await tried('gateway', doubled(name, value))).toBe('entry refused: malformed');
    expect(await tried('gateway', () => payloadOf(uuidv7(), honest))).toBe('entry refused: malformed');
    for (const text of ['[]', '"text"', '7', 'null', 'no json', '\0', '{}']) expect(await tried('gateway', () => text)).not.toBe('done');
  });

  const person = PersonId.next();
  const lies: readonly [string, object, Partial<SignedAs>][] = [
    ['a person where nobody signed in', { kind: 'person' }, {}],
    ['a person in a member’s context', { kind: 'person' }, { principal: `agent:${MemberId.next()}` }],
    ['a person by name: that is personal, and could be anybody', { id: person, kind: 'person' }, { principal: `person:${person}` }],
    ['a member that the context does not name', { id: MemberId.next(), kind: 'agent' }, {}],
    ['another member than the context names', { id: MemberId.next(), kind: 'agent' }, { principal: `agent:${MemberId.next()}` }],
    ['a member in a person’s context', { id: MemberId.next(), kind: 'agent' }, { principal: `person:${person}` }],
    ['an instance that the context names as a member', { id: 'i-1', kind: 'instance' }, { principal: 'agent:i-1' }],
    ['a second meaning beside the true one', { id: 'i-1', kind: 'instance', as: 'admin' }, { principal: 'instance:i-1' }],
    ['a kind that does not exist', { id: 'x', kind: 'root' }, { principal: 'root:x' }],
    ['nobody', {}, {}],
  ];
  for (const [lie, actor, as] of lies) {
    it(`refuses as the actor ${lie}`, async () => {
      for (const service of WRITERS) expect(await tried(service, { service, action: own(service), actor }, as)).toBe('entry refused: the context does not name its actor');
    });
  }

  it('refuses another service as the actor, also when the context was made to name it', async () => {
    for (const service of WRITERS) {
      for (const other of SERVICES.filter((name) => name !== service)) {
        expect(await tried(service, { service, action: own(service), actor: { id: other, kind: 'service' } }, { principal: `service:${other}` })).toMatch(/does not name its actor/);
      }
    }
  });

  it('takes as the actor whom the context names: a person without a word of who, a member, an instance, or the service itself', async () => {
    const [member, instance] = [MemberId.next(), uuidv7()];
    for (const service of WRITERS) {
      const honest = { service, action: own(service) };
      expect(await tried(service, honest)).toBe('done');
      expect(await tried(service, honest, { principal: `person:${person}` })).toBe('done');
      expect(await tried(service, { ...honest, actor: { kind: 'person' } }, { principal: `person:${person}` })).toBe('done');
      expect(await tried(service, { ...honest, actor: { id: member, kind: 'agent' } }, { principal: `agent:${member}` })).toBe('done');
      expect(await tried(service, { ...honest, actor: { id: instance, kind: 'instance' } }, { principal: `instance:${instance}` })).toBe('done');
    }
  });

  it('lets the manager’s own service speak as the manager of the context’s team, and no other service, team or member', async () => {
    const other = await seedTeam(database);
    const asManager = (service: Service, id: string) => ({ service, action: own(service), actor: { id, kind: 'agent' } });
    expect(await tried('manager-agent', asManager('manager-agent', team.managerId))).toBe('done');
    for (const id of [other.managerId, team.memberId]) expect(await tried('manager-agent', asManager('manager-agent', id))).toMatch(/does not name its actor/);
    for (const service of WRITERS.filter((name) => name !== 'manager-agent')) expect(await tried(service, asManager(service, team.managerId))).toMatch(/does not name its actor/);
    for (const as of [{ scope: 'platform', id: team.teamId }, { scope: 'customer', id: CustomerId.next() }] as const) expect(await tried('manager-agent', asManager('manager-agent', team.managerId), as)).toMatch(/does not name its actor/);
  });

  it('gives nobody the parts of the check to call, and nobody the chain to write past it', async () => {
    for (const service of SERVICES) {
      for (const call of [`select audit.vet(null, null, null)`, `select audit.writer('svc_gateway', 'X')`, `select sec.manager_of('${team.teamId}')`, `insert into audit.entry default values`, `update audit.head set next_seq = 0`]) {
        await expect(database.rawAs(service, call)).rejects.toMatchObject({ code: '42501' });
      }
    }
  });
});
