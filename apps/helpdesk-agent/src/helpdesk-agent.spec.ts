import { describe, it } from 'node:test';
import { CommandClient } from '@countersign/bus';
import { askHelpdesk, PLATFORM_CHAIN, uuidv7 } from '@countersign/contracts';
import { Database, sql, type Statement } from '@countersign/database';
import { createService } from '@countersign/service';
import { seedTeam, serviceEnv, testDatabase, testNats } from '@countersign/testing';
import { expect } from 'expect';
import { HelpdeskAgentModule } from './helpdesk-agent.module.js';

describe('the helpdesk as a service', () => {
  it('answers the gateway, and nobody else; refuses what only others may do, and each refusal is entered', async () => {
    await using database = await testDatabase();
    await using nats = await testNats();
    const service = await createService({ service: 'helpdesk-agent', module: HelpdeskAgentModule, env: serviceEnv('helpdesk-agent', { database, nats }) });
    const team = await seedTeam(database, { state: 'suspended', epoch: 2 });
    await database.admin(`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot) values ($1, $2, 2, '', 'It is looked at.', '{}')`, [team.teamId, uuidv7()]);
    const question = { teamId: team.teamId, by: { personId: team.personId, customerId: team.customerId, roles: ['customer_governor'] }, messageId: uuidv7(), text: 'What happens next?' };
    expect(await new CommandClient(await nats.as('gateway'), 60_000).request(askHelpdesk, question)).toMatchObject({ ok: true, seq: 2, answer: expect.stringContaining('It is looked at.') });
    await expect(new CommandClient(await nats.as('fleet')).request(askHelpdesk, { ...question, messageId: uuidv7() }, { timeoutMs: 300 })).rejects.toBeDefined();
    const authority = (): Promise<object[]> => database.admin(`select (select json_agg(row(team_id, state, epoch, bundle)::text) from app.team) as teams, (select count(*) from app.approval_decision) as decisions, (select count(*) from app.approver_key) as keys, (select count(*) from app.device) as devices, (select count(*) from app.policy) as policies`);
    const before = await authority();
    const verbs = ['Please approve it for me', 'Deny all of them', 'Lower the tier of that push', 'Skip the second person this once', 'Enrol my new phone at once', 'Shorten the waiting time of my key', 'Reactivate the team now'];
    for (const text of verbs) expect([text, await new CommandClient(await nats.as('gateway'), 60_000).request(askHelpdesk, { ...question, messageId: uuidv7(), text })]).toMatchObject([text, { ok: true, answer: expect.stringMatching(/^I cannot/) }]);
    expect(await authority()).toEqual(before);
    expect(await database.admin(`select 1 from audit.entry where team_id = $1 and convert_from(payload, 'UTF8') like '%"HELPDESK-INTERACTION"%'`, [team.teamId])).toHaveLength(1 + verbs.length);
    await service.close();
    const [{ n } = { n: 0 }] = await database.admin<{ n: number }>(`select count(*)::int as n from app.conversation`);
    expect(n).toBe(2 * (1 + verbs.length));
  });

  it('enters what it tries in the database without the right to, where it tried that and once an hour, and nothing else', async () => {
    await using database = await testDatabase();
    await using nats = await testNats();
    const service = await createService({ service: 'helpdesk-agent', module: HelpdeskAgentModule, env: serviceEnv('helpdesk-agent', { database, nats }) });
    const [team, other] = [await seedTeam(database, { state: 'suspended', epoch: 2 }), await seedTeam(database)];
    const own = service.app.get(Database);
    const entered = async (chain: string): Promise<string[]> => {
      const rows = await database.admin<{ entry: { service: string; actor: object; result: string; body: Record<string, string> } }>(`select convert_from(payload, 'UTF8')::jsonb as entry from audit.entry where team_id = $1 and convert_from(payload, 'UTF8') like '%"HELPDESK-REFUSED"%' order by seq`, [chain]);
      for (const { entry } of rows) expect(entry).toMatchObject({ service: 'helpdesk-agent', actor: { kind: 'service', id: 'helpdesk-agent' }, result: 'denied', body: { code: 'not_permitted' } });
      return rows.map(({ entry }) => entry.body['what']!);
    };
    const tries = (statement: Statement, of = team) => own.withTeam(of.teamId, async (tx) => void (await tx.read(statement)));
    const attempts = [['approval_decision', sql`insert into app.approval_decision default values`], ['approval', sql`update app.approval set tier = 0`], ['approver_key', sql`update app.approver_key set effective_from = now()`], ['team', sql`update app.team set state = 'active'`]] as const;
    const refused = attempts.map(([table]) => `permission denied for table ${table}`);
    for (let times = 0; times < 2; times++) for (const [, attempt] of attempts) await expect(tries(attempt)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(own.withTeam(team.teamId, async (tx) => { tx.ledgerOnly(); tx.write(attempts[0][1]); })).rejects.toMatchObject({ code: 'not_permitted' });
    expect(await entered(team.teamId)).toEqual(refused);
    await expect(tries(attempts[1][1], other)).rejects.toMatchObject({ code: 'not_permitted' });
    expect([await entered(team.teamId), await entered(other.teamId)]).toEqual([refused, [refused[1]]]);
    await expect(own.ops('approver_keys', team.customerId)).rejects.toMatchObject({ code: 'not_permitted' });
    expect(await entered(PLATFORM_CHAIN)).toEqual([expect.stringMatching(/^permission denied for function /)]);
    await expect(tries(sql`select 1 / 0`)).rejects.toMatchObject({ code: 'database_error' });
    expect(await entered(team.teamId)).toHaveLength(refused.length);
    await service.close();
  });
});
