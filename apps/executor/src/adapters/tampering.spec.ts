import { uuidv7, type GitPushEffect } from '@countersign/contracts';
import { EnrolmentSeal } from '@countersign/service';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { aKey, signedYes, type TestKey } from '../testing/approver.js';
import { manifestBytes, sha256 } from '../testing/orders.js';
import { aKeyring, aRunner, testSeal } from '../testing/runner.js';
import { anApprovedGoal, aRepository, enrol, KEY, pushOf, removeRepository, seen, type Approved, type ApprovedOptions, type Repository } from '../testing/scene.js';

/** Everything that guards rows is off for a superuser who wants it so. */
const UNGUARDED = 'set local session_replication_role = replica';
const HOUR = 3_600_000;

describe('with full write access to the database', () => {
  let database: TestDatabase;
  let repository: Repository;
  let push: GitPushEffect;
  before(async () => {
    database = await testDatabase();
    repository = aRepository();
    push = pushOf(repository);
  });
  after(async () => {
    removeRepository(repository);
    await database.close();
  });

  const approved = (over: ApprovedOptions = {}): Promise<Approved> => anApprovedGoal(database, repository, push, over);
  const run = (goal: Approved, options: Parameters<typeof aRunner>[2] = {}): Promise<void> => aRunner(database.as('executor'), repository, options).run(goal.teamId, goal.approvalId);
  const keyring = (over: Parameters<typeof aKeyring>[2] = {}) => aKeyring(database.as('executor'), repository, over);
  /** The branch is taken away again: a second push would be seen. */
  const ranAndGone = async (goal: Approved): Promise<void> => {
    await run(goal);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed' }]);
    repository.git(repository.remote, 'branch', '-D', push.branch);
  };
  const branches = (): string => repository.git(repository.remote, 'for-each-ref', 'refs/heads/countersign');
  /** SQL as superuser in one transaction, with literals only. */
  const tamper = (...statements: string[]): Promise<unknown> => database.admin(`do $tamper$ begin ${UNGUARDED}; ${statements.map((statement) => `${statement};`).join(' ')} end $tamper$`);
  const hex = (bytes: Uint8Array): string => `'\\x${Buffer.from(bytes).toString('hex')}'::bytea`;
  const text = (value: object): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
  const decision = ({ approvalId }: Approved, set: string): string => `update app.approval_decision set ${set} where approval_id = '${approvalId}'`;
  const assertionOf = async ({ approvalId }: Approved): Promise<Record<string, unknown>> => (await database.admin<{ assertion: Record<string, unknown> }>(`select assertion from app.approval_decision where approval_id = $1`, [approvalId]))[0]!.assertion;
  const signed = (goal: Approved, key: TestKey, digest = goal.digest) => ({ ...signedYes(key, { digest, personId: goal.personId, deviceId: goal.deviceId }) });
  const refused = async (goal: Approved, code: string): Promise<void> => {
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code }], chain: [`EFFECT-REFUSED ${code}`], used: 0 });
    expect(branches()).toBe('');
  };

  const attacker = aKey();
  const attacks: [string, string, (goal: Approved) => Promise<unknown>, ApprovedOptions?][] = [
    ['another manifest, with its digest everywhere', 'assertion_invalid', (goal) => {
      const { customerId, teamId, goalId, approvalId } = goal;
      return database.admin<{ deliverable_id: string }>(`select deliverable_id from app.approval where id = $1`, [approvalId]).then(([row]) => {
        const bytes = manifestBytes({ ids: { customer_id: customerId, team_id: teamId, goal_id: goalId, approval_id: approvalId, deliverable_id: row!.deliverable_id }, effects: [{ ...push, branch: 'countersign/evil' }] });
        return tamper(`update app.approval set manifest = ${hex(bytes)}, digest = sha256(${hex(bytes)}) where id = '${approvalId}'`, decision(goal, `digest = sha256(${hex(bytes)})`));
      });
    }],
    ['a decision nobody made', 'assertion_missing', (goal) => tamper(`update app.approval set state = 'approved' where id = '${goal.approvalId}'`, `insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) values ('${goal.teamId}', '${uuidv7()}', '${goal.approvalId}', 'approve', '\\x${goal.digest}', '${goal.personId}', '${goal.deviceId}')`), { state: 'pending', decision: false }],
    ['a yes signed with a key of the attacker’s', 'key_unknown', (goal) => tamper(decision(goal, `assertion = ${text(signed(goal, attacker))}`))],
    ['the same, and a row for that key', 'key_unknown', (goal) => enrol(database, goal, attacker, { deviceId: goal.deviceId, seal: new EnrolmentSeal(Buffer.alloc(32)) }).then(() => tamper(decision(goal, `assertion = ${text(signed(goal, attacker))}`)))],
    ['the same, and the seal of the person’s own key on it', 'key_unknown', (goal) => enrol(database, goal, attacker, { deviceId: goal.deviceId }).then(() => tamper(`update app.approver_key set seal = (select k.seal from app.approver_key k where k.customer_id = '${goal.customerId}' and k.credential_id = '${KEY.credentialId}') where customer_id = '${goal.customerId}' and credential_id = '${attacker.credentialId}'`, decision(goal, `assertion = ${text(signed(goal, attacker))}`)))],
    ['the attacker’s public key under the name of the person’s', 'key_unknown', (goal) => tamper(`update app.approver_key set public_key = ${hex(attacker.publicKey)} where customer_id = '${goal.customerId}'`, decision(goal, `assertion = ${text({ ...signed(goal, attacker), credentialId: KEY.credentialId })}`))],
    ['the same, after the executor has seen the key', 'key_unknown', (goal) => keyring().learn(goal.customerId).then(() => tamper(`update app.approver_key set public_key = ${hex(attacker.publicKey)} where customer_id = '${goal.customerId}'`, decision(goal, `assertion = ${text({ ...signed(goal, attacker), credentialId: KEY.credentialId })}`)))],
    ['a key that was enrolled and pinned, and whose row was taken away so that nobody sees it', 'key_unknown', async (goal) => {
      await enrol(database, goal, attacker, { deviceId: goal.deviceId });
      await keyring({ holdMs: 0 }).learn(goal.customerId);
      await tamper(`delete from app.approver_key where customer_id = '${goal.customerId}' and credential_id = '${attacker.credentialId}'`, decision(goal, `assertion = ${text(signed(goal, attacker))}`));
    }],
    ['the person’s signature of another approval', 'assertion_invalid', (goal) => tamper(decision(goal, `assertion = ${text(signed(goal, KEY, sha256('another')))}`))],
    ['a whole decision of another team', 'key_foreign', (goal) => approved().then(async (other) => tamper(decision(goal, `assertion = ${text(await assertionOf(other))}, person_id = '${other.personId}', device_id = '${other.deviceId}'`)))],
    ['another approver', 'key_foreign', (goal) => tamper(decision(goal, `person_id = '${uuidv7()}'`))],
    ['another device', 'key_foreign', (goal) => tamper(decision(goal, `device_id = '${uuidv7()}'`))],
    ['a later expiry of the signature', 'assertion_invalid', (goal) => tamper(decision(goal, `assertion = assertion || '{"expiresAt": 4102444800}'`))],
    ['a lower tier', 'key_unfit', (goal) => tamper(`update app.approval set tier = 0 where id = '${goal.approvalId}'`), { tier: '2' }],
    ['another customer', 'digest_mismatch', (goal) => tamper(`update app.team set customer_id = '${uuidv7()}' where team_id = '${goal.teamId}'`)],
    ['other bytes in a file', 'digest_mismatch', (goal) => tamper(`update app.artifact set content = 'evil', sha256 = sha256('evil'), size = 4 where team_id = '${goal.teamId}' and path = 'src/a.js'`)],
  ];
  for (const [what, code, attack, over] of attacks) {
    it(`nothing is carried out with ${what}: ${code}`, async () => {
      const goal = await approved(over);
      await attack(goal);
      await run(goal);
      await refused(goal, code);
    });
  }

  it('nothing is carried out long after it was signed, however long its row says', async () => {
    const goal = await approved();
    await tamper(`update app.approval set valid_until = '2100-01-01' where id = '${goal.approvalId}'`);
    await run(goal, { keyring: keyring({ now: () => Date.now() + HOUR }) });
    await refused(goal, 'assertion_late');
  });

  it('a key whose device was removed does not come back', async () => {
    const goal = await approved();
    await tamper(`update app.device set removed_at = now() where id = '${goal.deviceId}'`);
    await keyring().learn(goal.customerId);
    await tamper(`update app.device set removed_at = null where id = '${goal.deviceId}'`);
    await run(goal);
    await refused(goal, 'key_ended');
  });

  it('a second key waits for its hold, also when its row is the gateway’s own', async () => {
    const goal = await approved();
    await keyring().learn(goal.customerId);
    await enrol(database, goal, attacker, { deviceId: goal.deviceId, seal: testSeal });
    await tamper(decision(goal, `assertion = ${text(signed(goal, attacker))}`));
    await run(goal, { keyring: keyring({ holdMs: 24 * HOUR }) });
    await refused(goal, 'key_not_in_effect');
  });

  const forget = ({ teamId }: Approved): string[] => [`delete from app.effect where team_id = '${teamId}'`, `delete from app.approval_use where team_id = '${teamId}'`];
  it('what was done is not done again when every row of it is gone', async () => {
    const goal = await approved();
    await ranAndGone(goal);
    await tamper(...forget(goal));
    await run(goal);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'approval_spent' }], used: 0 });
    expect(branches()).toBe('');
  });

  it('nor when its effect is given to another approval', async () => {
    const [done, other] = [await approved(), await approved({ state: 'pending', decision: false })];
    await ranAndGone(done);
    await tamper(`update app.effect set team_id = '${other.teamId}', approval_id = '${other.approvalId}' where team_id = '${done.teamId}'`, `update app.approval_use set team_id = '${other.teamId}', approval_id = '${other.approvalId}' where team_id = '${done.teamId}'`);
    await run(done);
    await run(other);
    expect((await seen(database, done)).effects).toMatchObject([{ state: 'refused', code: 'approval_spent' }]);
    expect(branches()).toBe('');
  });

  it('nor when its effect is set back to its beginning: it is looked at, and not acted on', async () => {
    const goal = await approved();
    await ranAndGone(goal);
    await tamper(`update app.effect set state = 'started', attempts = 0, receipt = null where team_id = '${goal.teamId}'`);
    await run(goal);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'failed', code: 'approval_spent' }]);
    expect(branches()).toBe('');
  });

  it('an effect that nobody signed for is not even looked at, although its rows say that it was begun', async () => {
    const goal = await approved({ decision: false });
    const { teamId, approvalId, goalId, personId, deviceId, digest } = goal;
    await tamper(
      `insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) values ('${teamId}', '${uuidv7()}', '${approvalId}', 'approve', '\\x${digest}', '${personId}', '${deviceId}')`,
      `insert into app.approval_use (team_id, approval_id) values ('${teamId}', '${approvalId}')`,
      `insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values ('${teamId}', '${uuidv7()}', '${approvalId}', '${goalId}', 'git.push', 'started', 'k')`,
    );
    await run(goal);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'assertion_missing' }] });
    expect(branches()).toBe('');
  });
});
