import { uuidv7, type GitPushEffect } from '@countersign/contracts';
import { EnrolmentSeal } from '@countersign/service';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { aKey, signedYes, type TestKey } from '../testing/approver.js';
import { manifestBytes, sha256 } from '../testing/orders.js';
import { aKeyring, aRunner, testSeal } from '../testing/runner.js';
import type { Covered } from './receipts.js';
import { anApprovedGoal, aRepository, enrol, enter, KEY, pushOf, removeRepository, SECOND, seen, type Approved, type ApprovedOptions, type Repository } from '../testing/scene.js';

/** Everything that guards rows is off for a superuser who wants it so. */
const UNGUARDED = 'set local session_replication_role = replica';
const HOUR = 3_600_000;
/** A notary that says this. */
const answering = (covered: Covered): Parameters<typeof aRunner>[2] => ({ receipts: { covered: () => Promise.resolve(covered) } });

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
  const run = (goal: Approved, options: Parameters<typeof aRunner>[2] = {}): Promise<boolean> => aRunner(database.as('executor'), repository, options).run(goal.teamId, goal.approvalId);
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
  /** As if an executor had begun it. */
  const begun = ({ teamId, approvalId, goalId }: Approved): string[] => [
    `insert into app.approval_use (team_id, approval_id) values ('${teamId}', '${approvalId}')`,
    `insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values ('${teamId}', '${uuidv7()}', '${approvalId}', '${goalId}', 'git.push', 'started', 'k')`,
  ];
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

  describe('of what two must say yes to', () => {
    const others = ({ approvalId, other }: Approved): string => `from app.approval_decision where approval_id = '${approvalId}' and device_id = '${other!.deviceId}'`;
    const lowered = ({ approvalId }: Approved): string => `update app.approval set need = 1 where id = '${approvalId}'`;
    it('both are verified, of people and of devices', async () => {
      for (const quorum of ['people', 'devices'] as const) {
        const goal = await approved({ quorum });
        await ranAndGone(goal);
      }
    });
    const forged: [string, string, (goal: Approved) => Promise<unknown>, ApprovedOptions?][] = [
      ['one row deleted and the need lowered', 'quorum_short', (goal) => tamper(lowered(goal), `delete ${others(goal)}`)],
      ['a manifest that wants one alone', 'assertion_invalid', async (goal) => {
        const [row] = await database.admin<{ manifest: Buffer }>(`select manifest from app.approval where id = $1`, [goal.approvalId]);
        const bytes = Buffer.from(row!.manifest.toString('utf8').replace(/"quorum":\{[^}]*\}/, '"quorum":null'));
        expect(bytes.equals(row!.manifest)).toBe(false);
        await tamper(`update app.approval set need = 1, manifest = ${hex(bytes)}, digest = sha256(${hex(bytes)}) where id = '${goal.approvalId}'`, decision(goal, `digest = sha256(${hex(bytes)})`));
      }],
      ['one person’s yes from two devices', 'quorum_short', async (goal) => {
        const key = aKey();
        const deviceId = await enrol(database, goal, key);
        await tamper(`update app.approval_decision set person_id = '${goal.personId}', device_id = '${deviceId}', assertion = ${text(signedYes(key, { digest: goal.digest, personId: goal.personId, deviceId }))} where approval_id = '${goal.approvalId}' and device_id = '${goal.other!.deviceId}'`);
      }],
      ['one device’s yes twice', 'quorum_short', (goal) => tamper(`update app.approval_decision d set device_id = o.device_id, assertion = ${text(signed(goal, KEY))} from app.approval_decision o where d.approval_id = '${goal.approvalId}' and d.device_id = '${goal.other!.deviceId}' and o.approval_id = d.approval_id and o.device_id = '${goal.deviceId}'`), { quorum: 'devices' }],
      ['one signature twice', 'quorum_short', (goal) => tamper(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id, assertion) select team_id, gen_random_uuid(), approval_id, decision, digest, person_id, device_id, assertion from app.approval_decision where approval_id = '${goal.approvalId}' and device_id = '${goal.deviceId}'`, `delete ${others(goal)}`)],
      ['one signature in the other’s name', 'key_foreign', (goal) => tamper(`update app.approval_decision d set assertion = o.assertion from app.approval_decision o where d.approval_id = '${goal.approvalId}' and d.device_id = '${goal.other!.deviceId}' and o.approval_id = d.approval_id and o.device_id = '${goal.deviceId}'`)],
      ['the yes of a third whom the manifest does not name', 'approver_not_named', async (goal) => {
        const third = uuidv7();
        await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2::uuid, $2::uuid::text, 'Chand', '{customer_governor}')`, [goal.customerId, third]);
        const deviceId = await enrol(database, { ...goal, personId: third as Approved['personId'] }, attacker);
        await tamper(`update app.approval_decision set person_id = '${third}', device_id = '${deviceId}', assertion = ${text(signedYes(attacker, { digest: goal.digest, personId: third, deviceId }))} where approval_id = '${goal.approvalId}' and device_id = '${goal.other!.deviceId}'`);
      }],
    ];
    for (const [what, code, attack, over] of forged) {
      it(`nothing is carried out with ${what}: ${code}`, async () => {
        const goal = await approved({ quorum: 'people', ...over });
        await attack(goal);
        await run(goal);
        await refused(goal, code);
      });
    }
  });

  it('a yes that was taken back is none ever after, also when every row of that is gone', async () => {
    const goal = await approved({ state: 'pending' });
    const taken = `insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, undoes) select team_id, gen_random_uuid(), approval_id, 'undo', digest, person_id, id from app.approval_decision where approval_id = '${goal.approvalId}'`;
    await tamper(taken);
    await aRunner(database.as('executor'), repository).forget(goal.teamId, goal.approvalId);
    await tamper(`delete from app.approval_decision where approval_id = '${goal.approvalId}' and decision = 'undo'`, `update app.approval set state = 'approved' where id = '${goal.approvalId}'`);
    await run(goal);
    await refused(goal, 'assertion_spent');
  });

  it('nor is one that somebody’s no ended, a stop or a newer version; a no that is held ends none yet', async () => {
    const said = ({ teamId, approvalId, digest, personId }: Approved, decision: string): string => `insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id) values ('${teamId}', '${uuidv7()}', '${approvalId}', '${decision}', '\\x${digest}', '${personId}')`;
    const state = (to: string, { approvalId }: Approved, held = 'null'): string => `update app.approval set state = '${to}', held_for = ${held}, effective_at = now() where id = '${approvalId}'`;
    const gone = ({ approvalId }: Approved): string => `delete from app.approval_decision where approval_id = '${approvalId}' and decision <> 'approve'`;
    const hear = ({ teamId, approvalId }: Approved): Promise<void> => aRunner(database.as('executor'), repository).forget(teamId, approvalId);
    for (const [decision, to] of [['deny', 'denied'], ['request_changes', 'changes_requested'], ['expire', 'expired'], ['withdraw', 'withdrawn']] as const) {
      const goal = await approved();
      await tamper(state(to, goal), said(goal, decision));
      await hear(goal);
      await tamper(gone(goal), state('approved', goal));
      await run(goal);
      await refused(goal, 'assertion_spent');
    }
    const old = await approved();
    await tamper(`update app.approval set state = 'superseded', superseded_by = '${uuidv7()}' where id = '${old.approvalId}'`);
    await hear(old);
    await tamper(`update app.approval set state = 'approved', superseded_by = null where id = '${old.approvalId}'`);
    await run(old);
    await refused(old, 'assertion_spent');
    const other = await approved();
    await tamper(state('held', other, `'denied'`), said(other, 'deny'));
    await hear(other);
    await tamper(gone(other), state('approved', other)); // it was undone, and the yes counts as before
    await ranAndGone(other);
  });

  describe('what waits after its last yes', () => {
    const highest = (over: ApprovedOptions = {}): Promise<Approved> => approved({ tier: '3', quorum: 'people', delaySeconds: '600', ...over });
    const later = (minutes: number) => ({ keyring: keyring({ now: () => Date.now() + minutes * 60_000 }) });
    const nothing = { effects: [], chain: [], used: 0 };

    it('is carried out when its time is over by the executor’s own clock, whatever a row says, and not before', async () => {
      const goal = await highest();
      await run(goal);
      expect(await seen(database, goal)).toMatchObject(nothing);
      await tamper(`update app.approval set effective_at = '2000-01-01', decided_at = '2000-01-01' where id = '${goal.approvalId}'`, `update app.approval_decision set at = '2000-01-01' where approval_id = '${goal.approvalId}'`);
      await run(goal, later(9));
      expect(await seen(database, goal)).toMatchObject(nothing);
      await run(goal, later(10));
      expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed' }]);
      repository.git(repository.remote, 'branch', '-D', push.branch);
    });

    it('has waited already where it was seen while it was held, and begins anew with another yes', async () => {
      const [goal, other] = [await highest({ state: 'pending' }), await highest({ state: 'pending' })];
      const hold = (state: string, { approvalId }: Approved): Promise<unknown> => tamper(`update app.approval set state = '${state}', held_for = 'approved', effective_at = now() + interval '10 minutes' where id = '${approvalId}'`);
      for (const each of [goal, other]) {
        await hold('held', each);
        await run(each);
        expect(await seen(database, each)).toMatchObject(nothing);
        await hold('approved', each);
        await enter(database, each);
      }
      await tamper(`update app.approval_decision set assertion = ${text(signedYes(SECOND, { digest: other.digest, ...other.other! }))} where approval_id = '${other.approvalId}' and device_id = '${other.other!.deviceId}'`);
      for (const each of [goal, other]) await run(each, later(10));
      expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed' }]);
      expect(await seen(database, other)).toMatchObject(nothing);
      repository.git(repository.remote, 'branch', '-D', push.branch);
    });

    it('is carried out no sooner where somebody writes that it was begun', async () => {
      const goal = await highest();
      await tamper(...begun(goal));
      for (const options of [{}, later(9), { ...later(10), ...answering({ is: 'waits', why: 'notary_away' }) }]) {
        await run(goal, options);
        expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'started', attempts: 0 }], chain: [] });
        expect(branches()).toBe('');
      }
      await run(goal, later(10));
      expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed' }]);
      repository.git(repository.remote, 'branch', '-D', push.branch);
    });

    it('is refused where its manifest names no second person, or no time to wait', async () => {
      for (const over of [{ delaySeconds: '0' }, { delaySeconds: '599' }]) {
        const goal = await highest(over);
        await run(goal);
        await refused(goal, 'tier_unmet');
      }
      const alone = await approved({ tier: '3', delaySeconds: '600' });
      await run(alone);
      await refused(alone, 'tier_unmet');
    });
  });

  const unbegun: [string, string, (goal: Approved) => string[], Parameters<typeof aRunner>[2]?][] = [
    ['is held', 'approval_not_granted', ({ approvalId }) => [`update app.approval set state = 'held', held_for = 'approved', effective_at = now() + interval '10 minutes' where id = '${approvalId}'`]],
    ...['denied', 'withdrawn', 'expired'].map((state): (typeof unbegun)[number] => [`is ${state}`, 'approval_not_granted', ({ approvalId }) => [`update app.approval set state = '${state}' where id = '${approvalId}'`]]),
    ['is too old by its row', 'approval_expired', ({ approvalId }) => [`update app.approval set valid_until = '2000-01-01' where id = '${approvalId}'`]],
    ['has entries that say something else', 'entry_foreign', () => [], answering({ is: 'foreign' })],
  ];
  for (const [what, code, change, options] of unbegun) {
    it(`what ${what} is not carried out because somebody writes that it was begun: ${code}`, async () => {
      const goal = await approved();
      await tamper(...change(goal), ...begun(goal));
      await run(goal, options);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code, attempts: 0 }], chain: [`EFFECT-FAILED ${code}`] });
      expect(branches()).toBe('');
    });
  }

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
    const { teamId, approvalId, personId, deviceId, digest } = goal;
    await tamper(
      `insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) values ('${teamId}', '${uuidv7()}', '${approvalId}', 'approve', '\\x${digest}', '${personId}', '${deviceId}')`,
      ...begun(goal),
    );
    await run(goal);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'assertion_missing' }] });
    expect(branches()).toBe('');
  });
});
