import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { OnCommand } from '@countersign/bus';
import { pinKeys, PinKeys, type ApprovalChallenge, type ApprovalDetail, type ApproverKeyPage, type ApproverKeyView, type Device, type Me, type PasskeyWish, type PinReply } from '@countersign/contracts';
import { authenticatorDataOf, challengeOf, fromBase64url, makeSigningKey, ofText, proveKey, signAssertion, signYes, toBase64url, vouchPreimage, type SigningKey } from '@countersign/contracts/assertions';
import { createService, es256 } from '@countersign/service';
import { Authenticator, forgeries, honest, serviceEnv } from '@countersign/testing';
import { Controller, Module } from '@nestjs/common';
import { expect } from 'expect';
import { approvalOf, seedProposal, seedTeamOf } from '../../testing/seed-work.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';

describe('keys that sign approvals', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let me: Me;
  let deviceId: string;
  const post = (route: string, body: object = {}, persona = 'asha'): Promise<Answer> => gateway.call(persona, 'POST', route, { body });
  const ask = async <T>(route: string, body: object = {}): Promise<T> => (await post(route, body)).body as T;
  before(async () => {
    const fast = { burst: 100_000, perSecond: 100_000 };
    gateway = await startGateway({ personRate: fast, strangerRate: fast });
    deviceId = await gateway.device('asha');
    me = (await gateway.call('asha', 'GET', '/v1/me')).body as Me;
  });
  after(() => gateway.close());

  const enrolled = async (authenticator: Authenticator): Promise<ApproverKeyView> => (await post('/v1/passkeys/registration/verify', authenticator.make(await ask<PasskeyWish>('/v1/passkeys/registration')))).body as ApproverKeyView;
  const asked = async (tier: number): Promise<ApprovalDetail> => {
    const team = await seedTeamOf(gateway.database, 'asha');
    await gateway.database.admin(`update app.team set bundle = jsonb_set(bundle, '{approval,tier}', to_jsonb($2::int)) where team_id = $1`, [team.teamId, tier]);
    const id = await approvalOf(gateway.database, await seedProposal(gateway.database, team));
    const shown = await gateway.call('asha', 'GET', `/v1/approvals/${id}`);
    expect(shown).toMatchObject({ status: 200 });
    return shown.body as ApprovalDetail;
  };
  const approve = ({ id, digest, version }: ApprovalDetail, assertion?: object, more: object = {}): Promise<Answer> => gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'approve', digest, ...(assertion ? { assertion } : {}), ...more }, headers: { 'if-match': `"${version}"` } });
  const challengeFor = ({ id }: ApprovalDetail): Promise<ApprovalChallenge> => ask(`/v1/approvals/${id}/challenge`);
  const enrolBody = async (key: SigningKey, over: object = {}) => ({ kind: 'device', publicKey: toBase64url(key.publicKey), proof: await proveKey(key, { customerId: me.customer!.id, personId: me.personId }, { ...me.signing, ...over }) });
  const approveWith = async (authenticator: Authenticator, approval: ApprovalDetail): Promise<Answer> => {
    const given = await challengeFor(approval);
    return approve(approval, { ...authenticator.get(await challengeOf(approval.digest, given)), nonce: given.nonce });
  };
  /** What the executor, which is not there, would say of all keys. */
  const confirm = (): Promise<unknown> => gateway.database.admin('update app.approver_key set effective_from = now(), highest_from = now() where effective_from is null');
  const browserKey = async (confirmed = true): Promise<{ key: SigningKey; view: ApproverKeyView }> => {
    const key = await makeSigningKey({ extractable: false });
    const answer = await post(`/v1/devices/${deviceId}/keys`, await enrolBody(key));
    expect(answer.status).toBe(201);
    if (confirmed) await confirm();
    return { key, view: answer.body as ApproverKeyView };
  };

  const addressOf = async (id: string): Promise<string> => (await gateway.database.admin<{ address: string }>('select address from app.device where id = $1', [id]))[0]!.address;

  /** Makes one of the personas a member of Asha's customer. */
  const asColleague = (login: string, roles = ['customer_governor']): Promise<unknown> => gateway.database.admin('update app.person set customer_id = $2, roles = $3 where login = $1', [login, me.customer!.id, roles]);

  it('are enrolled by who holds them, once, and written down', async () => {
    const { key, view } = await browserKey(false);
    expect(view).toMatchObject({ deviceId, kind: 'device', credentialId: toBase64url(es256.sha256(key.publicKey)), effectiveFrom: null });
    expect(await post(`/v1/devices/${deviceId}/keys`, await enrolBody(key))).toMatchObject({ status: 201, body: view });
    expect((await gateway.call('asha', 'GET', '/v1/keys')).body as InstanceType<typeof ApproverKeyPage>).toMatchObject({ items: expect.arrayContaining([view]) });
    const called = (name: string): Promise<unknown> => gateway.database.admin('update app.approver_key set credential_id = $2 where id = $1', [view.id, name]);
    await called('renamed');
    expect(await post(`/v1/devices/${deviceId}/keys`, await enrolBody(key))).toMatchObject({ status: 201, body: { id: view.id } }); // it is the same by whatever name
    await called(view.credentialId);
    const entries = await gateway.database.admin<{ body: object }>(`select convert_from(payload, 'UTF8')::jsonb -> 'body' as body from audit.entry where convert_from(payload, 'UTF8')::jsonb ->> 'action' = 'KEY-CREATED'`);
    expect(entries.map(({ body }) => body)).toContainEqual(expect.objectContaining({ key_id: view.id, kind: 'device', credential_id: view.credentialId }));
  });

  it('are refused to who does not hold them, and on devices that are not theirs', async () => {
    const [mine, other] = [await makeSigningKey({ extractable: false }), await makeSigningKey({ extractable: false })];
    const body = await enrolBody(mine);
    for (const bad of [{ ...body, publicKey: toBase64url(other.publicKey) }, { ...body, publicKey: toBase64url(mine.publicKey.subarray(1)) }, await enrolBody(mine, { origin: 'https://evil.test' }), await enrolBody(mine, { rpId: 'evil.test' })]) {
      expect(await post(`/v1/devices/${deviceId}/keys`, bad)).toMatchObject({ status: 422, body: { code: 'key_invalid' } });
    }
    expect(await post(`/v1/devices/${randomUUID()}/keys`, body)).toMatchObject({ status: 404 });
    expect(await post(`/v1/devices/${deviceId}/keys`, body, 'ben')).toMatchObject({ status: 404 });
    expect(await post(`/v1/devices/${deviceId}/keys`, { ...body, kind: 'passkey' })).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
  });

  it('are for who approves: nobody else takes the place of the first', async () => {
    const keys = (): Promise<{ id: string }[]> => gateway.database.admin('select id from app.approver_key');
    const before = (await keys()).length;
    await asColleague('architect', []);
    const device = { name: 'Phone', platform: 'cli', address: randomUUID() };
    const { id } = (await post('/v1/devices', device, 'architect')).body as Device;
    const theirs = (await gateway.call('architect', 'GET', '/v1/me')).body as Me;
    const key = await makeSigningKey({ extractable: false });
    const body = { kind: 'device', publicKey: toBase64url(key.publicKey), proof: await proveKey(key, { customerId: me.customer!.id, personId: theirs.personId }, me.signing) };
    const forbidden = { status: 403, body: { code: 'forbidden' } };
    expect(await post(`/v1/devices/${id}/keys`, body, 'architect')).toMatchObject(forbidden);
    expect(await post('/v1/devices', { ...device, address: randomUUID(), key: body }, 'architect')).toMatchObject(forbidden);
    expect(await post('/v1/passkeys/registration', {}, 'architect')).toMatchObject(forbidden);
    expect(await post('/v1/passkeys/registration/verify', new Authenticator(me.signing).make({ challenge: toBase64url(new Uint8Array(32)) } as PasskeyWish), 'architect')).toMatchObject(forbidden);
    expect(await post(`/v1/keys/${randomUUID()}/vouch`, body.proof, 'architect')).toMatchObject(forbidden);
    expect(await keys()).toHaveLength(before);
    expect((await gateway.call('architect', 'GET', '/v1/devices')).body).toMatchObject({ items: [{ id }] });
    await asColleague('architect');
    expect(await post(`/v1/devices/${id}/keys`, body, 'architect')).toMatchObject({ status: 201 });
  });

  it('sign a yes over a challenge that counts once, on their device', async () => {
    const { key } = await browserKey();
    const [approval, second] = [await asked(1), await asked(1)];
    expect(await approve(approval)).toMatchObject({ status: 422, body: { code: 'assertion_missing', current: { state: 'pending' } } });
    const challenge = await challengeFor(approval);
    expect(challenge.challenge).toBe(toBase64url(await challengeOf(approval.digest, challenge)));
    const yes = await signYes(key, approval.digest, challenge, me.signing);
    expect(await approve(second, yes)).toMatchObject({ status: 422, body: { code: 'challenge_unknown' } });
    expect(await approve(approval, { ...yes, signature: (await signYes(key, second.digest, challenge, me.signing)).signature })).toMatchObject({ status: 422, body: { code: 'assertion_invalid', fault: 'signature_wrong' } });
    expect(await approve(approval, yes)).toMatchObject({ status: 201, body: { state: 'approved' } });
    expect(await gateway.database.admin(`select assertion ->> 'kind' as kind from app.approval_decision where approval_id = $1`, [approval.id])).toEqual([{ kind: 'device' }]);
    expect(await gateway.database.admin(`select 1 from app.approval_challenge where approval_id = $1`, [approval.id])).toEqual([]);
  });

  it('count from when the executor says, and the person is told', async () => {
    const { key, view } = await browserKey();
    const approval = await asked(1);
    await gateway.database.admin(`update app.approver_key set effective_from = '2100-01-01' where id = $1`, [view.id]);
    const yes = await signYes(key, approval.digest, await challengeFor(approval), me.signing);
    expect(await approve(approval, yes)).toMatchObject({ status: 422, body: { code: 'key_not_in_effect', effectiveFrom: '2100-01-01T00:00:00.000Z' } });
  });

  it('sign nothing before the executor has confirmed them, which is asked again; the signature then stands', async () => {
    const { key, view } = await browserKey(false);
    const approval = await asked(1);
    const yes = await signYes(key, approval.digest, await challengeFor(approval), me.signing);
    const early = await approve(approval, yes);
    expect(early).toMatchObject({ status: 503, body: { code: 'key_not_confirmed', detail: 'the executor has not confirmed this device yet; try again in a moment', current: { state: 'pending' } } });
    expect(early.headers.get('retry-after')).toBe('1');
    expect(await gateway.database.admin('select 1 from app.approval_challenge where approval_id = $1', [approval.id])).toHaveLength(1);
    const said = async (): Promise<unknown> => ((await gateway.call('asha', 'GET', '/v1/keys')).body as InstanceType<typeof ApproverKeyPage>).items.find(({ id }) => id === view.id)!.effectiveFrom;
    expect(await said()).toBeNull();
    @Controller()
    class Executor {
      @OnCommand(pinKeys)
      pin(_: PinKeys): Promise<PinReply> {
        return Promise.resolve({ ok: true, code: 'ok', message: '', keys: [{ keyId: view.id, effectiveFrom: Date.now() - 1_000, highestFrom: Date.now() - 1_000 }] });
      }
    }
    @Module({ controllers: [Executor] })
    class Confirming {}
    const executor = await createService({ service: 'executor', module: Confirming, env: serviceEnv('executor', gateway) });
    try {
      await until(async () => (await said()) !== null, 'who looks at their keys is told'); // without having to sign anything
      await until(async () => (await approve(approval, yes)).status === 201, 'the approve');
    } finally {
      await executor.close();
    }
  });

  it('are vouched for by another of the same person', async () => {
    const [old, fresh] = [await browserKey(), await browserKey()];
    const challenge = es256.sha256(vouchPreimage({ keyHash: Buffer.from(es256.sha256(fresh.key.publicKey)).toString('hex'), customerId: me.customer!.id, personId: me.personId, deviceId }));
    const vouch = await signAssertion(old.key, challenge, me.signing);
    expect(await post(`/v1/keys/${old.view.id}/vouch`, vouch)).toMatchObject({ status: 422, body: { code: 'assertion_invalid' } });
    expect(await post(`/v1/keys/${fresh.view.id}/vouch`, await signAssertion(fresh.key, challenge, me.signing))).toMatchObject({ status: 422, body: { code: 'assertion_invalid' } });
    expect(await post(`/v1/keys/${randomUUID()}/vouch`, vouch)).toMatchObject({ status: 404 });
    expect(await post(`/v1/keys/${fresh.view.id}/vouch`, vouch, 'ben')).toMatchObject({ status: 404 });
    expect(await post(`/v1/keys/${fresh.view.id}/vouch`, vouch)).toMatchObject({ status: 200, body: { id: fresh.view.id } });
    expect(await gateway.database.admin(`select vouch ->> 'credentialId' as by from app.approver_key where id = $1`, [fresh.view.id])).toEqual([{ by: old.view.credentialId }]);
  });

  it('are passkeys where others will see what is done, and an authenticator that was copied is noticed', async () => {
    const { key } = await browserKey();
    const approval = await asked(2);
    const challenge = await challengeFor(approval);
    expect(challenge).toMatchObject({ tier: 2, deviceCounts: true, credentials: [] });
    expect(await approve(approval, await signYes(key, approval.digest, challenge, me.signing))).toMatchObject({ status: 422, body: { code: 'key_unfit' } });
    const authenticator = new Authenticator(me.signing);
    const wish = await ask<PasskeyWish>('/v1/passkeys/registration');
    const made = authenticator.make(wish);
    expect(await post('/v1/passkeys/registration/verify', made)).toMatchObject({ status: 201, body: { kind: 'passkey', deviceId } });
    expect(await post('/v1/passkeys/registration/verify', made)).toMatchObject({ status: 422, body: { code: 'challenge_unknown' } });
    expect(await ask<PasskeyWish>('/v1/passkeys/registration')).toMatchObject({ excludeCredentials: [toBase64url(ofText('credential'))] });
    await confirm();
    expect(await approveWith(authenticator, approval)).toMatchObject({ status: 201 });
    authenticator.goBack();
    expect(await approveWith(authenticator, await asked(2))).toMatchObject({ status: 422, body: { code: 'assertion_invalid', fault: 'counter_back' } });
  });

  it('and were copied raise an alarm, on record and by every way of their person’s, once a day', async () => {
    const admin = <R extends object>(text: string, values: unknown[] = []) => gateway.database.admin<R>(text, values);
    await admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, '{"email": "asha@chai.test", "phone": "+14155550100"}', 1)`, [me.customer!.id, me.personId]);
    const authenticator = new Authenticator(me.signing, 'copied credential');
    const { id, credentialId } = await enrolled(authenticator);
    await confirm();
    const alarms = async (): Promise<object[]> => admin(`select convert_from(payload, 'UTF8')::jsonb -> 'body' ->> 'credential_id' as "credentialId" from audit.entry where convert_from(payload, 'UTF8')::jsonb ->> 'action' = 'KEY-COPY-SUSPECTED' and convert_from(payload, 'UTF8')::jsonb -> 'body' ->> 'key_id' = $1`, [id]);
    const told = async (): Promise<string[]> => (await admin<{ so: string }>(`select concat_ws(' ', channel, about) as so from app.account_notice where kind = 'key_copied' and person_id = $1 order by 1`, [me.personId])).map(({ so }) => so);
    expect(await approveWith(authenticator, await asked(2))).toMatchObject({ status: 201 });
    await admin(`delete from app.account_notice where kind = 'key_copied'`); // of the one before
    const clone = async (): Promise<void> => {
      authenticator.goBack();
      expect(await approveWith(authenticator, await asked(2))).toMatchObject({ status: 422, body: { fault: 'counter_back' } });
    };
    await clone();
    await clone();
    expect([await alarms(), await told()]).toEqual([[{ credentialId }], ['email Test phone', 'fcm Test phone', 'sms Test phone']]);
    await admin(`update app.approver_key set copy_noted_at = copy_noted_at - interval '25 hours' where id = $1`, [id]);
    await clone();
    expect([(await alarms()).length, (await told()).length]).toEqual([2, 6]);
  });

  it('say no more than that they signed out of turn, which two tabs do as well: what came late is refused, and signs when it is asked anew', async () => {
    const authenticator = new Authenticator(me.signing, 'one of two tabs');
    await enrolled(authenticator);
    await confirm();
    const [one, two] = [await asked(2), await asked(2)];
    const [forOne, forTwo] = [await challengeFor(one), await challengeFor(two)];
    const late = authenticator.get(await challengeOf(one.digest, forOne));
    expect(await approve(two, { ...authenticator.get(await challengeOf(two.digest, forTwo)), nonce: forTwo.nonce })).toMatchObject({ status: 201 });
    // a copy, for which a question was kept ready, would come just so: that it was asked earlier excuses nothing
    expect(await approve(one, { ...late, nonce: forOne.nonce })).toMatchObject({ status: 422, body: { code: 'assertion_invalid', fault: 'counter_back' } });
    expect(await approveWith(authenticator, one)).toMatchObject({ status: 201 });
  });

  it('sign nothing with one thing wrong about it, whatever it is', async () => {
    const authenticator = new Authenticator(me.signing, 'forged credential');
    await enrolled(authenticator);
    await confirm();
    expect(await approveWith(authenticator, await asked(2))).toMatchObject({ status: 201 });
    const approval = await asked(2);
    const given = await challengeFor(approval);
    const challenge = await challengeOf(approval.digest, given);
    const { signer } = authenticator;
    for (const [what, fault, assertion] of forgeries(signer, challenge)) {
      const { status, body } = await approve(approval, { ...assertion, nonce: given.nonce });
      const { code, fault: found } = body as { code: string; fault?: string };
      // What is no base64url, or nothing, the body's own rules refuse already.
      expect([what, status, code === 'invalid_input' && found === undefined ? fault : found]).toEqual([what, 422, fault]);
    }
    expect(await approve(approval, { ...honest(signer, challenge), nonce: given.nonce })).toMatchObject({ status: 201 });
  });

  it('are not moved by what comes with a no, nor by a colleague', async () => {
    const authenticator = new Authenticator(me.signing, 'second credential');
    const { credentialId } = await enrolled(authenticator);
    await confirm();
    await asColleague('guardian');
    await gateway.device('guardian');
    const dataOf = (bytes: Uint8Array): object => ({ credentialId, authenticatorData: toBase64url(bytes), clientDataJSON: toBase64url(ofText('{}')), signature: toBase64url(ofText('none')), nonce: toBase64url(new Uint8Array(32)) });
    for (const bytes of [authenticatorDataOf(new Uint8Array(32), 0, 0xffffffff), new Uint8Array(5)]) {
      for (const [persona, decision] of [['guardian', 'deny'], ['guardian', 'request_changes'], ['asha', 'deny']] as const) {
        const { id, digest, version } = await asked(1);
        expect(await gateway.call(persona, 'POST', `/v1/approvals/${id}/decision`, { body: { decision, digest, reason: 'no', assertion: dataOf(bytes) }, headers: { 'if-match': `"${version}"` } })).toMatchObject({ status: 201 });
      }
    }
    expect(await approveWith(authenticator, await asked(2))).toMatchObject({ status: 201 });
  });

  it('that are passkeys are vouched for by a passkey alone, with its person verified', async () => {
    const own = await browserKey();
    const [one, two] = ['vouching', 'vouched'].map((name) => new Authenticator(me.signing, name)) as [Authenticator, Authenticator];
    const [, made] = [await enrolled(one), await enrolled(two)];
    const challenge = es256.sha256(vouchPreimage({ keyHash: made.keySha256, customerId: me.customer!.id, personId: me.personId, deviceId }));
    expect(await post(`/v1/keys/${made.id}/vouch`, await signAssertion(own.key, challenge, me.signing))).toMatchObject({ status: 422, body: { code: 'key_unfit' } });
    const vouch = one.get(challenge);
    for (let times = 0; times < 2; times++) expect(await post(`/v1/keys/${made.id}/vouch`, vouch)).toMatchObject({ status: 200, body: { id: made.id } }); // whose answer was lost
    one.goBack();
    expect(await post(`/v1/keys/${made.id}/vouch`, one.get(challenge))).toMatchObject({ status: 422, body: { fault: 'counter_back' } });
  });

  it('sign at the highest tier where they are on one device alone, and change nothing by themselves', async () => {
    const synced = new Authenticator(me.signing, 'on many devices', true);
    await enrolled(synced);
    const approval = await asked(3);
    expect(await approveWith(synced, approval)).toMatchObject({ status: 422, body: { code: 'key_unfit' } });
    const { key } = await browserKey();
    const sign = async ({ digest }: ApprovalDetail): Promise<object> => signYes(key, digest, await challengeFor(approval), me.signing);
    expect(await approve(approval, await sign(approval))).toMatchObject({ status: 201, body: { state: 'pending', effectiveAt: null, validUntil: null } });
    const again = { ...approval, version: approval.version + 1 };
    expect(await approve(again, await sign(again))).toMatchObject({ status: 409, body: { code: 'already_counted' } });
  });

  it('sign on every device of their person’s where they may be synchronised, and else on the one they were made on', async () => {
    const [synced, bound] = [new Authenticator(me.signing, 'follows its person', true), new Authenticator(me.signing, 'stays here')];
    const names = [(await enrolled(synced)).credentialId, (await enrolled(bound)).credentialId];
    await confirm();
    expect(await approveWith(synced, await asked(2))).toMatchObject({ status: 201 });
    await ask<Device>('/v1/devices', { name: 'Second phone', platform: 'cli', address: randomUUID() });
    const approval = await asked(2);
    const { deviceId: second, deviceCounts, credentials } = await challengeFor(approval);
    const offered = credentials.map(({ credentialId }) => credentialId);
    expect([deviceCounts, ...names.map((name) => offered.includes(name))]).toEqual([false, true, false]);
    expect(await approveWith(synced, approval)).toMatchObject({ status: 422, body: { code: 'assertion_invalid', fault: 'device_unknown' } });
    const own = await makeSigningKey({ extractable: false });
    expect(await post(`/v1/devices/${second}/keys`, await enrolBody(own))).toMatchObject({ status: 201 });
    await gateway.database.admin(`update app.approver_key set effective_from = '2100-01-01', highest_from = '2100-01-03' where device_id = $1`, [second]);
    expect(await challengeFor(approval)).toMatchObject({ deviceCounts: false, credentials: expect.arrayContaining([expect.objectContaining({ credentialId: names[0] })]) });
    expect(await approveWith(synced, approval)).toMatchObject({ status: 422, body: { code: 'key_not_in_effect', effectiveFrom: '2100-01-01T00:00:00.000Z' } });
    await gateway.database.admin('update app.approver_key set effective_from = now() where device_id = $1', [second]);
    expect(await challengeFor(approval)).toMatchObject({ deviceCounts: true });
    expect(await approveWith(bound, approval)).toMatchObject({ status: 422, body: { code: 'assertion_invalid', fault: 'credential_unknown' } });
    expect(await approveWith(synced, approval)).toMatchObject({ status: 201 });
    const undoable = await asked(3);
    expect(await approve(undoable, await signYes(own, undoable.digest, await challengeFor(undoable), me.signing))).toMatchObject({ status: 422, body: { code: 'key_not_in_effect', effectiveFrom: '2100-01-03T00:00:00.000Z' } });
    await ask<Device>('/v1/devices', { name: 'First phone', platform: 'fcm', address: await addressOf(deviceId) });
    await gateway.call('asha', 'DELETE', `/v1/devices/${second}`);
  });

  it('sign faster than anybody reads: that is measured here, said to the person’s screen, and told to the customer’s governors once a day', async () => {
    const { key } = await browserKey();
    await confirm();
    const hasty = async (): Promise<boolean> => ((await gateway.call('asha', 'GET', '/v1/me')).body as Me).hasty;
    const approveUnread = async (more: object = {}): Promise<string> => {
      const approval = await asked(1);
      expect((await post(`/v1/approvals/${approval.id}/seen`, { digest: approval.digest })).status).toBe(204);
      expect(await approve(approval, await signYes(key, approval.digest, await challengeFor(approval), me.signing), more)).toMatchObject({ status: 201 });
      await gateway.database.admin(`update app.approval_seen s set first_at = d.at - interval '400 milliseconds' from app.approval_decision d where d.approval_id = s.approval_id and s.approval_id = $1`, [approval.id]); // on a slow machine too
      return approval.id;
    };
    const undone = await approveUnread({ holdSeconds: 30 });
    expect((await post(`/v1/approvals/${undone}/decision/undo`)).status).toBe(200);
    for (let n = 1; n < 10; n++) await approveUnread();
    const told = () => gateway.database.admin<{ about: string; way: string }>(`select about, concat_ws(' ', person_id, channel, device_id) as way from app.account_notice where kind = 'approves_hastily'`);
    expect([await hasty(), await told()]).toEqual([false, []]); // nine say nothing yet, nor with one that was taken back
    await approveUnread();
    await approveUnread();
    await approveUnread();
    await until(async () => (await told()).length > 0, 'it is told');
    const notices = await told();
    expect([await hasty(), new Set(notices.map(({ about }) => about))]).toEqual([true, new Set([me.displayName])]);
    expect([notices.some(({ way }) => way.startsWith(me.personId)), new Set(notices.map(({ way }) => way)).size]).toEqual([true, notices.length]); // once by each way of each governor, though it was found more than once
    expect(((await gateway.call('gov', 'GET', '/v1/me')).body as Me).hasty).toBe(false);
    await gateway.database.admin(`update app.approval_seen set first_at = first_at - interval '1 minute'`);
    expect(await hasty()).toBe(false);
  });

  it('end with their device', async () => {
    const { key } = await browserKey();
    const approval = await asked(1);
    const challenge = await challengeFor(approval);
    const [{ id: newDevice }] = [await ask<Device>('/v1/devices', { name: 'Other', platform: 'cli', address: randomUUID() })];
    expect((await challengeFor(approval)).deviceId).toBe(newDevice);
    const yes = await signYes(key, approval.digest, challenge, me.signing);
    expect(await approve(approval, yes)).toMatchObject({ status: 422, body: { code: 'challenge_unknown' } });
    await gateway.call('asha', 'DELETE', `/v1/devices/${deviceId}`);
    expect((await gateway.call('asha', 'GET', '/v1/keys')).body).toEqual({ items: [], nextCursor: null });
    expect(fromBase64url(challenge.nonce)).toHaveLength(32);
  });
});
