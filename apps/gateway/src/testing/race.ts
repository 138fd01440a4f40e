import type { ApprovalDetail } from '@countersign/contracts';
import { expect } from 'expect';
import { approvalOf, customerOf, seedProposal, type SeededWork } from './seed-work.js';
import type { TestGateway } from './start-gateway.js';

const DECISIONS = 64;

/** Makes personas governors of another's customer, each with a device of their own. */
export async function joinedBy(gateway: TestGateway, owner: string, colleagues: readonly string[]): Promise<void> {
  for (const login of colleagues) {
    await gateway.database.admin(`update app.person set customer_id = $2, roles = '{customer_governor}' where login = $1`, [login, customerOf(owner)]);
    await gateway.device(login);
  }
}

/** Sixty-four decisions of several people arrive at once, half of them a yes, each yes twice: one is recorded, entered and told; the others hear that it was decided. */
export async function raceToDecide(gateway: TestGateway, work: SeededWork, people: readonly string[], rounds: number): Promise<void> {
  const at = (n: number): string => people[n % people.length]!;
  for (let round = 0; round < rounds; round++) {
    const id = await approvalOf(gateway.database, await seedProposal(gateway.database, work));
    const { digest, version } = (await gateway.call(at(0), 'GET', `/v1/approvals/${id}`)).body as ApprovalDetail;
    const yeses = await Promise.all(Array.from({ length: DECISIONS / 4 }, (_, n) => gateway.sign(at(n), id, digest)));
    const bodies = yeses.flatMap((assertion, n) => [...Array.from({ length: 2 }, () => ({ by: at(n), body: { decision: 'approve', digest, assertion } })), ...Array.from({ length: 2 }, () => ({ by: at(n + 1), body: { decision: 'deny', digest, reason: 'no' } }))]);
    const answers = await Promise.all(bodies.map(({ by, body }) => gateway.insist(by, 'POST', `/v1/approvals/${id}/decision`, { body, headers: { 'if-match': `"${version}"` } })));
    const lost = answers.filter(({ status }) => status !== 201);
    expect([answers.length, lost.length, new Set(lost.map(({ body }) => (body as { code: string }).code))]).toEqual([DECISIONS, DECISIONS - 1, new Set(['already_decided'])]);
    const count = async (what: string, like: string): Promise<number> => (await gateway.database.admin<{ n: number }>(`select count(*)::int as n from ${what} where team_id = $1 and convert_from(payload, 'UTF8') like $2`, [work.teamId, like]))[0]!.n;
    expect([
      (await gateway.database.admin('select 1 from app.approval_decision where approval_id = $1', [id])).length,
      (await count('audit.entry', `%GRANTED%${id}%`)) + (await count('audit.entry', `%DENIED%${id}%`)),
      await count('app.outbox', `%${id}%"outcome":%`),
    ]).toEqual([1, 1, 1]);
  }
}
