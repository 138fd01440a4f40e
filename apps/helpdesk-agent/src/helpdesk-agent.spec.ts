import { describe, it } from 'node:test';
import { CommandClient } from '@countersign/bus';
import { askHelpdesk, uuidv7 } from '@countersign/contracts';
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
});
