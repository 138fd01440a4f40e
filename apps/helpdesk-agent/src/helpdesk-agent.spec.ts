import { describe, it } from 'node:test';
import { CommandClient } from '@countersign/bus';
import { askHelpdesk, uuidv7 } from '@countersign/contracts';
import { createService } from '@countersign/service';
import { seedTeam, serviceEnv, testDatabase, testNats } from '@countersign/testing';
import { expect } from 'expect';
import { HelpdeskAgentModule } from './helpdesk-agent.module.js';

describe('the helpdesk as a service', () => {
  it('answers the gateway, and nobody else', async () => {
    await using database = await testDatabase();
    await using nats = await testNats();
    const service = await createService({ service: 'helpdesk-agent', module: HelpdeskAgentModule, env: serviceEnv('helpdesk-agent', { database, nats }) });
    const team = await seedTeam(database, { state: 'suspended', epoch: 2 });
    await database.admin(`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot) values ($1, $2, 2, '', 'It is looked at.', '{}')`, [team.teamId, uuidv7()]);
    const question = { teamId: team.teamId, by: { personId: team.personId, customerId: team.customerId, roles: ['customer_governor'] }, messageId: uuidv7(), text: 'What happens next?' };
    expect(await new CommandClient(await nats.as('gateway')).request(askHelpdesk, question)).toMatchObject({ ok: true, seq: 2, answer: expect.stringContaining('It is looked at.') });
    await expect(new CommandClient(await nats.as('fleet')).request(askHelpdesk, { ...question, messageId: uuidv7() }, { timeoutMs: 300 })).rejects.toBeDefined();
    await service.close();
    const [{ n } = { n: 0 }] = await database.admin<{ n: number }>(`select count(*)::int as n from app.conversation`);
    expect(n).toBe(2);
  });
});
