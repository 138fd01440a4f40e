import type { ApprovalDetail } from '@countersign/contracts';
import { LocalStack, policyWith, timed, until } from '@countersign/testing';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import ts from 'typescript';
import { approve, goalStatus, submitGoal, untilGoal, waitingApproval } from '../stack/goals.js';
import { asked, assigned, began, byDora, byTess, carriedOut, expectTrail, good, submitted } from '../simulation/lines.js';
import { linesOf, type Expected, type Keyed, type Named } from '../simulation/trail.js';
import { LISTED, MEMBERS_FIELDS, membersFields, misnamed, unmetOf, type StoredEntry } from '../stack/checklist.js';
import { repositoryOf, sampleRepository, type SampleRepository } from '../stack/sample-repository.js';

/** A package to work on: published with its sources and its tests (MIT), already installed. */
const PACKAGE = 'json-schema-ref-resolver';
const TESTS = ['anchor', 'collisions', 'deref-schema', 'get-deref-schema', 'get-schema', 'get-schema-dependencies', 'get-schema-refs', 'has-schema'].map((name) => `test/${name}.test.js`);

const BRIEF = `# Spring tea box

Brand: Chai & Co
Product: the spring tea box
Audience: people who drink tea at work
Offer: 20% off the first box until 30 April 2027
Link: https://chai.example/spring

- Six teas from Assam and Nilgiri
- ₹499 a month, cancel whenever you like
`;

const entriesOf = async (stack: LocalStack, team: string): Promise<StoredEntry[]> =>
  (await stack.sql<{ payload: Buffer }>('select payload from audit.entry where team_id = $1 order by seq', [team])).map(({ payload }) => JSON.parse(payload.toString('utf8')) as StoredEntry);

/** The package as a person would have it: a checkout with its dependencies installed and a remote. */
function realPackage(): SampleRepository {
  const source = dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  const files = Object.fromEntries(
    readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(source, path), readFileSync(path, 'utf8')];
    }),
  );
  const manifest = JSON.parse(files['package.json']!) as { scripts: Record<string, string> };
  manifest.scripts['test'] = `node --test ${TESTS.join(' ')}`;
  const repository = repositoryOf({ ...files, 'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`, '.gitignore': 'node_modules\n' });
  const installed = dirname(createRequire(join(source, 'index.js')).resolve('dequal/package.json'));
  mkdirSync(join(repository.folder, 'node_modules'));
  cpSync(installed, join(repository.folder, 'node_modules', 'dequal'), { recursive: true });
  return repository;
}

describe('the main job on a real repository', () => {
  let stack: LocalStack;
  let team: string;
  /** Trees of the first goal: in the remote, and in the manifest. */
  let pushed = '';
  let approved = '';
  /** The first goal's approval. */
  let first = '';

  before(async () => {
    stack = await LocalStack.start();
    team = (await stack.json<{ id: string }>('team', 'hire', 'code-care', '--mode', 'production')).id; // a trial ends before this journey does
    await stack.json('team', 'certify', team);
    await stack.json('team', 'deploy', team);
    await stack.sql(policyWith('team-policy', ['escalation', 'contextBytes'], 1));
  });
  after(() => stack.close());

  const askHelpdesk = (text: string): Promise<Response> =>
    stack.fetch('asha', `/v1/teams/${team}/helpdesk/messages`, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }, body: JSON.stringify({ text }) });

  it('documents and tests a published package; the result parses and its own tests still pass', async () => {
    const repository = realPackage();
    const untouched = fingerprint(repository.folder);
    await stack.post('asha', `/v1/teams/${team}/workspace`, { name: 'Style', content: 'Be brief.' }); // its members get it with their work
    const words = await stack.json<{ id: string }>('message', 'send', 'Mind the examples.', '--to', 'Dora', '--team', team);
    const goal = await submitGoal(stack, team, repository);
    const { id } = await waitingApproval(stack, goal);
    first = id;
    const manifest = (await (await stack.fetch('asha', `/v1/approvals/${id}/manifest`)).json()) as { effects: { params: { tree: string } }[] };
    await stack.json('approvals', 'approve', id, '--yes');
    await untilGoal(stack, goal, 'done');
    [pushed, approved] = [repository.remoteTree(goal.branch), manifest.effects[0]!.params.tree];
    // a shipped bot was given what a person wrote to it, and showed it to its model
    expect(await stack.json('message', 'list', '--team', team)).toMatchObject([{ id: words.id, receipts: [{ member: { name: 'Dora' }, state: 'read', deliveredTo: expect.stringMatching(/^ins_/) }] }]);

    const result = mkdtempSync(join(tmpdir(), 'countersign-result-'));
    execFileSync('git', ['-c', 'safe.directory=*', 'clone', '-q', '-b', goal.branch, repository.remote, result]);
    const changed = execFileSync('git', ['-C', result, 'diff', '--name-only', repository.base, 'HEAD'], { encoding: 'utf8' }).trim().split('\n');
    expect(changed).toContain('index.js');
    for (const path of changed) expect([path, problemsOf(join(result, path))]).toEqual([path, []]);
    cpSync(join(repository.folder, 'node_modules'), join(result, 'node_modules'), { recursive: true });
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const output = execFileSync(process.execPath, ['--test', '--test-reporter=tap', ...TESTS], { cwd: result, encoding: 'utf8', env });
    expect(output).toMatch(/# pass [1-9]\d+\n# fail 0/);
    expect(fingerprint(repository.folder)).toBe(untouched);
    expect(repository.pushes()).toHaveLength(1);
  });

  it('pushes exactly the tree whose manifest was approved', () => {
    expect(approved).toMatch(/^[0-9a-f]{40,64}$/);
    expect(pushed).toBe(approved);
  });

  it('leaves the trail that is promised, of its real members as of those that the simulations play', async () => {
    const members = await stack.sql<Named & { files: number }>(`select m.id, m.name, count(f.id)::int as files from app.member m left join app.worker_run r on r.member_id = m.id left join app.draft d on d.run_id = r.id left join app.artifact f on f.draft_id = d.id where m.team_id = $1 group by m.id, m.name`, [team]);
    const files = (name: string): number => members.find((member) => member.name === name)!.files;
    const entries = await entriesOf(stack, team);
    // of what the checklist names; whether the manager sees a member at work before it has handed in is the clock's
    const listed = (line: string): boolean => line !== began && LISTED.has(line.split(' ')[0]!);
    const each = [byDora, byTess].map((piece) => good(piece, files(piece[0])));
    const tasks = await stack.sql<Keyed>(`select id, key from app.task where team_id = $1`, [team]);
    const trail: Expected = [...submitted, ...assigned(byDora, byTess), { together: each }, ...asked, ...carriedOut];
    expectTrail(linesOf(entries.slice(entries.findIndex(({ action }) => action === 'GOAL-SUBMITTED')), members, tasks).filter(listed), trail.flatMap((step) => (typeof step !== 'string' ? { together: step.together.map((strand) => strand.filter(listed)) } : listed(step) ? step : [])));
  });

  it('turns a brief into a campaign: four files in one folder, byte for byte as they were approved', async () => {
    const repository = repositoryOf({ 'brief.md': BRIEF });
    const goal = await submitGoal(stack, await stack.activeTeam('asha', 'trial', 'digital-marketing'), repository, 'The spring campaign');
    const { id, checks } = await waitingApproval(stack, goal);
    expect(checks.map(({ passed }) => passed)).toEqual(Array(8).fill(true));
    const manifest = (await (await stack.fetch('asha', `/v1/approvals/${id}/manifest`)).json()) as { artifacts: { path: string; sha256: string }[]; effects: { params: { kind: string; folder: string } }[] };
    const [{ params }] = manifest.effects as [{ params: { kind: string; folder: string } }];
    const folder = join(stack.home, 'published', params.folder);
    expect([params.kind, existsSync(folder)]).toEqual(['file.publish', false]);
    await stack.json('approvals', 'approve', id, '--yes');
    await untilGoal(stack, goal, 'done');
    const published = manifest.artifacts.map(({ path }) => [path, createHash('sha256').update(readFileSync(join(folder, path))).digest('hex')]);
    expect(published).toEqual(manifest.artifacts.map(({ path, sha256 }) => [path, sha256]));
    expect(published.map(([path]) => path)).toEqual(['article', 'email', 'search', 'social'].map((name) => `campaign/${name}.md`));
    expect(repository.pushes()).toEqual([]);
  });

  it('shows of a file that two members changed one after the other all that is changed in it, and pushes just that', async () => {
    const path = 'src/loyalty.js';
    const broken = `const EVERY = 10;\nexport function drinksOnTheHouse(drinks, drinksBefore) {\n  return Math.floor((drinks + drinksBefore - 1) / EVERY);\n}\n`;
    const suite = `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { drinksOnTheHouse } from '../src/loyalty.js';\ntest('the tenth is free', () => {\n  assert.equal(drinksOnTheHouse(1, 9), 1);\n  assert.equal(drinksOnTheHouse(10, 0), 1);\n});\ntest('nothing is given twice', () => {\n  assert.equal(drinksOnTheHouse(1, 10), 0);\n  assert.equal(drinksOnTheHouse(2, 10), 0);\n});\n`;
    const repository = repositoryOf({ 'package.json': '{ "name": "till", "type": "module", "scripts": { "test": "node --test" } }\n', [path]: broken, 'test/loyalty.test.js': suite });
    const repair = join(mkdtempSync(join(tmpdir(), 'countersign-repair-')), 'repair.json');
    const right = 'Math.floor((drinks + drinksBefore) / EVERY) - Math.floor(drinksBefore / EVERY)';
    writeFileSync(repair, JSON.stringify({ check: 'node --test', candidates: [{ path, find: 'Math.floor((drinks + drinksBefore - 1) / EVERY)', replace: right }] }));
    const goal = await submitGoal(stack, team, repository, 'Mend the discount and document it', '--repair', repair);
    const { id, artifacts } = await waitingApproval(stack, goal);
    const both = artifacts.find((file) => file.path === path)!;
    const read = async (url: string): Promise<string> => (await stack.fetch('asha', url)).text();
    expect(await read(both.baseContentUrl!)).toBe(broken);
    expect(await read(both.contentUrl!)).toMatch(/\/\*\*[^]+@param[^]+Math\.floor\(drinksBefore \/ EVERY\)/);
    await approve(stack, id);
    await untilGoal(stack, goal, 'done');
    expect(repository.pushes()).toHaveLength(1);
  });

  it('refuses to push when somebody with full access to the database changed an approved byte, and says so in the chain', async () => {
    const repository = sampleRepository();
    // a team of its own: what happened stops it
    const changed = await stack.activeTeam('asha', 'production');
    const goal = await submitGoal(stack, changed, repository);
    const approval = await waitingApproval(stack, goal);
    await stack.sql(`update app.artifact set content = content || '// and a back door'::bytea where id = $1`, [approval.artifacts[0]!.id]);
    await approve(stack, approval.id);
    const failed = await untilGoal(stack, goal, 'failed');
    expect(failed.effect).toMatchObject({ state: 'refused' });
    expect(repository.pushes()).toEqual([]);
    const refusals = (await entriesOf(stack, changed)).filter(({ action }) => action === 'EFFECT-REFUSED');
    expect(refusals.map(({ body }) => body['code'])).toEqual(['digest_mismatch']);
  });

  it('pushes nothing that was denied, and records the reason only as a commitment', async () => {
    const repository = sampleRepository();
    const goal = await submitGoal(stack, team, repository);
    const approval = await waitingApproval(stack, goal);
    await stack.json('approvals', 'deny', approval.id, '--reason', 'not the words we use here');
    await untilGoal(stack, goal, 'denied');
    expect(repository.pushes()).toEqual([]);
    const chain = JSON.stringify(await entriesOf(stack, team));
    expect(chain).toContain('MOBILE-APPROVAL-DENIED');
    expect(chain).not.toContain('not the words we use here');
  });

  it('asks nobody any more once the goal is cancelled', async () => {
    const repository = sampleRepository();
    const goal = await submitGoal(stack, team, repository);
    const approval = await waitingApproval(stack, goal);
    await stack.json('goal', 'cancel', goal.id, '--reason', 'no longer needed');
    await until('approval withdrawn', async () => (await stack.get<ApprovalDetail>('asha', `/v1/approvals/${approval.id}`)).state === 'withdrawn');
    expect((await stack.cli('approvals', 'approve', approval.id, '--yes')).code).not.toBe(0);
    expect(repository.pushes()).toEqual([]);
  });

  it('goes back with what should change, and is asked again for the new revision', async () => {
    const repository = sampleRepository();
    const goal = await submitGoal(stack, team, repository);
    const first = await waitingApproval(stack, goal);
    await stack.json('approvals', 'changes', first.id, '--reason', 'please look once more');
    const second = await until('a second approval', async () => {
      const { approval } = await goalStatus(stack, goal);
      return approval !== null && approval.id !== first.id && approval.state === 'pending' && approval;
    });
    expect((await stack.get<ApprovalDetail>('asha', `/v1/approvals/${first.id}`)).state).toBe('changes_requested');
    await approve(stack, second.id);
    await untilGoal(stack, goal, 'done');
    expect(repository.pushes()).toHaveLength(1);
  });

  it('stops a suspended team at once, lets the helpdesk answer, and finishes its goals after reactivation', async () => {
    const [waiting, working] = [sampleRepository(), sampleRepository()];
    const asked = await submitGoal(stack, team, waiting);
    const pending = await waitingApproval(stack, asked);
    const goal = await submitGoal(stack, team, working);
    await until('a worker runs', async () => (await goalStatus(stack, goal)).tasks.some(({ run }) => run?.state === 'running'));
    await until('it is a process in its sandbox', () => stack.below('fleet').length > 1);

    await stack.json('team', 'suspend', team, '--reason', 'looks wrong to me');
    const running = async (): Promise<number> => (await stack.sql<{ n: number }>(`select count(*)::int as n from app.worker_run where team_id = $1 and state = 'running'`, [team]))[0]!.n;
    const { tookMs, lostMs } = await timed(() => until('workers gone', async () => (await running()) === 0), running);
    expect(tookMs - lostMs).toBeLessThan(2_000); // of the machine's own time
    await until('their processes gone', () => stack.below('fleet').length === 0);
    await until('approval withdrawn', async () => (await stack.get<ApprovalDetail>('asha', `/v1/approvals/${pending.id}`)).state === 'withdrawn');
    expect((await stack.cli('approvals', 'approve', pending.id, '--yes')).code).not.toBe(0);
    const answer = await askHelpdesk('What happens with my goal now?');
    expect(answer.status).toBe(201);
    expect(((await answer.json()) as { answer: string }).answer.length).toBeGreaterThan(20);

    await stack.json('team', 'reactivate', team);
    for (const each of [asked, goal]) await approve(stack, (await waitingApproval(stack, each)).id);
    await Promise.all([untilGoal(stack, asked, 'done'), untilGoal(stack, goal, 'done')]);
    expect([...waiting.pushes(), ...working.pushes()]).toHaveLength(2);
    const actions = (await entriesOf(stack, team)).map(({ action }) => action);
    for (const action of ['TEAM-SUSPENDED', 'HELPDESK-ACTIVATED', 'APPROVAL-WITHDRAWN', 'HELPDESK-INTERACTION', 'HELPDESK-DEACTIVATED', 'TEAM-REACTIVATED']) expect(actions).toContain(action);
    const silent = await askHelpdesk('Hello?');
    expect([silent.status, ((await silent.json()) as { code: string }).code]).toEqual([409, 'team_not_suspended']);
  });

  it('has the bytes of a file erased when its goal is over; what was approved stays what it was, by its hashes', async () => {
    const read = () => stack.get<ApprovalDetail>('asha', `/v1/approvals/${first}`);
    const [file] = (await read()).artifacts.filter(({ contentUrl }) => contentUrl !== null);
    expect((await stack.fetch('gov', file!.contentUrl!, { method: 'DELETE' })).status).toBe(403);
    expect((await stack.fetch('asha', file!.contentUrl!, { method: 'DELETE' })).status).toBe(204);
    expect((await stack.fetch('asha', file!.contentUrl!)).status).toBe(404);
    const { digest, artifacts } = await read();
    expect(artifacts.find(({ id }) => id === file!.id)).toMatchObject({ sha256: file!.sha256, contentUrl: null, baseContentUrl: null });
    const manifest = Buffer.from(await (await stack.fetch('asha', `/v1/approvals/${first}/manifest`)).arrayBuffer());
    expect(createHash('sha256').update(manifest).digest('hex')).toBe(digest);
    expect((await entriesOf(stack, team)).filter(({ action }) => action === 'ARTIFACT-ERASED')).toMatchObject([{ body: { artifact_id: file!.id, hash: file!.sha256 } }]);
  });

  it('leaves every entry that the checklist names (S4-96 … S4-112) in the chain', async () => {
    const entries = await entriesOf(stack, team);
    expect(unmetOf(entries)).toEqual([]);
    expect(membersFields(entries)).toEqual(MEMBERS_FIELDS);
    expect(await misnamed((text, values) => stack.sql(text, values), entries)).toEqual([]);
    // what a person shared stands there in nobody's name that could be read
    expect(entries.filter(({ action, body }) => action === 'TEAM-SHARED-CONTEXT-WRITE' && body['agent_id'] === undefined)).toHaveLength(1);
  });

  it('told the systems architect, once, that the team keeps more than a policy of one byte allows, until the customer has so much erased that it does not', async () => {
    const full = await until('context_full raised', async () => {
      const raised = (await entriesOf(stack, team)).filter(({ action, body }) => action === 'ESCALATION-RAISED' && body['trigger'] === 'context_full');
      return raised.length > 0 && raised;
    });
    expect(full).toMatchObject([{ body: { subject: 'workspace', to_role: 'systems_architect' } }]);
    const over = async () => (await entriesOf(stack, team)).filter(({ action, body }) => action === 'ESCALATION-RESOLVED' && body['escalation_id'] === full[0]!.body['escalation_id']);
    const [kept] = await stack.sql<{ bytes: string }>(`select (select coalesce(sum(kept), 0) from app.artifact where team_id = $1) + (select coalesce(sum(kept), 0) from app.context_version where team_id = $1) as bytes`, [team]);
    await stack.sql(policyWith('team-policy', ['escalation', 'contextBytes'], Number(kept!.bytes) - 1)); // one byte too many
    expect(await over()).toEqual([]);
    const [file] = await stack.sql<{ id: string; version: number }>(`select f.id, f.version from app.artifact f join app.draft d on d.id = f.draft_id join app.task k on k.id = d.task_id join app.goal g on g.id = k.goal_id where f.team_id = $1 and f.kept > 0 and g.state = 'done' limit 1`, [team]);
    expect((await stack.fetch('asha', `/v1/teams/${team}/artifacts/${file!.id}/versions/${file!.version}/content`, { method: 'DELETE' })).status).toBe(204);
    expect(await until('it is over', async () => { const resolved = await over(); return resolved.length > 0 && resolved; })).toMatchObject([{ body: { resolution: 'over' } }]);
    expect((await entriesOf(stack, team)).filter(({ action, body }) => action === 'ESCALATION-RAISED' && body['trigger'] === 'context_full')).toHaveLength(1);
  });

  it('hides everything of a team from the other customer: not found, alike', async () => {
    for (const path of [`/v1/teams/${team}`, `/v1/teams/${team}/board`, `/v1/teams/${team}/goals`, `/v1/audit/${team}/entries`]) {
      const [foreign, unknown] = [await stack.fetch('ben', path), await stack.fetch('ben', path.replace(team, crypto.randomUUID()))];
      expect([path, foreign.status, await stable(foreign)]).toEqual([path, 404, await stable(unknown)]);
    }
  });
});

/** A problem's body without what names the one request. */
async function stable(response: Response): Promise<object> {
  const { requestId: _, ...rest } = (await response.json()) as Record<string, unknown>;
  return rest;
}

/** Syntax errors of a source file, none for anything else. */
function problemsOf(path: string): string[] {
  if (!/\.[cm]?[jt]s$/.test(path)) return [];
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true) as ts.SourceFile & { readonly parseDiagnostics: readonly ts.Diagnostic[] };
  return source.parseDiagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

/** Everything a person could notice in their checkout: files, refs, index, configuration. */
const fingerprint = (folder: string): string =>
  execFileSync('sh', ['-c', `find . -type f -not -path './node_modules/*' -exec sha256sum {} + | sort`], { cwd: folder, encoding: 'utf8' });
