import { comesToNothing, uuidv7 } from '@countersign/contracts';
import { sql, type Database } from '@countersign/database';
import { seedMirror, testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { anApprovedGoal, aRepository, BASES, CHANGE, copies, pushOf, removeRepository, seen, treeOf, type Approved, type Repository } from '../testing/scene.js';
import { aRunner, aSettler } from '../testing/runner.js';
import type { Milestone } from './effect-runner.js';

/** A database in which something happens between the last look and the use of an approval. */
function held(database: Database, meanwhile: () => Promise<unknown>): Database {
  const withTeam: Database['withTeam'] = async (team, work, options) => {
    if (options?.fence !== undefined) await meanwhile();
    return database.withTeam(team, work, options);
  };
  return Object.assign(Object.create(database) as Database, { withTeam });
}

describe('an approved effect', () => {
  let database: TestDatabase;
  let repository: Repository;
  before(async () => { database = await testDatabase(); });
  after(() => database.close());
  beforeEach(() => { repository = aRepository(); });
  afterEach(() => removeRepository(repository));
  const branchAt = (where = repository.remote, branch = 'countersign/goal-1'): string => repository.git(where, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
  const mirrorOf = ({ customerId }: Approved): string => join(repository.mirrors, customerId, 'demo.git');
  const runner = (options = {}) => aRunner(database.as('executor'), repository, options);

  it('puts exactly the approved tree on the remote’s branch, once, and says so in the chain', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await runner().run(goal.teamId, goal.approvalId);
    await runner().run(goal.teamId, goal.approvalId);
    const commit = branchAt();
    const { effects, chain, told, used } = await seen(database, goal);
    expect(effects).toEqual([{ state: 'executed', code: null, attempts: 1, receipt: { remote: repository.remote, branch: 'countersign/goal-1', commit, tree: treeOf(repository) } }]);
    expect([chain, told, used]).toEqual([['EFFECT-STARTED', 'EFFECT-EXECUTED'], ['executed'], 1]);
    expect(repository.git(repository.remote, 'log', '-1', '--format=%P|%an|%cI|%s', commit)).toBe(`${repository.base}|Countersign|2026-01-02T03:04:05+00:00|Document the parser`);
    expect(repository.git(repository.remote, 'ls-tree', '-r', '--name-only', commit).split('\n')).toEqual(['docs/new.md', 'src/a.js']);
    expect(branchAt(repository.remote, 'main')).toBe(repository.base);
  });

  it('pushes only on what the person was shown: where a file stood beside other bytes than are there, nothing is pushed', async () => {
    const shown = (text: string): string => createHash('sha256').update(text).digest('hex');
    const there = `${repository.git(repository.mirror, 'show', `${repository.base}:src/a.js`)}\n`;
    for (const [base, state, code] of [[there, 'executed', null], [`${there}// one line more\n`, 'refused', 'digest_mismatch']] as const) {
      const goal = await anApprovedGoal(database, repository, pushOf(repository), { bases: { ...BASES, 'src/a.js': shown(base) } });
      await runner().run(goal.teamId, goal.approvalId);
      expect((await seen(database, goal)).effects).toMatchObject([{ state, code }]);
    }
    const nothing = await anApprovedGoal(database, repository, pushOf(repository, { branch: 'countersign/other' }), { bases: { ...BASES, 'docs/new.md': shown('') } });
    await runner().run(nothing.teamId, nothing.approvalId);
    expect((await seen(database, nothing)).effects).toMatchObject([{ state: 'refused', code: 'digest_mismatch' }]);
    expect(branchAt(repository.remote, 'countersign/other')).toBe('');
  });

  it('pushes no file in the place of another that the person was shown as new, and none of which the manifest does not say what it was shown beside', async () => {
    const { 'src/a.js': _, ...others } = BASES;
    for (const [bases, code] of [[others, 'digest_mismatch'], [{}, 'digest_mismatch'], [{ ...BASES, 'src/a.js': 'unsaid' }, 'manifest_invalid'], [{ ...BASES, 'docs/new.md': 'unsaid' }, 'manifest_invalid']] as const) {
      const goal = await anApprovedGoal(database, repository, pushOf(repository), { bases });
      await runner().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code }], used: 0 });
    }
    expect(branchAt()).toBe('');
  });

  it('says whether a look came to an end, so that what was left is looked at again', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    const errors: string[] = [];
    const gone = held(database.as('executor'), () => Promise.reject(new Error('the database is gone')));
    expect(await aRunner(gone, repository, { log: { info: () => undefined, warn: () => undefined, error: (_, text) => void errors.push(text) } }).run(goal.teamId, goal.approvalId)).toBe(false);
    expect(errors).toEqual(['effect left for the next sweep']);
    expect(await runner().run(goal.teamId, goal.approvalId)).toBe(true);
    const drained = runner();
    await drained.drain();
    expect(await drained.run(goal.teamId, goal.approvalId)).toBe(false);
  });

  it('makes the same commit on another machine', async () => {
    const other = aRepository();
    try {
      const tree = treeOf(repository);
      const goals = [await anApprovedGoal(database, repository, pushOf(repository, { tree })), await anApprovedGoal(database, repository, pushOf(repository, { tree, remote: other.remote }))];
      await runner().run(goals[0]!.teamId, goals[0]!.approvalId);
      await aRunner(database.as('executor'), { ...repository, home: other.home }).run(goals[1]!.teamId, goals[1]!.approvalId);
      expect(branchAt()).toMatch(/^[0-9a-f]{40}$/);
      expect(branchAt(other.remote)).toBe(branchAt());
    } finally {
      removeRepository(other);
    }
  });

  it('leaves the mirror and the person’s checkout as they are', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    const mirror = mirrorOf(goal);
    const state = () => [mirror, repository.plain].map((where) => [repository.git(where, 'for-each-ref'), repository.git(where, 'count-objects'), where === mirror ? '' : repository.git(where, 'status', '--porcelain')]);
    const before = state();
    await runner().run(goal.teamId, goal.approvalId);
    expect(state()).toEqual(before);
  });

  it('reaches a person’s plain repository, but never the branch that is checked out there', async () => {
    const fine = await anApprovedGoal(database, repository, pushOf(repository, { remote: repository.plain }));
    await runner().run(fine.teamId, fine.approvalId);
    expect((await seen(database, fine)).effects[0]?.state).toBe('executed');
    expect(branchAt(repository.plain)).not.toBe('');
    const bad = await anApprovedGoal(database, repository, pushOf(repository, { remote: repository.plain, branch: 'main', expectedHead: repository.base }));
    repository.git(repository.plain, 'config', 'receive.denyCurrentBranch', 'ignore');
    await runner().run(bad.teamId, bad.approvalId);
    expect((await seen(database, bad)).effects).toMatchObject([{ state: 'failed', code: 'branch_checked_out' }]);
    expect(branchAt(repository.plain, 'main')).toBe(repository.base);
  });

  it('goes nowhere that the operator does not let this customer push to, whoever approved it', async () => {
    const [mine, foreign] = [await anApprovedGoal(database, repository, pushOf(repository)), await anApprovedGoal(database, repository, pushOf(repository))];
    const egress = { customers: [{ customer: mine.customerId, git: [repository.remote] }, { customer: '*', git: ['https://git.example/'] }] };
    const within = aRunner(database.as('executor'), { ...repository, outside: { egress } });
    await within.run(foreign.teamId, foreign.approvalId);
    expect(await seen(database, foreign)).toMatchObject({ effects: [{ state: 'refused', code: 'remote_not_allowed' }], used: 0 });
    expect(branchAt()).toBe('');
    await within.run(mine.teamId, mine.approvalId);
    expect((await seen(database, mine)).effects).toMatchObject([{ state: 'executed' }]);
  });

  it('replaces nothing that somebody else put on the branch', async () => {
    repository.git(repository.remote, 'branch', 'countersign/goal-1', 'main');
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await runner().run(goal.teamId, goal.approvalId);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'remote_moved', attempts: 0 }], chain: ['EFFECT-STARTED', 'EFFECT-FAILED remote_moved'], told: ['failed'] });
    expect(branchAt()).toBe(repository.base);
  });

  it('replaces nothing that somebody put there between the look and the push', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    const meanwhile = (milestone: string): void => {
      if (milestone === 'begun') repository.git(repository.remote, 'branch', 'countersign/goal-1', 'main');
    };
    await runner({ passed: meanwhile }).run(goal.teamId, goal.approvalId);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'failed', code: 'remote_moved', attempts: 1 }]);
    expect(branchAt()).toBe(repository.base);
  });

  it('fails with the remote’s no when a hook there declines', async () => {
    mkdirSync(join(repository.remote, 'hooks'), { recursive: true });
    writeFileSync(join(repository.remote, 'hooks/pre-receive'), '#!/bin/sh\necho no thanks >&2\nexit 1\n');
    chmodSync(join(repository.remote, 'hooks/pre-receive'), 0o755);
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await runner().run(goal.teamId, goal.approvalId);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'failed', code: 'push_rejected', attempts: 1 }]);
  });

  it('runs no hook of the mirror', async () => {
    const marker = join(repository.root, 'ran');
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    const hooks = join(mirrorOf(goal), 'hooks');
    mkdirSync(hooks, { recursive: true });
    for (const hook of ['pre-push', 'post-index-change', 'reference-transaction']) {
      writeFileSync(join(hooks, hook), `#!/bin/sh\ntouch ${marker}\n`);
      chmodSync(join(hooks, hook), 0o755);
    }
    await runner().run(goal.teamId, goal.approvalId);
    expect([(await seen(database, goal)).effects[0]?.state, existsSync(marker)]).toEqual(['executed', false]);
  });

  it('is refused when a superuser changed an approved file’s bytes, and the chain names both hashes', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await database.admin(`update app.artifact set content = 'evil', sha256 = sha256('evil'), size = 4 where team_id = $1 and path = 'src/a.js'`, [goal.teamId]);
    await runner().run(goal.teamId, goal.approvalId);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'digest_mismatch' }], chain: ['EFFECT-REFUSED digest_mismatch'], told: ['refused'], used: 0 });
    expect(branchAt()).toBe('');
  });

  for (const [what, over, code, row] of [
    ['an approval that nobody gave', { state: 'pending' }, 'approval_not_granted', false],
    ['a withdrawn approval', { state: 'withdrawn' }, 'approval_not_granted', false],
    ['an approval without a person’s decision', { decision: false }, 'approval_not_granted', true],
    ['an approval that ran out', { validFor: '-1 second' }, 'approval_expired', true],
  ] as const) {
    it(`is refused for ${what}: ${code}, in the chain`, async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository), over);
      await runner().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: row ? [{ state: 'refused', code }] : [], chain: [`EFFECT-REFUSED ${code}`], used: 0 });
      expect(branchAt()).toBe('');
    });
  }

  it('is refused for a suspended team, also when the suspension comes at the last moment', async () => {
    const suspend = (teamId: string) => database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [teamId]);
    const [early, late] = [await anApprovedGoal(database, repository, pushOf(repository)), await anApprovedGoal(database, repository, pushOf(repository))];
    await suspend(early.teamId);
    await runner().run(early.teamId, early.approvalId);
    await aRunner(held(database.as('executor'), () => suspend(late.teamId)), repository).run(late.teamId, late.approvalId);
    for (const goal of [early, late]) expect(await seen(database, goal)).toMatchObject({ effects: [], chain: ['EFFECT-REFUSED stale_epoch'], used: 0 });
    expect(branchAt()).toBe('');
  });

  it('is refused, and may be asked anew, where the device of the yes is removed at the last moment', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await aRunner(held(database.as('executor'), () => database.admin('update app.device set removed_at = now() where id = $1', [goal.deviceId])), repository).run(goal.teamId, goal.approvalId);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'key_ended' }], chain: ['EFFECT-REFUSED key_ended'], told: ['refused'], used: 0 });
    expect(comesToNothing('key_ended')).toBe(true);
    expect(branchAt()).toBe('');
  });

  it('is refused once the goal was cancelled', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await database.admin(`update app.goal set state = 'cancelled' where team_id = $1`, [goal.teamId]);
    await runner().run(goal.teamId, goal.approvalId);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'goal_cancelled' }], chain: ['EFFECT-REFUSED goal_cancelled'], used: 0 });
    expect(branchAt()).toBe('');
  });

  for (const [what, stop, go] of [
    ['its goal is paused', `update app.goal set paused_at = now() where team_id = $1`, `update app.goal set paused_at = null where team_id = $1`],
    ['the gate has paused its mission', `insert into app.mission_stop (team_id, mission_id, state, stopped_by) select team_id, id, 'paused', 'x' from app.goal where team_id = $1`, `delete from app.mission_stop where team_id = $1`],
  ] as const) {
    it(`waits while ${what}, and happens once that is over`, async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository));
      const unused = async (): Promise<boolean> => (await database.as('executor').ops<{ id: string }>('unused_approvals', null, 100)).some(({ id }) => id === goal.approvalId);
      await database.admin(stop, [goal.teamId]);
      await runner().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [], chain: ['EFFECT-REFUSED goal_paused'], used: 0 });
      expect([branchAt(), await unused()]).toEqual(['', false]);
      await database.admin(go, [goal.teamId]);
      expect(await unused()).toBe(true);
      await runner().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'executed' }], used: 1 });
    });
  }

  it('is found however many of another team wait before it', async () => {
    const [crowd, goal] = [await anApprovedGoal(database, repository, pushOf(repository)), await anApprovedGoal(database, repository, pushOf(repository))];
    await copies(database, crowd, 100);
    const page = async (after: string | null): Promise<string[]> => (await database.as('executor').ops<{ id: string }>('unused_approvals', after, 100)).map(({ id }) => id);
    const first = await page(null);
    expect([first.length, first.includes(goal.approvalId), (await page(first.at(-1)!)).includes(goal.approvalId)]).toEqual([100, false, true]);
    await database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [crowd.teamId]);
    expect(await page(null)).toContain(goal.approvalId);
  });

  it('is refused once the gate has cancelled its mission, before its goal says so', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await database.admin(`insert into app.mission_stop (team_id, mission_id, state, stopped_by) values ($1, $2, 'cancelled', 'x')`, [goal.teamId, goal.goalId]);
    await runner().run(goal.teamId, goal.approvalId);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'goal_cancelled' }], used: 0 });
  });

  describe('on a mirror', () => {
    it('of another customer is refused, although the manifest was countersigned: it is not found among their own', async () => {
      const asha = await anApprovedGoal(database, repository, pushOf(repository));
      const forged = pushOf(repository, { mirror: 'secrets' });
      await seedMirror(database, asha, { name: 'secrets', remote: forged.remote });
      renameSync(mirrorOf(asha), join(repository.mirrors, asha.customerId, 'secrets.git'));
      const ben = await anApprovedGoal(database, repository, forged, { adopted: null });
      await runner().run(ben.teamId, ben.approvalId);
      expect(await seen(database, ben)).toMatchObject({ effects: [{ state: 'refused', code: 'mirror_foreign' }], chain: ['EFFECT-REFUSED mirror_foreign'], told: ['refused'], used: 0 });
      expect(branchAt()).toBe('');
    });

    it('is refused for any other remote than the one it was adopted with', async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository), { adopted: repository.plain });
      await runner().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'remote_not_adopted' }], chain: ['EFFECT-REFUSED remote_not_adopted'], used: 0 });
      expect(branchAt()).toBe('');
    });

    it('that is no longer theirs at the last moment is not used', async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository));
      const taken = held(database.as('executor'), () => database.admin(`update app.mirror set remote = '/elsewhere.git' where customer_id = $1`, [goal.customerId]));
      await aRunner(taken, repository).run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'remote_not_adopted', attempts: 0 }] });
      expect(branchAt()).toBe('');
    });
  });

  it('is refused when the files do not add up to the approved tree', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository, { tree: repository.git(repository.plain, 'rev-parse', 'HEAD^{tree}') }));
    await runner().run(goal.teamId, goal.approvalId);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'tree_mismatch' }], used: 0 });
  });

  it('is refused when a file of it would push aside another that nobody was shown, also where the approved tree is exactly that', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository, { tree: treeOf(repository, [{ path: 'old.js', text: null }, { path: 'old.js/x', text: 'x' }]) }), { files: [{ path: 'old.js/x', text: 'x' }] });
    await runner().run(goal.teamId, goal.approvalId);
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'refused', code: 'tree_mismatch' }], used: 0 });
  });

  it('is refused when the base is not in the mirror', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository, { base: 'e'.repeat(40) }));
    await runner().run(goal.teamId, goal.approvalId);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'refused', code: 'base_missing' }]);
  });

  it('happens once when sixteen executors reach for it; the others are told that it is used', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    const shared = database.as('executor');
    await Promise.all(Array.from({ length: 16 }, () => aRunner(shared, repository).run(goal.teamId, goal.approvalId)));
    const { effects, chain, told, used } = await seen(database, goal);
    expect([effects.length, effects[0]?.state, used, told]).toEqual([1, 'executed', 1, ['executed']]);
    expect(chain.filter((action) => action === 'EFFECT-STARTED' || action === 'EFFECT-EXECUTED')).toEqual(['EFFECT-STARTED', 'EFFECT-EXECUTED']);
    expect(new Set(chain.filter((action) => action.startsWith('EFFECT-REFUSED')))).toEqual(new Set(['EFFECT-REFUSED approval_used']));
  });

  describe('stands on the use of its approval', () => {
    const started = `insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values ($1, $2, $3, $4, 'git.push', $5, 'k')`;

    it('so the executor’s own role can write none without it, nor turn a refusal into one', async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository));
      const write = (state: string): Promise<unknown> => database.as('executor').withTeam(goal.teamId, (tx) => {
        tx.ledgerOnly();
        tx.write({ text: started, values: [goal.teamId, uuidv7(), goal.approvalId, goal.goalId, state] });
        return Promise.resolve();
      });
      await expect(write('started')).rejects.toMatchObject({ sqlState: '23503' });
      await database.admin(started, [goal.teamId, uuidv7(), goal.approvalId, goal.goalId, 'refused']);
      await expect(database.as('executor').withTeam(goal.teamId, (tx) => {
        tx.ledgerOnly();
        tx.write(sql`update app.effect set state = 'started' where team_id = ${goal.teamId}`);
        return Promise.resolve();
      })).rejects.toMatchObject({ code: 'effect_settled' });
    });

    it('and its plan, its kind and its approval are never changed', async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository));
      for (const set of [`plan = '{}'`, `kind = 'file.publish'`, `approval_id = id`]) {
        await expect(database.as('executor').withTeam(goal.teamId, (tx) => tx.read({ text: `update app.effect set ${set}`, values: [] }))).rejects.toMatchObject({ code: 'not_permitted' });
      }
    });

    it('which stays as long as it stands, and nothing is begun when it is gone all the same', async () => {
      const goal = await anApprovedGoal(database, repository, pushOf(repository));
      const without = (): Promise<unknown> => database.admin(`begin; set local session_replication_role = replica; delete from app.approval_use where team_id = '${goal.teamId}'; commit`);
      await expect(stopped(goal, 'started')).resolves.toBe(false);
      await expect(database.admin(`delete from app.approval_use where team_id = $1`, [goal.teamId])).rejects.toMatchObject({ code: '23503' });
      await without();
      await runner().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'approval_unused', attempts: 0 }], told: ['failed'] });
      expect(branchAt()).toBe('');
    });
    const stopped = (goal: Approved, at: Milestone): Promise<boolean> => {
      const passed = (milestone: Milestone): void => {
        if (milestone === at) throw new Error('stopped here');
      };
      return runner({ passed, log: { info: () => undefined, warn: () => undefined, error: () => undefined } }).run(goal.teamId, goal.approvalId);
    };
  });

  it('gives up on a remote that is not there, and knows that nothing was sent', { timeout: 240_000 }, async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository, { remote: join(repository.root, 'nowhere.git') }));
    const quick = runner({ pause: () => Promise.resolve() });
    await quick.run(goal.teamId, goal.approvalId);
    expect((await seen(database, goal)).effects).toMatchObject([{ state: 'failed', code: 'remote_silent', attempts: 0 }]);
  });

  describe('that publishes files', () => {
    const publish = { kind: 'file.publish', folder: 'goal-1' } as const;
    const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const quick = (pause = (): void => undefined) => runner({ log: silent, pause: () => Promise.resolve(pause()) });

    it('waits for a folder to publish to that is not mounted yet, and gives up when it never is', async () => {
      rmSync(repository.publishDir, { recursive: true });
      const [goal, later] = [await anApprovedGoal(database, repository, publish), await anApprovedGoal(database, repository, publish)];
      await quick().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'remote_silent', attempts: 0 }], told: ['failed'] });
      await quick(() => void mkdirSync(repository.publishDir, { recursive: true })).run(later.teamId, later.approvalId);
      expect((await seen(database, later)).effects).toMatchObject([{ state: 'executed', attempts: 1 }]);
    });

    it('does not know what came of it where the folder to publish to is gone since, and is asked again when it is back', async () => {
      const goal = await anApprovedGoal(database, repository, publish);
      const away = `${repository.publishDir}-away`;
      await runner({ log: silent, passed: (at: Milestone) => { if (at === 'acted') throw new Error('stopped here'); } }).run(goal.teamId, goal.approvalId);
      renameSync(repository.publishDir, away);
      await quick().run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'unknown', code: 'remote_silent' }], told: ['unknown'] });
      const { teamId, approvalId, customerId, personId } = goal;
      const look = () => aSettler(database.as('executor'), repository, { log: silent }).settle({ teamId, approvalId, settlementId: uuidv7(), by: { personId, customerId, roles: ['customer_governor'] }, outcome: 'look', reason: '' });
      expect(await look()).toBe('unknown');
      renameSync(away, repository.publishDir);
      expect(await look()).toBe('executed');
    });

    it('shows them all at once in a new folder', async () => {
      const goal = await anApprovedGoal(database, repository, publish);
      await runner().run(goal.teamId, goal.approvalId);
      expect((await seen(database, goal)).effects).toMatchObject([{ state: 'executed', receipt: { folder: join(repository.publishDir, 'goal-1') } }]);
      for (const { path, text } of CHANGE) if (text !== null) expect(readFileSync(join(repository.publishDir, 'goal-1', path), 'utf8')).toBe(text);
      expect(readdirSync(repository.publishDir)).toEqual(['goal-1']);
    });

    it('touches no folder that exists with other content, not even through a link', async () => {
      mkdirSync(join(repository.root, 'elsewhere'));
      symlinkSync(join(repository.root, 'elsewhere'), join(repository.publishDir, 'goal-1'));
      const goal = await anApprovedGoal(database, repository, publish);
      await runner().run(goal.teamId, goal.approvalId);
      expect((await seen(database, goal)).effects).toMatchObject([{ state: 'failed', code: 'target_exists' }]);
      expect(readdirSync(join(repository.root, 'elsewhere'))).toEqual([]);
    });
  });
});
