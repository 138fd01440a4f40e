import { programOf, testDatabase, until, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { CrashOrder } from '../testing/crashing-executor.main.js';
import { anApprovedGoal, aRepository, pushOf, removeRepository, seen, type Approved, type Repository } from '../testing/scene.js';
import { aKeyring, aRunner } from '../testing/runner.js';
import type { Milestone } from './effect-runner.js';
import type { Performer } from './performer.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** A performer that must not even be asked. */
const touch = (): never => { throw new Error('touched'); };
const untouched: Performer = { alone: false, actMs: 0, prepare: touch, recall: touch, target: touch };
const CHILD = programOf(new URL('../testing/crashing-executor.main.js', import.meta.url));

describe('an executor that is killed', () => {
  let database: TestDatabase;
  let repository: Repository;
  let received: string;
  const children = new Set<ChildProcess>();
  before(async () => { database = await testDatabase(); });
  after(() => database.close());
  beforeEach(() => {
    repository = aRepository();
    received = join(repository.root, 'received');
    hook('post-receive', `cat >> ${received}`);
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    removeRepository(repository);
  });

  const hook = (name: string, script: string): void => {
    const file = join(repository.remote, 'hooks', name);
    mkdirSync(join(repository.remote, 'hooks'), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  };
  const start = ({ teamId, approvalId }: Approved): ChildProcess => {
    const { kid, key } = database.contextKeyFor('executor');
    const { home, mirrors, publishDir } = repository;
    const order: CrashOrder = { url: database.urlFor('executor'), kid, keyHex: key.toString('hex'), home, mirrors, publishDir, teamId, approvalId };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit'] });
    children.add(child);
    return child;
  };
  /** Stops at the same point inside this process: the same rows and the same remote, in less time. */
  const stopped = (goal: Approved, at: Milestone): Promise<boolean> => {
    const passed = (milestone: Milestone): void => {
      if (milestone === at) throw new Error('stopped here');
    };
    return aRunner(database.as('executor'), repository, { passed, log: silent }).run(goal.teamId, goal.approvalId);
  };
  /** The next executor: another one, that knows only rows and the remote. */
  const next = (goal: Approved): Promise<boolean> => aRunner(database.as('executor'), repository).run(goal.teamId, goal.approvalId);
  /** Nobody who began can be at it any more. */
  const later = ({ teamId }: Approved): Promise<unknown> => database.admin(`update app.effect set begun_at = begun_at - interval '1 hour' where team_id = $1 and state = 'started'`, [teamId]);
  const pushes = (): number => (existsSync(received) ? readFileSync(received, 'utf8').trim().split('\n').length : 0);

  it('in the middle of a push, with the push going on without it, has pushed once in the end', async () => {
    const [waiting, release] = [join(repository.root, 'waiting'), join(repository.root, 'release')];
    hook('pre-receive', `cat > /dev/null; echo $$ >> ${waiting}; while [ ! -e ${release} ]; do sleep 0.02; done`);
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    const first = start(goal);
    await until('the first push', () => existsSync(waiting) && readFileSync(waiting, 'utf8').includes('\n'));
    first.kill('SIGKILL');
    await once(first, 'exit');
    const second = next(goal);
    await until('the second push', () => readFileSync(waiting, 'utf8').trim().split('\n').length === 2);
    writeFileSync(release, '');
    await second;
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'executed', attempts: 2 }], chain: ['EFFECT-STARTED', 'EFFECT-EXECUTED'], told: ['executed'] });
    expect(pushes()).toBe(1);
  });

  it('before the push of a team that is then suspended, does not push later', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await stopped(goal, 'begun');
    await database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [goal.teamId]);
    await next(goal);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'started' }]); // what was begun may still arrive
    await later(goal);
    await next(goal);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'stale_epoch' }], told: ['failed'] });
    expect(pushes()).toBe(0);
  });

  for (const [killAt, outcome] of [['begun', { state: 'failed', code: 'digest_mismatch' }], ['acted', { state: 'executed', code: null }]] as const) {
    it(`after "${killAt}", and the approved bytes are changed meanwhile: ${outcome.state}`, async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository));
      await stopped(goal, killAt);
      await database.admin(`update app.artifact set content = 'evil', sha256 = sha256('evil') where team_id = $1 and path = 'src/a.js'`, [goal.teamId]);
      await later(goal);
      await next(goal);
      expect((await seen(database, goal)).effects).toMatchObject([outcome]);
      expect(pushes()).toBe(killAt === 'acted' ? 1 : 0);
    });
  }

  describe('and whose successor comes when the yes is good no more', () => {
    const HOUR = 3_600_000;
    const TOO_LATE: readonly (readonly [string, string, (goal: Approved) => Promise<unknown>, number])[] = [
      ['by its row', 'approval_expired', ({ approvalId }) => database.admin(`update app.approval set valid_until = '2000-01-01' where id = $1`, [approvalId]), 0],
      ['by what was signed, whatever its row says', 'assertion_late', ({ approvalId }) => database.admin(`update app.approval set valid_until = '2100-01-01' where id = $1`, [approvalId]), HOUR],
      ['as its device was lost', 'key_ended', ({ deviceId }) => database.admin(`update app.device set removed_at = now() where id = $1`, [deviceId]), 0],
    ];
    for (const [what, code, happens, afterMs] of TOO_LATE) {
      it(`${what}: what is not there is not begun, and what is there is found`, async () => {
        const found = { state: 'executed', code: null };
        for (const [at, effect, end] of [
          ['used', { kind: 'file.publish', folder: 'unsent' }, { state: 'failed', code }], ['begun', pushOf(repository, { branch: 'countersign/unsent' }), { state: 'failed', code }],
          ['acted', { kind: 'file.publish', folder: 'sent' }, found], ['acted', pushOf(repository, { branch: 'countersign/sent' }), found],
        ] as const) {
          const goal = await anApprovedGoal(database, repository, effect);
          await stopped(goal, at);
          await happens(goal);
          await later(goal);
          await aRunner(database.as('executor'), repository, { keyring: aKeyring(database.as('executor'), repository, { now: () => Date.now() + afterMs }) }).run(goal.teamId, goal.approvalId);
          expect([at, effect.kind, await seen(database, goal)]).toMatchObject([at, effect.kind, { effects: [end], told: [end.state] }]);
        }
        expect([readFileSync(received, 'utf8').trim().split('\n').map((line) => line.split(' ')[2]), readdirSync(repository.publishDir)]).toEqual([['refs/heads/countersign/sent'], ['sent']]);
      });
    }
  });

  it('has still pushed when somebody built on its commit before it came back', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await stopped(goal, 'acted');
    const { git, remote } = repository;
    const ours = git(remote, 'rev-parse', 'countersign/goal-1');
    git(remote, 'update-ref', 'refs/heads/countersign/goal-1', git(remote, 'commit-tree', `${ours}^{tree}`, '-p', ours, '-m', 'more'));
    await next(goal);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed' }]);
  });

  describe('while its plan in the row is edited', () => {
    const elsewhere = (): string => join(repository.root, 'elsewhere.git');
    const marker = (): string => join(repository.root, 'ran');
    const edit = (goal: Approved, fields: object): Promise<unknown> => database.admin(`update app.effect set plan = plan || $2 where team_id = $1`, [goal.teamId, JSON.stringify(fields)]);
    const heads = (where: string): string[] => repository.git(where, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n');
    const EDITS: readonly (readonly [string, () => object])[] = [
      ['another remote', () => ({ remote: elsewhere() })],
      ['another branch', () => ({ branch: 'main', expectedHead: repository.base })],
      ['an option for a remote', () => ({ remote: `--upload-pack=touch ${marker()};`, branch: elsewhere() })],
      ['a command for a remote', () => ({ remote: `ext::sh -c touch% ${marker()}`, commit: '--output=x' })],
      ['a mirror outside', () => ({ mirror: '../../elsewhere' })],
    ];
    beforeEach(() => repository.git(repository.root, 'clone', '-q', '--bare', repository.plain, elsewhere()));

    for (const killAt of ['started', 'begun', 'acted'] as const) {
      it(`to ${EDITS.map(([what]) => what).join(', ')}, after "${killAt}": it goes to the approved place, once`, async () => {
        for (const [index, [what, fields]] of EDITS.entries()) {
          const branch = `countersign/goal-${index}`;
          const goal = await anApprovedGoal(database, repository, pushOf(repository, { branch }));
          await stopped(goal, killAt);
          await edit(goal, fields());
          await next(goal);
          const { effects, chain } = await seen(database, goal);
          expect([what, effects, chain]).toMatchObject([what, [{ state: 'executed', receipt: { remote: repository.remote, branch } }], ['EFFECT-STARTED', 'EFFECT-EXECUTED']]);
        }
        expect([heads(elsewhere()), heads(repository.remote), pushes(), existsSync(marker())]).toEqual([['main'], [...EDITS.keys()].map((index) => `countersign/goal-${index}`).concat('main'), EDITS.length, false]);
        expect(repository.git(repository.remote, 'rev-parse', 'main')).toBe(repository.base);
      });

      it(`to another folder, after "${killAt}": only the approved one appears`, async () => {
        const goal = await anApprovedGoal(database, repository, { kind: 'file.publish', folder: 'goal-1' });
        await stopped(goal, killAt);
        await edit(goal, { folder: '../goal-2', listing: '0' });
        await next(goal);
        expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed', receipt: { folder: join(repository.publishDir, 'goal-1') } }]);
        expect([readdirSync(repository.publishDir), existsSync(join(repository.root, 'goal-2'))]).toEqual([['goal-1'], false]);
      });

      const end = { state: killAt === 'started' ? 'failed' : 'unknown', code: 'approval_not_granted' };
      it(`after "${killAt}", and what was countersigned cannot be read any more: nothing is even looked at, and it is ${end.state}`, async () => {
        const goal = await anApprovedGoal(database, repository, pushOf(repository));
        await stopped(goal, killAt);
        await edit(goal, { remote: elsewhere() });
        await database.admin(`update app.approval set manifest = manifest || ' '::bytea, digest = sha256(manifest || ' '::bytea) where team_id = $1`, [goal.teamId]);
        await aRunner(database.as('executor'), repository, { performers: { 'git.push': untouched, 'file.publish': untouched } }).run(goal.teamId, goal.approvalId);
        expect(await seen(database, goal)).toMatchObject({ effects: [end], told: [end.state] });
      });
    }
  });
});
