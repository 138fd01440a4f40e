import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InvalidInputError, PLATFORM_CHAIN, type AppliedPolicies, type ApplyPolicies, type ChangePolicy, type PolicyChanged, type SpawnPolicyFile, type TeamId, type TemplateFile } from '@countersign/contracts';
import { expect } from 'expect';
import { pino } from 'pino';
import { GateBench, shippedPolicy, type BenchTeam } from '../../testing/gate-bench.js';
import { PolicyWatcher } from '../files/policy-watcher.js';
import { PolicyDesk } from './policy-desk.js';

const HELPER: TemplateFile = { templateID: 'helper', role: 'worker', default_budget: { max_tokens: 100, max_steps: 2, max_tool_calls: 1, max_duration_ms: 1000, max_cost_usd: 0.01 }, capabilities: { tool_allowlist: ['read'] } };

/** Nothing here is refused for want of room. */
const PLENTY: SpawnPolicyFile = { ...shippedPolicy(), max_agents: 1000, max_concurrent: 1000 };

describe('what people change while the gate runs', { concurrency: 1 }, () => {
  let gate: GateBench;
  let folder: string;
  let desk: PolicyDesk;
  let watcher: PolicyWatcher;
  let team: BenchTeam;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edits-'));
    mkdirSync(join(folder, 'templates'));
    file('spawn-policy.yaml', PLENTY);
    file('templates/own.yaml', { ...HELPER, templateID: 'own' });
    for (const name of ['manager', 'doc-bot']) file(`templates/${name}.yaml`, { ...HELPER, templateID: name, role: name === 'manager' ? 'orchestrator' : 'worker' });
    gate = await GateBench.open();
    desk = new PolicyDesk(gate.database, gate.store, folder);
    watcher = new PolicyWatcher(gate.store, folder, pino({ level: 'silent' }));
    team = await gate.team(['certify']); // under what is shipped: nobody certifies by the files of this test
    await gate.certifiedWith(team, { tools: ['*'] });
    await watcher.refresh();
    await gate.move(team, 'deploy', team.asha);
  });
  after(async () => {
    await gate[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  function file(name: string, doc: object | null): void {
    if (doc === null) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), JSON.stringify(doc)); // JSON is YAML
  }
  const change = (wanted: Partial<ChangePolicy>, by = gate.gov): Promise<PolicyChanged> => desk.change({ by, kind: 'template', id: 'helper', change: 'put', ...wanted });
  const policy = (document: SpawnPolicyFile): Promise<PolicyChanged> => change({ kind: 'spawn-policy', id: 'spawn-policy', document });
  const codeOf = async (templateId: string): Promise<string> => (await gate.requestSpawn(team, { templateId })).code;
  const chain = () => gate.entries({ teamId: PLATFORM_CHAIN as unknown as TeamId }, 'POLICY-CHANGED');

  it('is in force at once: made, changed, taken back, each a version and an entry in the person’s name', async () => {
    expect(await codeOf('helper')).toBe('spawn_unknown_template');
    expect(await change({ document: HELPER })).toMatchObject({ ok: true, version: 1, document: HELPER });
    expect(await codeOf('helper')).toBe('ok');
    expect(await change({ change: 'patch', document: { role: 'tester', display_name: 'Helper' } })).toMatchObject({ ok: true, version: 2, document: { ...HELPER, role: 'tester', display_name: 'Helper' } });
    expect(await codeOf('helper')).toBe('spawn_role_mismatch');
    expect(await change({ change: 'drop' })).toMatchObject({ ok: true, version: 3 });
    expect(await codeOf('helper')).toBe('spawn_unknown_template');
    expect(await change({ change: 'drop' })).toMatchObject({ ok: false, code: 'template_not_found' });
    const mine = (await chain()).filter(({ body }) => body['policy'] === 'template/helper');
    expect(mine.map(({ body }) => body['version'])).toEqual(['1', '2', '3']);
    expect(mine.map((entry) => (entry as unknown as { actor: { kind: string } }).actor.kind)).toEqual(['person', 'person', 'person']);
  });

  it('is for the platform governor alone, and nobody becomes one by saying so', async () => {
    const before = (await chain()).length;
    for (const by of [team.asha, gate.ops, gate.genesis, { ...team.asha, roles: ['platform_governor'] }]) {
      for (const wanted of [{ document: HELPER }, { change: 'drop' as const, id: 'doc-bot' }, { kind: 'spawn-policy' as const, id: 'spawn-policy', change: 'drop' as const }]) expect(await change(wanted, by)).toMatchObject({ ok: false, code: 'not_permitted' });
    }
    expect((await chain()).length).toBe(before);
  });

  it('takes nothing that could not stand in a file', async () => {
    const before = (await chain()).length;
    const broken: Partial<ChangePolicy>[] = [
      { document: { templateID: 'helper', role: 'king' } },
      { document: { ...HELPER, templateID: 'other' } },
      { document: { ...HELPER, secret: 1 } },
      { document: {} },
      { id: 'doc-bot', change: 'patch', document: { templateID: 'helper' } },
      { id: 'doc-bot', change: 'patch', document: { capabilities: { fs_scopes: { read: ['/etc'] } } } },
      { kind: 'spawn-policy', id: 'spawn-policy', document: { enabled: 'maybe' } },
      { kind: 'spawn-policy', id: 'another', document: shippedPolicy() },
    ];
    for (const wanted of broken) await expect(change(wanted)).rejects.toBeInstanceOf(InvalidInputError);
    expect((await chain()).length).toBe(before);
    expect(await codeOf('doc-bot')).toBe('ok');
  });

  it('denies everything while the policy is taken away, and allows again when it is back', async () => {
    expect(await change({ kind: 'spawn-policy', id: 'spawn-policy', change: 'drop' })).toMatchObject({ ok: true });
    expect(await codeOf('doc-bot')).toBe('spawn_policy_missing');
    await watcher.refresh();
    expect(await codeOf('doc-bot')).toBe('spawn_policy_missing');
    await policy(PLENTY);
    expect(await codeOf('doc-bot')).toBe('ok');
  });

  it('lets the last change win: an old file undoes nothing, a new one does, and so does its end', async () => {
    const fresh = (): Promise<void> => new PolicyWatcher(gate.store, folder, pino({ level: 'silent' })).refresh(); // a gate that starts now
    await change({ id: 'own', change: 'patch', document: { role: 'tester' } });
    await change({ document: HELPER });
    await fresh();
    expect([await codeOf('own'), await codeOf('helper')]).toEqual(['spawn_role_mismatch', 'ok']);
    file('templates/own.yaml', { ...HELPER, templateID: 'own', display_name: 'From the file' });
    await fresh();
    expect(await codeOf('own')).toBe('ok');
    await change({ id: 'own', change: 'drop' });
    await fresh();
    expect(await codeOf('own')).toBe('spawn_unknown_template');
    file('templates/own.yaml', null);
    await fresh();
    file('templates/own.yaml', { ...HELPER, templateID: 'own', display_name: 'From the file' });
    await fresh();
    expect(await codeOf('own')).toBe('ok');
    file('templates/own.yaml', null);
    await fresh();
    expect([await codeOf('own'), await codeOf('helper')]).toEqual(['spawn_unknown_template', 'ok']);
  });

  it('judges each template by the content that its own version was made with', async () => {
    const skills = [{ path: 'skills/z.md' }];
    const digestHeld = async (templateId: string): Promise<unknown> => (await gate.instance((await gate.requestSpawn(team, { templateId })).instanceId!))!['skills'];
    mkdirSync(join(folder, 'skills'));
    writeFileSync(join(folder, 'skills', 'z.md'), 'one');
    await change({ change: 'patch', document: { skills } });
    writeFileSync(join(folder, 'skills', 'z.md'), 'two');
    for (const templateID of ['a-file', 'z-file']) file(`templates/${templateID}.yaml`, { ...HELPER, templateID, skills });
    await watcher.refresh();
    const held = (text: string) => [{ file: 'skills/z.md', sha256: createHash('sha256').update(text).digest('hex') }];
    expect([await digestHeld('a-file'), await digestHeld('helper'), await digestHeld('z-file')]).toEqual([held('two'), held('one'), held('two')]);
    await change({ change: 'patch', document: { skills: [] } });
  });

  it('loses no change when two come at once, and refuses one that was made from an older version', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name, index) => change({ change: 'patch', document: [{ display_name: name }, { avatar_url: name }, { system_prompt: name }, { default_model: { name } }][index]! })));
    const [row] = await gate.db.admin<{ doc: object; version: number }>(`select doc, version from app.policy where kind = 'template' and id = 'helper' order by version desc limit 1`);
    expect(row!.doc).toMatchObject({ display_name: 'a', avatar_url: 'b', system_prompt: 'c', default_model: { name: 'd' } });
    expect(await change({ change: 'patch', document: { display_name: 'late' }, ifVersion: row!.version - 1 })).toMatchObject({ ok: false, code: 'stale_version' });
    expect(await change({ change: 'patch', document: { display_name: 'a' }, ifVersion: row!.version })).toMatchObject({ ok: true, version: row!.version }); // says what is there: no version
  });

  describe('several at once', () => {
    const revision = async (): Promise<number> => (await gate.db.admin<{ n: number }>(`select count(*)::int as n from app.policy where kind in ('spawn-policy', 'template')`))[0]!.n;
    const template = (templateID: string, more: Partial<TemplateFile> = {}) => ({ kind: 'template' as const, document: { ...HELPER, templateID, ...more } });
    const apply = async (documents: ApplyPolicies['documents'], more: Partial<ApplyPolicies> = {}): Promise<AppliedPolicies> => desk.apply({ by: gate.gov, documents, ifRevision: await revision(), ...more });

    it('puts all in force in one transaction, or says what would change and writes nothing', async () => {
      const [before, entries] = [await revision(), (await chain()).length];
      const three = [template('one'), template('two'), { kind: 'spawn-policy' as const, document: { ...PLENTY, max_depth: 3 } }];
      expect(await apply(three, { dryRun: true })).toMatchObject({ ok: true, revision: before, applied: [{ id: 'one', version: 1, changed: true }, { id: 'two', changed: true }, { id: 'spawn-policy', changed: true }] });
      expect([await revision(), (await chain()).length]).toEqual([before, entries]);
      expect(await apply(three)).toMatchObject({ ok: true, revision: before + 3, applied: [{ id: 'one', version: 1 }, { id: 'two', version: 1 }, { id: 'spawn-policy' }] });
      expect([await codeOf('one'), await codeOf('two'), (await chain()).length]).toEqual(['ok', 'ok', entries + 3]);
      const rows = await gate.db.admin<{ n: number }>(`select count(distinct p.xmin::text)::int as n from app.policy p where p.id in ('one', 'two') or (p.kind = 'spawn-policy' and p.version = (select max(version) from app.policy where kind = 'spawn-policy'))`);
      expect(rows).toEqual([{ n: 1 }]);
      expect(await apply(three)).toMatchObject({ ok: true, revision: before + 3, applied: [{ changed: false }, { changed: false }, { changed: false }] });
    });

    it('keeps none where the second is invalid, there twice, or cannot be written', async () => {
      const before = await revision();
      for (const second of [template('four', { role: 'king' as never }), template('three'), { kind: 'spawn-policy' as const, document: { enabled: 'maybe' } }]) {
        const attempt = apply([template('three'), second]);
        await expect(attempt).rejects.toBeInstanceOf(InvalidInputError);
        await expect(attempt).rejects.toMatchObject({ violations: [expect.objectContaining({ pointer: expect.stringMatching(/^\/documents\/1\/document/) })] });
      }
      await gate.db.admin(`create function public.no_policy() returns trigger language plpgsql as $f$ begin if new.kind = 'spawn-policy' then raise exception 'the disk is full'; end if; return new; end $f$;
        create trigger no_policy before insert on app.policy for each row execute function public.no_policy()`);
      try {
        await expect(apply([template('three'), { kind: 'spawn-policy', document: { ...PLENTY, max_depth: 2 } }])).rejects.toThrow();
      } finally {
        await gate.db.admin('drop trigger no_policy on app.policy; drop function public.no_policy()');
      }
      expect(await revision()).toBe(before);
      expect(await codeOf('three')).toBe('spawn_unknown_template');
    });

    it('is refused where another governor changed the policy or any template since, also at the same moment', async () => {
      const seen = await revision();
      await change({ id: 'two', document: { ...HELPER, templateID: 'two', display_name: 'By another' } });
      expect(await apply([template('three')], { ifRevision: seen })).toMatchObject({ ok: false, code: 'stale_version' });
      await policy({ ...PLENTY, max_depth: 6 });
      expect(await apply([template('three')], { ifRevision: seen + 1 })).toMatchObject({ ok: false, code: 'stale_version' });
      const together = await Promise.all(['five', 'six', 'seven'].map((id) => apply([template(id), template(`${id}-b`)], { ifRevision: seen + 2 })));
      expect(together.map(({ code }) => code).sort()).toEqual(['ok', 'stale_version', 'stale_version']);
      expect(await revision()).toBe(seen + 4);
    });

    it('takes no customer’s cap away unless that is said', async () => {
      const capped = { ...PLENTY, customer_total_budget: { max_tokens: 5_000_000, max_cost_usd: 90 }, customer_budgets: { [team.asha.customerId]: { max_steps: 9 } } };
      await policy(capped);
      const [before, entries] = [await revision(), (await chain()).length];
      const project = [template('three'), { kind: 'spawn-policy' as const, document: PLENTY }];
      for (const more of [{}, { dryRun: true }]) {
        const reply = await apply(project, more);
        expect(reply).toMatchObject({ ok: false, code: 'customer_budgets_lost', message: expect.stringContaining(`/customer_total_budget/max_tokens, /customer_total_budget/max_cost_usd, /customer_budgets/${team.asha.customerId}/max_steps`) });
      }
      expect([await revision(), (await chain()).length]).toEqual([before, entries]);
      expect(await apply([{ kind: 'spawn-policy', document: { ...capped, max_depth: 2 } }])).toMatchObject({ ok: true });
      expect(await apply(project, { dropCustomerBudgets: true })).toMatchObject({ ok: true, applied: [{ id: 'three' }, { changed: true }] });
    });

    it('is for the platform governor alone', async () => {
      for (const by of [team.asha, gate.ops, gate.genesis]) expect(await apply([template('three')], { by })).toMatchObject({ ok: false, code: 'not_permitted' });
      await policy(PLENTY);
    });
  });

  it('allows nothing by a row that nobody can read', async () => {
    const garble = (kind: string, id: string, doc: object) => gate.db.admin(`insert into app.policy (kind, id, version, doc, hash, source) select $1::text, $2::text, max(version) + 1, $3, $4, 'attack' from app.policy where kind = $1 and id = $2`, [kind, id, JSON.stringify(doc), Buffer.alloc(32, 9)]);
    await garble('template', 'doc-bot', { templateID: 'doc-bot', role: 'worker', capabilities: { tool_allowlist: '*' } });
    expect(await codeOf('doc-bot')).toBe('spawn_unknown_template');
    for (const doc of [{ enabled: 'yes', spawn_edges: 7 }, { enabled: true, spawn_edges: { operator: { behavior: 'allow' } } }, []]) {
      await garble('spawn-policy', 'spawn-policy', doc);
      expect(await codeOf('helper')).toBe('spawn_policy_missing');
    }
  });
});
