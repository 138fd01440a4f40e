import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { expect } from 'expect';
import { pino } from 'pino';
import { sql } from '@countersign/database';
import { GateBench } from '../../testing/gate-bench.js';
import { readInForce, type InForce } from '../postgres/in-force.js';
import { readPolicyFolder } from './policy-files.js';
import { PolicyWatcher } from './policy-watcher.js';

const shipped = fileURLToPath(new URL('../../../../../policies', import.meta.url));
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

let folder: string;
const write = (path: string, text: string): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policies-'));
  write('spawn-policy.yaml', 'enabled: true\n');
  write('templates/a.yaml', 'templateID: a\nrole: worker\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a folder of policies', () => {
  it('is read whole, each file with the hash that anyone can compute', async () => {
    const { files, broken } = await readPolicyFolder(shipped);
    expect(broken).toEqual([]);
    expect(files.map(({ kind, id }) => `${kind}/${id}`)).toEqual(['approval-policy/approval-policy', 'certification/certification', 'price-table/price-table', 'spawn-policy/spawn-policy', 'team-policy/team-policy', ...['content-bot', 'doc-bot', 'email-bot', 'manager', 'patch-bot', 'seo-bot', 'social-bot', 'test-writer-bot'].map((id) => `template/${id}`), 'precedent-seed/GEN-002', 'way-of-working/helpdesk', 'way-of-working/manager']);
    for (const { hash, source } of files) expect([source, hash]).toEqual([source, sha256(readFileSync(join(shipped, source)))]);
  });

  it('reads templates as YAML and as JSON, as the original does', async () => {
    write('templates/b.json', '{"templateID": "b", "role": "tester"}');
    write('templates/c.yml', 'templateID: c\nrole: worker\n');
    write('templates/readme.md', 'not a template');
    expect((await readPolicyFolder(folder)).files.map(({ id }) => id)).toEqual(['spawn-policy', 'a', 'b', 'c']);
  });

  it('refuses a broken file with its place, and does not take what it stood for as taken away', async () => {
    write('templates/b.yaml', 'templateID: b\nrole: king\n');
    const { files, broken, complete } = await readPolicyFolder(folder);
    expect(files.map(({ id }) => id)).toEqual(['spawn-policy', 'a']);
    expect(broken.map(({ message }) => message)).toEqual(['templates/b.yaml:2:7 enum: must be one of orchestrator, delegator, worker, watcher, reviewer, tester, committer']);
    expect([...complete]).toEqual(['approval-policy', 'certification', 'price-table', 'spawn-policy', 'team-policy', 'precedent-seed', 'way-of-working']);
  });

  it('refuses a second template of the same id', async () => {
    write('templates/z.yaml', 'templateID: a\nrole: tester\n');
    expect((await readPolicyFolder(folder)).broken.map(({ message }) => message)).toEqual(['templates/z.yaml:1:1 unique-id: templates/a.yaml has the templateID a already']);
  });

  it('refuses a precedent or a way of working that is not called like the id in it', async () => {
    write('precedents/GEN-003.yaml', readFileSync(join(shipped, 'precedents/GEN-002.yaml'), 'utf8'));
    write('ways/manager.yaml', readFileSync(join(shipped, 'ways/manager.yaml'), 'utf8'));
    const { files, broken, complete } = await readPolicyFolder(folder);
    expect(broken.map(({ message }) => message)).toEqual(['precedents/GEN-003.yaml:1:1 file-name: is called GEN-003, but says that it is GEN-002']);
    expect([files.map(({ kind }) => kind), complete.has('precedent-seed')]).toEqual([['spawn-policy', 'template', 'way-of-working'], false]);
  });

  it('keeps the digest of each skill, and a new content is a new version', async () => {
    write('templates/a.yaml', 'templateID: a\nrole: worker\nskills: [{ path: skills/x.md }, { id: y }, { id: gone }]\n');
    write('skills/x.md', 'x');
    write('skills/y.md', 'y');
    const digestsOf = async () => (await readPolicyFolder(folder)).files[1]!;
    const first = await digestsOf();
    expect(first.doc).toMatchObject({ skill_digests: { 'path:skills/x.md': sha256('x'), 'id:y': sha256('y') } });
    expect(Object.keys((first.doc as { skill_digests: object }).skill_digests)).toHaveLength(2);
    write('skills/x.md', 'changed');
    expect((await digestsOf()).hash).not.toBe(first.hash);
  });

  it('never follows a skill out of the folder, by dots or by a link', async () => {
    const secret = join(tmpdir(), `secret-${process.pid}`);
    writeFileSync(secret, 'secret');
    write('skills/x.md', 'x');
    symlinkSync(secret, join(folder, 'skills', 'link.md'));
    write('templates/a.yaml', 'templateID: a\nrole: worker\nskills: [{ path: skills/link.md }, { path: ../../etc/hostname }, { path: . }]\n');
    const { files } = await readPolicyFolder(folder);
    rmSync(secret);
    expect((files[1]!.doc as { skill_digests: object }).skill_digests).toEqual({});
  });
});

describe('the policies in force', () => {
  let gate: GateBench;
  const lines: { level: string; msg: string }[] = [];
  const log = pino({ level: 'info', formatters: { level: (level) => ({ level }) } }, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
  before(async () => {
    gate = await GateBench.open();
  });
  after(() => gate.close());
  let watcher: PolicyWatcher;
  const start = async (): Promise<void> => {
    lines.length = 0;
    watcher = new PolicyWatcher(gate.store, folder, log);
    await watcher.onApplicationBootstrap();
  };
  afterEach(() => watcher.onApplicationShutdown());

  const inForce = (): Promise<InForce> => gate.db.as('spawn-gate').withPlatform((tx) => readInForce(tx));
  async function until(what: string, holds: (now: InForce) => boolean): Promise<InForce> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const now = await inForce();
      if (holds(now)) return now;
      if (Date.now() > deadline) throw new Error(`never: ${what}`);
    }
  }

  it('follow the files while the gate runs: changed, broken, repaired, taken away', async () => {
    write('spawn-policy.yaml', 'enabled: true\nmax_agents: 5\n');
    await start();
    const first = await inForce();
    expect(first).toMatchObject({ policy: { enabled: true, maxAgents: 5 }, templates: [{ id: 'a' }] });
    expect(first.hash).toBe(sha256('enabled: true\nmax_agents: 5\n'));

    write('spawn-policy.yaml', 'enabled: true\nmax_agents: 6\n');
    const second = await until('changed', ({ policy }) => policy?.maxAgents === 6);
    expect(second.version).toBe(first.version + 1);

    write('spawn-policy.yaml', 'enabled: true\nmax_agents: many\n');
    while (!lines.some(({ level }) => level === 'error')) await inForce();
    expect(lines.find(({ level }) => level === 'error')?.msg).toMatch('spawn-policy.yaml:2:13 type: must be integer');
    expect(await inForce()).toMatchObject({ version: second.version, policy: { maxAgents: 6 } });

    write('spawn-policy.yaml', 'enabled: true\nmax_agents: 7\n');
    write('templates/b.yaml', 'templateID: b\nrole: tester\n');
    await until('repaired', ({ policy, templates }) => policy?.maxAgents === 7 && templates.length === 2);

    unlinkSync(join(folder, 'spawn-policy.yaml'));
    unlinkSync(join(folder, 'templates', 'a.yaml'));
    const last = await until('taken away', ({ policy, templates }) => policy === undefined && templates.length === 1);
    expect(last).toMatchObject({ version: 0, hash: '', templates: [{ id: 'b' }] });
  });

  it('are written once, also when two gates start together, and each change is in the platform’s chain', async () => {
    await start();
    const others = [new PolicyWatcher(gate.store, folder, log), new PolicyWatcher(gate.store, folder, log)];
    await Promise.all(others.map((other) => other.refresh()));
    const versions = await gate.db.admin<{ n: number }>(`select count(*)::int as n from app.policy where kind = 'spawn-policy' and hash = $1`, [Buffer.from(sha256('enabled: true\n'), 'hex')]);
    expect(versions).toEqual([{ n: 1 }]);
    const entries = await gate.entries({ teamId: '00000000-0000-0000-0000-000000000000' as never }, 'POLICY-CHANGED');
    expect(entries.at(-1)?.body).toMatchObject({ policy: expect.stringMatching(/^(spawn-policy|template)\//), sha256: expect.any(String), replaced_sha256: expect.any(String) });
  });

  it('stay as they are when the folder cannot be read', async () => {
    await start();
    const before = await inForce();
    const lost = new PolicyWatcher(gate.store, join(folder, 'nowhere'), log);
    await lost.refresh();
    expect(await inForce()).toEqual(before);
    expect(lines.some(({ level, msg }) => level === 'error' && msg === 'policies could not be imported')).toBe(true);
  });

  it('cannot be changed or deleted, by the gate neither', async () => {
    await start();
    for (const statement of [sql`update app.policy set doc = '{}'`, sql`delete from app.policy`]) {
      const attempt = gate.db.as('spawn-gate').withPlatform(async (tx) => {
        tx.ledgerOnly();
        tx.write(statement);
      });
      await expect(attempt).rejects.toMatchObject({ code: 'not_permitted' });
    }
  });
});
