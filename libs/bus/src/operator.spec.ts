import { decode, parseCreds, type User as UserClaims } from '@nats-io/jwt';
import { expect } from 'expect';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { allowList } from './allow-list.js';
import { publicKeyOf } from './credentials.js';
import { USERS } from './names.js';
import { createOperator, type Operator } from './operator.js';
import { natsConfig } from './server-config.js';

describe('the operator', () => {
  let dir: string;
  let operator: Operator;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'countersign-operator-'));
    operator = await createOperator(dir);
  });
  after(() => rmSync(dir, { recursive: true }));
  const creds = (user: (typeof USERS)[number]): string => readFileSync(operator.credsFile(user), 'utf8');

  it('keeps every key readable by its owner alone', () => {
    for (const file of ['operator.nk', 'system.nk', 'core.nk', ...USERS.map((user) => join('creds', `${user}.creds`))]) {
      expect([file, statSync(join(dir, file)).mode & 0o777]).toEqual([file, 0o600]);
    }
    expect(statSync(dir).mode & 0o077 & statSync(join(dir, 'creds')).mode).toBe(0);
  });

  it('gives each user the allow-list of the contracts, signed by the core account', async () => {
    for (const user of USERS) {
      const { uc, aid } = await parseCreds(Buffer.from(creds(user)));
      expect(publicKeyOf(creds(user))).toBe(uc.sub);
      expect(uc).toMatchObject({ name: user, nats: { pub: { allow: allowList(user).publish }, sub: { allow: allowList(user).subscribe }, bearer_token: false } });
      expect(aid).toBe(operator.coreAccount.publicKey);
    }
  });

  it('finds its keys and leaves good credentials alone when it is called again', async () => {
    const before = USERS.map(creds);
    const again = await createOperator(dir);
    expect(USERS.map(creds)).toEqual(before);
    expect(again.coreAccount.publicKey).toBe(operator.coreAccount.publicKey);
  });

  it("issues a user's credentials anew when its rights have changed or its file is broken", async () => {
    const other = creds('fleet');
    writeFileSync(operator.credsFile('notary'), 'garbage');
    writeFileSync(operator.credsFile('executor'), other);
    await createOperator(dir);
    for (const user of ['notary', 'executor'] as const) expect((await parseCreds(Buffer.from(creds(user)))).uc.name).toBe(user);
    expect(creds('fleet')).toBe(other);
  });

  it('writes a server configuration that listens on loopback only and trusts only this operator', () => {
    const text = natsConfig({ operator, port: 4222, storeDir: '/tmp/with "quotes"' });
    expect(text).toContain('host: 127.0.0.1\nport: 4222\n');
    expect(text).toContain('store_dir: "/tmp/with \\"quotes\\""');
    expect(text).not.toMatch(/http|websocket|mqtt|leafnodes|gateway|cluster|no_auth_user/);
    expect(text).not.toMatch(/sync_interval|log_?file/);
    const logging = (version: string): string => natsConfig({ operator, port: 4222, storeDir: '/x', logFile: '/log/nats.log', version });
    expect(logging('2.9.10')).toContain('log_file: "/log/nats.log"');
    // what a version does not know, it does not start with
    expect(['2.9.10', '2.10.0', '2.12.15', '3.0'].map((version) => [/logfile_max_num: 5/.test(logging(version)), /logtime_utc: true/.test(logging(version))])).toEqual([[false, false], [true, true], [true, true], [true, true]]);
    expect(natsConfig({ operator, port: 4222, storeDir: '/x', version: 'nats-server: v2.14.3' })).toContain('sync_interval: always');
    expect(decode<UserClaims>(operator.coreAccount.jwt)).toMatchObject({ sub: operator.coreAccount.publicKey, nats: { type: 'account' } });
  });
});
