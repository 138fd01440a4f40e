import { effectKey, type OutgoingEffect } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { MailServerDouble, testDatabase, WebhookReceiver, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { aMail, anEgress, aPost, keepSecret, MAILED, POSTED } from '../testing/outgoing.js';
import { aKeyring, aRunner, aSettler, SHORT, type Outside } from '../testing/runner.js';
import { anApprovedGoal, aRepository, removeRepository, seen, type Approved, type Repository } from '../testing/scene.js';
import type { Milestone } from './effect-runner.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('what leaves for other people', () => {
  let database: TestDatabase;
  let receiver: WebhookReceiver;
  let mail: MailServerDouble;
  let repository: Repository;
  before(async () => {
    [database, receiver, mail] = await Promise.all([testDatabase(), WebhookReceiver.start(), MailServerDouble.start()]);
    repository = aRepository();
    keepSecret(repository.home);
  });
  after(async () => {
    if (repository) removeRepository(repository);
    await Promise.all([database?.close(), receiver?.[Symbol.asyncDispose](), mail?.[Symbol.asyncDispose]()]);
  });
  beforeEach(() => {
    for (const list of [receiver.acted, receiver.heard, receiver.requests, receiver.faults, mail.taken, mail.faults]) list.length = 0;
    receiver.statusFault = undefined;
  });

  const goal = (effect: OutgoingEffect): Promise<Approved> => anApprovedGoal(database, repository, effect, { files: effect.kind === 'http.post' ? POSTED : MAILED });
  const outside = (status = true): Outside => ({ egress: anEgress({ status }), wire: receiver.wire, smtpUrl: mail.url, limits: SHORT });
  const runner = (status = true, options = {}) => aRunner(database.as('executor'), { ...repository, outside: outside(status) }, { log: silent, pause: () => Promise.resolve(), ...options });
  /** Stops at the same point inside this process: the same rows and the same sink, in less time. */
  const stopped = ({ teamId, approvalId }: Approved, status: boolean, at: Milestone): Promise<boolean> => {
    const passed = (milestone: Milestone): void => {
      if (milestone === at) throw new Error('stopped here');
    };
    return runner(status, { passed }).run(teamId, approvalId);
  };
  /** Nobody who began can be at it any more. */
  const later = ({ teamId }: Approved): Promise<unknown> => database.admin(`update app.effect set begun_at = begun_at - interval '1 minute' where team_id = $1 and state = 'started'`, [teamId]);
  const done = async (by: Approved, status = true): Promise<Awaited<ReturnType<typeof seen>>> => {
    await runner(status).run(by.teamId, by.approvalId);
    return seen(database, by);
  };
  const sink = (effect: OutgoingEffect): number => (effect.kind === 'http.post' ? receiver.heard.length : mail.taken.length);

  it('is left alone while whoever began may still hear the answer', async () => {
    const one = await goal(aMail());
    await stopped(one, false, 'begun');
    await runner(false).run(one.teamId, one.approvalId);
    expect(await seen(database, one)).toMatchObject({ effects: [{ state: 'started', attempts: 1 }], told: [] });
  });

  it('is not sent again because somebody writes into its row that nothing was', async () => {
    for (const effect of [aPost(), aMail()]) {
      const one = await goal(effect);
      await stopped(one, false, 'acted');
      await database.admin(`update app.effect set attempts = 0, begun_at = null where team_id = $1`, [one.teamId]);
      expect([await done(one, false), sink(effect)]).toMatchObject([{ effects: [{ state: 'unknown' }], told: ['unknown'] }, 1]);
    }
  });

  it('that surely did not leave is sent after a restart', async () => {
    mail.faults.push('later');
    const one = await goal(aMail());
    const pause = (): Promise<void> => Promise.reject(new Error('stopped here'));
    await runner(false, { pause }).run(one.teamId, one.approvalId);
    expect([await seen(database, one), mail.taken]).toMatchObject([{ effects: [{ state: 'started', attempts: 0 }] }, []]);
    expect([await done(one, false), mail.taken.length]).toMatchObject([{ effects: [{ state: 'executed' }], told: ['executed'] }, 1]);
    // and not before the other side wants it: it said in a second, and the test says how long that is
    receiver.faults.push('later');
    const post = await goal(aPost());
    await runner(false, { pause: () => database.admin(`update app.effect set not_before = not_before + interval '1 hour' where team_id = $1`, [post.teamId]).then(pause) }).run(post.teamId, post.approvalId);
    expect([await done(post, false), receiver.requests.length]).toMatchObject([{ effects: [{ state: 'started', attempts: 0 }] }, 1]);
    // nor is it looked for until then, however many wait
    const found = async (): Promise<string[]> => (await database.as('executor').ops<{ team_id: string; approval_id: string }>('open_effects')).filter(({ team_id }) => team_id === post.teamId).map(({ approval_id }) => approval_id);
    await database.admin(`do $$ begin set local session_replication_role = replica; insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key, started_at, not_before)
      select '${post.teamId}', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'http.post', 'started', 'k', '2026-01-01', now() + interval '1 hour' from generate_series(1, 100); end $$`);
    expect(await found()).toEqual([]);
    await database.admin(`update app.effect set not_before = not_before - interval '2 hours' where team_id = $1 and approval_id = $2`, [post.teamId, post.approvalId]);
    expect(await found()).toEqual([post.approvalId]);
    await database.admin(`delete from app.effect where team_id = $1 and idempotency_key = 'k'`, [post.teamId]);
    expect(await done(post, false)).toMatchObject({ effects: [{ state: 'executed' }], told: ['executed'] });
  });

  describe('is not sent once its yes is good no more, when nothing of it was', () => {
    const lapse = ({ approvalId }: Approved, until: string): Promise<unknown> => database.admin(`update app.approval set valid_until = $2 where id = $1`, [approvalId, until]);
    const lost = ({ deviceId }: Approved): Promise<unknown> => database.admin(`update app.device set removed_at = now() where id = $1`, [deviceId]);
    for (const [what, code, happens, afterMs] of [
      ['too late by its row', 'approval_expired', (one: Approved) => lapse(one, '2000-01-01'), 0],
      ['too late by what was signed', 'assertion_late', (one: Approved) => lapse(one, '2100-01-01'), 3_600_000],
      ['its device lost', 'key_ended', lost, 0],
    ] as const) {
      it(`${what}: ${code}`, async () => {
        const keyring = aKeyring(database.as('executor'), repository, { now: () => Date.now() + afterMs });
        for (const [effect, status] of [[aMail(), false], [aPost(), false], [aPost(), true]] as const) {
          const [unsent, gone] = [await goal(effect), await goal(effect)];
          await stopped(unsent, status, 'used');
          await stopped(gone, status, 'acted');
          for (const one of [unsent, gone]) await happens(one);
          await later(gone);
          for (const one of [unsent, gone]) await runner(status, { keyring }).run(one.teamId, one.approvalId);
          expect([effect.kind, await seen(database, unsent), await seen(database, gone)]).toMatchObject([effect.kind, { effects: [{ state: 'failed', code }], told: ['failed'] }, { effects: [{ state: status ? 'executed' : 'unknown' }] }]);
        }
        expect([mail.taken.length, receiver.heard.length]).toEqual([1, 2]);
      });
    }

    it('also while the other side puts it off', async () => {
      mail.faults.push('later');
      const one = await goal(aMail());
      await runner(false, { pause: () => lapse(one, '2000-01-01') }).run(one.teamId, one.approvalId);
      expect([await seen(database, one), mail.taken.length]).toMatchObject([{ effects: [{ state: 'failed', code: 'approval_expired' }], told: ['failed'] }, 0]);
    });
  });

  describe('whose answer comes while the database is away', () => {
    /** A database that can be taken away, and the executor that goes on living meanwhile. */
    const flaky = (status: boolean) => {
      const connected = { is: true };
      const real = database.as('executor');
      const withTeam: Database['withTeam'] = (...asked) => (connected.is ? real.withTeam(...asked) : Promise.reject(new Error('the database is gone')));
      const passed = (milestone: Milestone): void => {
        if (milestone === 'begun') connected.is = false;
      };
      const executor = aRunner(Object.assign(Object.create(real) as Database, { withTeam }), { ...repository, outside: outside(status) }, { log: silent, passed });
      return { connected, run: ({ teamId, approvalId }: Approved): Promise<boolean> => executor.run(teamId, approvalId) };
    };
    for (const [what, effect, fault, end, sent] of [
      ['a yes of a mail server', aMail(), undefined, { state: 'executed', receipt: expect.objectContaining({ status: '250' }) }, 1],
      ['a yes of a receiver', aPost(), undefined, { state: 'executed', receipt: expect.objectContaining({ status: '202' }) }, 1],
      ['a no of a mail server', aMail(), () => mail.faults.push('refuse'), { state: 'failed', code: 'mail_refused' }, 0],
      ['a no of a receiver', aPost(), () => receiver.faults.push('refuse'), { state: 'failed', code: 'post_refused' }, 0],
    ] as const) {
      it(`is recorded with it when it is back: ${what}`, async () => {
        fault?.();
        const one = await goal(effect);
        const { connected, run } = flaky(false);
        expect([await run(one), await run(one)]).toEqual([false, false]);
        connected.is = true;
        await later(one);
        expect([await run(one), await seen(database, one), sink(effect)]).toMatchObject([true, { effects: [{ ...end, attempts: 1 }], told: [end.state] }, sent]);
      });
    }
  });

  it('is begun by one of sixteen executors that come at once', async () => {
    for (const effect of [aPost(), aMail()]) {
      const one = await goal(effect);
      await stopped(one, false, 'started');
      await Promise.all(Array.from({ length: 16 }, () => runner(false).run(one.teamId, one.approvalId)));
      expect([await seen(database, one), sink(effect)]).toMatchObject([{ effects: [{ state: 'executed', attempts: 1 }], told: ['executed'] }, 1]);
    }
  });

  it('is recorded with what the other side said of it, and with nobody’s address', async () => {
    const [post, letter] = [await goal(aPost()), await goal(aMail())];
    expect((await done(post)).effects).toMatchObject([{ state: 'executed', receipt: { webhook_id: `msg_${effectKey(post.approvalId)}`, status: '202', bytes: '12' } }]);
    expect((await done(letter)).effects).toMatchObject([{ state: 'executed', receipt: { message_id: `<${effectKey(letter.approvalId)}@chai.test>`, status: '250' } }]);
    const chain = await database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1`, [letter.teamId]);
    expect(chain.map(({ payload }) => payload.toString()).join('')).not.toMatch(/asha@|ravi@/);
  });

  for (const [what, effect, status, fault, end, sent] of [
    ['an answer lost by a receiver that can be asked', aPost(), true, () => receiver.faults.push('lost'), { state: 'executed' }, 1],
    ['an answer lost by one that cannot', aPost(), false, () => receiver.faults.push('lost'), { state: 'unknown', code: 'answer_lost' }, 1],
    ['an answer lost by a mail server', aMail(), false, () => mail.faults.push('lost'), { state: 'unknown', code: 'answer_lost' }, 1],
    ['a broken receiver that can be asked', aPost(), true, () => receiver.faults.push('broken', 'broken-after'), { state: 'executed' }, 1],
    ['a broken one that cannot', aPost(), false, () => receiver.faults.push('broken'), { state: 'unknown', code: 'answer_lost' }, 0],
    ['a receiver whose status address is broken', aPost(), true, () => { receiver.faults.push('lost'); receiver.statusFault = 500; }, { state: 'failed', code: 'remote_silent' }, 0],
    ['one that cannot, and says "later" twice', aPost(), false, () => receiver.faults.push('later', 'later'), { state: 'executed', attempts: 1 }, 1],
    ['one that cannot, and is in conflict', aPost(), false, () => receiver.faults.push('conflict'), { state: 'unknown', code: 'answer_lost' }, 1],
    ['a receiver that says no', aPost(), false, () => receiver.faults.push('refuse'), { state: 'failed', code: 'post_refused' }, 0],
    ['a mail server that says no', aMail(), false, () => mail.faults.push('refuse'), { state: 'failed', code: 'mail_refused' }, 0],
    ['a mail server that says "later" twice', aMail(), false, () => mail.faults.push('later', 'later'), { state: 'executed', attempts: 1 }, 1],
  ] as const) {
    it(`after ${what}: ${end.state}, sent ${sent} times`, async () => {
      fault();
      const one = await goal(effect);
      expect(await done(one, status)).toMatchObject({ effects: [end], told: [end.state] });
      expect(sink(effect)).toBe(sent);
    });
  }

  it('is not sent by a team that was stopped, and unknown where it was on its way', async () => {
    const [early, late] = [await goal(aMail()), await goal(aMail())];
    await stopped(early, false, 'started');
    await stopped(late, false, 'begun');
    await database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = any ($1)`, [[early.teamId, late.teamId]]);
    await later(late);
    expect([(await done(early)).effects, (await done(late)).effects, mail.taken]).toMatchObject([[{ state: 'failed', code: 'stale_epoch' }], [{ state: 'unknown' }], []]);
  });

  it('is not sent once the operator has taken the host back, or the bytes are no longer the approved ones', async () => {
    const [back, changed, none] = [await goal(aPost()), await goal(aPost()), await goal(aPost())];
    for (const one of [back, changed]) await stopped(one, true, 'started');
    await database.admin(`update app.artifact set content = 'evil', sha256 = sha256('evil') where team_id = $1`, [changed.teamId]);
    const nowhere = { ...repository, outside: { ...outside(), egress: { customers: [] } } };
    for (const one of [back, none]) await aRunner(database.as('executor'), nowhere, { log: silent }).run(one.teamId, one.approvalId);
    expect([(await seen(database, back)).effects, await seen(database, none), (await done(changed)).effects]).toMatchObject([
      [{ state: 'failed', code: 'effect_not_allowed' }], { effects: [{ state: 'refused', code: 'effect_not_allowed' }], used: 0 }, [{ state: 'failed', code: 'digest_mismatch' }],
    ]);
    expect(receiver.heard).toEqual([]);
  });

  it('that is unknown is settled by another look where there is one, and by a person’s word where there is none', async () => {
    const [post, letter] = [await goal(aPost()), await goal(aMail())];
    receiver.faults.push('lost');
    mail.faults.push('lost');
    for (const one of [post, letter]) await done(one, false);
    const settle = ({ teamId, approvalId, customerId, personId }: Approved, outcome: 'look' | 'executed', settlementId: string) =>
      aSettler(database.as('executor'), { ...repository, outside: outside() }).settle({ teamId, approvalId, settlementId, by: { personId, customerId, roles: ['customer_governor'] }, outcome, reason: 'it is in my inbox' });
    expect(await settle(post, 'look', post.goalId)).toBe('executed');
    expect([await settle(letter, 'look', letter.goalId), await settle(letter, 'executed', letter.goalId)]).toEqual(['unknown', 'executed']);
    expect([receiver.heard.length, mail.taken.length]).toEqual([1, 1]);
  });
});
