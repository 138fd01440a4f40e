import { LocalStack } from '@countersign/testing';
import { expect } from 'expect';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { approve, submitGoal, untilGoal, waitingApproval } from '../stack/goals.js';
import { sampleRepository } from '../stack/sample-repository.js';

interface Entry {
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const PLATFORM = '00000000-0000-0000-0000-000000000000';

describe('a stack whose sandbox a person made weaker', () => {
  let home: string;
  let stack: LocalStack;
  let team: string;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'countersign-sandbox-'));
    stack = await LocalStack.start({ home, args: ['--sandbox', 'none'] });
    team = await stack.activeTeam();
  });
  after(async () => {
    await stack.close();
    rmSync(home, { recursive: true, force: true });
  });

  const entries = async (chain: string, action: string): Promise<Entry['body'][]> =>
    (await stack.sql<{ payload: Buffer }>('select payload from audit.entry where team_id = $1 order by seq', [chain])).map(({ payload }) => JSON.parse(payload.toString('utf8')) as Entry).filter((entry) => entry.action === action).map(({ body }) => body);

  it('says so wherever it is asked', async () => {
    const who = process.env['SUDO_USER'] ?? userInfo().username;
    const warning = expect.stringContaining(`sandbox is "none", because ${who} asked for it`);
    expect(await stack.cli('status')).toMatchObject({ code: 0, stdout: warning });
    expect(await stack.cli('doctor')).toMatchObject({ stdout: warning });
    expect(await stack.json('status')).toMatchObject({ sandbox: { product: 'none', chosen: { least: 'none', by: who } } });
    expect(await stack.cli('demo', '--sandbox', 'process')).toMatchObject({ code: 1, stderr: expect.stringContaining('a stack is running with the sandbox "none"') });
  });

  it('finishes a goal, and its chain says at which level each worker ran and that this was chosen', async () => {
    const repository = sampleRepository();
    const goal = await submitGoal(stack, team, repository);
    await approve(stack, (await waitingApproval(stack, goal)).id);
    await untilGoal(stack, goal, 'done');
    expect(repository.pushes()).toHaveLength(1);
    const levels = await stack.sql<{ level: number }>('select distinct sandbox_level as level from app.instance where team_id = $1 and task_id is not null', [team]);
    expect(levels).toEqual([{ level: 0 }]);
    const workers = (await entries(team, 'SPAWN-ALLOWED')).filter((body) => body['task_id'] !== null);
    expect(workers.length).toBeGreaterThan(1);
    for (const body of workers) expect(body).toMatchObject({ sandbox_level: '0', sandbox_chosen: 'none' });
    expect(await entries(PLATFORM, 'SANDBOX-CHOSEN')).toMatchObject([{ least: 'none', version: '1' }]);
  });

  it('is strict again at the next start: what the environment tells the fleet to use lowers nothing', async () => {
    await stack.close();
    stack = await LocalStack.start({ home, env: { COUNTERSIGN_SANDBOX: 'none' } });
    const demo = await stack.cli('demo');
    expect(demo).toMatchObject({ code: 1, stderr: expect.stringMatching(/spawn_sandbox_insufficient[\s\S]*--sandbox process/) });
    expect(await entries(PLATFORM, 'SANDBOX-CHOSEN')).toMatchObject([{}, { least: 'strict', replaced: 'none', chosen_by: 'start_without_choice', version: '2' }]);
    expect((await stack.cli('status')).stdout).not.toContain('asked for it');
  });
});
