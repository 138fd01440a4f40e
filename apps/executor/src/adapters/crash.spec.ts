import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CrashOrder } from '../testing/crashing-executor.js';
import { anApprovedGoal, aRepository, pushOf, removeRepository, seen, type Approved, type Repository } from '../testing/scene.js';
import { aRunner } from '../testing/runner.js';
import type { Milestone } from './effect-runner.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const CHILD = fileURLToPath(new URL('../testing/crashing-executor.js', import.meta.url));

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
  const start = ({ teamId, approvalId }: Approved, killAt?: Milestone): ChildProcess => {
    const { kid, key } = database.contextKeyFor('executor');
    const { home, mirrors, publishDir } = repository;
    const order: CrashOrder = { url: database.urlFor('executor'), kid, keyHex: key.toString('hex'), home, mirrors, publishDir, teamId, approvalId, ...(killAt ? { killAt } : {}) };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit'] });
    children.add(child);
    return child;
  };
  const killed = async (goal: Approved, at: Milestone): Promise<void> => {
    expect(await once(start(goal, at), 'exit')).toEqual([null, 'SIGKILL']);
  };
  /** Stops at the same point inside this process: the same rows and the same remote, in less time. */
  const stopped = (goal: Approved, at: Milestone): Promise<void> => {
    const passed = (milestone: Milestone): void => {
      if (milestone === at) throw new Error('stopped here');
    };
    return aRunner(database.as('executor'), repository, { passed, log: silent }).run(goal.teamId, goal.approvalId);
  };
  /** The next executor: another one, that knows only rows and the remote. */
  const next = (goal: Approved): Promise<void> => aRunner(database.as('executor'), repository).run(goal.teamId, goal.approvalId);
  const pushes = (): number => (existsSync(received) ? readFileSync(received, 'utf8').trim().split('\n').length : 0);
  const until = async (what: () => boolean): Promise<void> => {
    for (const end = Date.now() + 15_000; !what(); await sleep(20)) if (Date.now() > end) throw new Error('waited too long');
  };

  for (const [killAt, stateAfter] of [['verified', undefined], ['started', 'started'], ['begun', 'started'], ['acted', 'started'], ['recorded', 'executed']] as const) {
    it(`after "${killAt}" leaves nothing lost and nothing done twice`, async () => {
      const goal = await anApprovedGoal(database, pushOf(repository));
      await killed(goal, killAt);
      expect((await seen(database, goal)).effects[0]?.state).toBe(stateAfter);
      await next(goal);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'executed' }], chain: ['EFFECT-STARTED', 'EFFECT-EXECUTED'], told: ['executed'], used: 1 });
      expect(pushes()).toBe(1);
    });
  }

  it('in the middle of a push, with the push going on without it, has pushed once in the end', async () => {
    const [waiting, release] = [join(repository.root, 'waiting'), join(repository.root, 'release')];
    hook('pre-receive', `cat > /dev/null; echo $$ >> ${waiting}; while [ ! -e ${release} ]; do sleep 0.02; done`);
    const goal = await anApprovedGoal(database, pushOf(repository));
    const first = start(goal);
    await until(() => existsSync(waiting));
    first.kill('SIGKILL');
    await once(first, 'exit');
    const second = next(goal);
    await until(() => readFileSync(waiting, 'utf8').trim().split('\n').length === 2);
    writeFileSync(release, '');
    await second;
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'executed', attempts: 2 }], chain: ['EFFECT-STARTED', 'EFFECT-EXECUTED'], told: ['executed'] });
    expect(pushes()).toBe(1);
  });

  it('before the push of a team that is then suspended, does not push later', async () => {
    const goal = await anApprovedGoal(database, pushOf(repository));
    await stopped(goal, 'begun');
    await database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [goal.teamId]);
    await next(goal);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'stale_epoch' }], told: ['failed'] });
    expect(pushes()).toBe(0);
  });

  for (const [killAt, outcome] of [['begun', { state: 'failed', code: 'digest_mismatch' }], ['acted', { state: 'executed', code: null }]] as const) {
    it(`after "${killAt}", and the approved bytes are changed meanwhile: ${outcome.state}`, async () => {
      const goal = await anApprovedGoal(database, pushOf(repository));
      await stopped(goal, killAt);
      await database.admin(`update app.artifact set content = 'evil', sha256 = sha256('evil') where team_id = $1 and path = 'src/a.js'`, [goal.teamId]);
      await next(goal);
      expect((await seen(database, goal)).effects).toMatchObject([outcome]);
      expect(pushes()).toBe(killAt === 'acted' ? 1 : 0);
    });
  }

  it('has still pushed when somebody built on its commit before it came back', async () => {
    const goal = await anApprovedGoal(database, pushOf(repository));
    await stopped(goal, 'acted');
    const { git, remote } = repository;
    const ours = git(remote, 'rev-parse', 'countersign/goal-1');
    git(remote, 'update-ref', 'refs/heads/countersign/goal-1', git(remote, 'commit-tree', `${ours}^{tree}`, '-p', ours, '-m', 'more'));
    await next(goal);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed' }]);
  });

  for (const killAt of ['begun', 'acted'] as const) {
    it(`after "${killAt}" of a publication leaves one folder with everything in it`, async () => {
      const goal = await anApprovedGoal(database, { kind: 'file.publish', folder: 'goal-1' });
      await stopped(goal, killAt);
      await next(goal);
      expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed' }]);
      expect(readdirSync(repository.publishDir)).toEqual(['goal-1']);
    });
  }
});
