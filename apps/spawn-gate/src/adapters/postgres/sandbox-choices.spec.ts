import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { readChosenSandbox } from '../../config.js';
import { GateBench, type BenchTeam, type Entry } from '../../testing/gate-bench.js';

let gate: GateBench;
let team: BenchTeam;
before(async () => {
  gate = await GateBench.open();
  team = await gate.team();
});
after(() => gate.close());

const spawnAt = async (sandboxLevel: number): Promise<{ code: string; level: unknown; entry: Entry | undefined }> => {
  const taskId = await gate.task(team, await gate.goal(team));
  const { code, instanceId } = await gate.spawn(team, taskId, { sandboxLevel });
  const entry = (await gate.entries(team, 'SPAWN-ALLOWED')).find(({ body }) => body['instance_id'] === instanceId);
  if (instanceId) await gate.end(team, instanceId);
  return { code, level: instanceId && (await gate.instance(instanceId))?.['sandbox_level'], entry };
};
const recorded = async (): Promise<Entry[]> => gate.entries({ teamId: '00000000-0000-0000-0000-000000000000' as BenchTeam['teamId'] }, 'SANDBOX-CHOSEN');

describe('a start of the gate with a chosen sandbox', () => {
  it('lets workers start that the policy alone refuses, and says at which level in row and chain', async () => {
    expect(await spawnAt(0)).toMatchObject({ code: 'spawn_sandbox_insufficient' });
    await gate.startWith({ least: 'none', by: 'root' });
    expect(await spawnAt(0)).toMatchObject({ code: 'ok', level: 0, entry: { body: { sandbox_level: '0', sandbox_chosen: 'none' } } });
  });

  it('does not believe a supervisor that claims more than it was told to use', async () => {
    expect(await spawnAt(4)).toMatchObject({ code: 'ok', level: 0, entry: { body: { sandbox_level: '0' } } });
    await gate.startWith({ least: 'process', by: 'root' });
    expect(await spawnAt(4)).toMatchObject({ code: 'ok', level: 2, entry: { body: { sandbox_level: '2', sandbox_chosen: 'process' } } });
  });

  it('does not believe it either where it takes a place that was granted before', async () => {
    const waiting = await gate.requestSpawn(team);
    const taskId = await gate.task(team, await gate.goal(team));
    const { instanceId } = await gate.spawn(team, taskId, { sandboxLevel: 4 });
    expect(instanceId).toBe(waiting.instanceId);
    expect(await gate.instance(instanceId!)).toMatchObject({ state: 'running', sandbox_level: 2 });
    const started = (await gate.entries(team, 'INSTANCE-STARTED')).find(({ body }) => body['instance_id'] === instanceId);
    expect(started?.body).toMatchObject({ sandbox_level: '2', sandbox_chosen: 'process' });
    await gate.end(team, instanceId!);
  });

  it('still refuses what is weaker than the choice', async () => {
    expect(await spawnAt(0)).toMatchObject({ code: 'spawn_sandbox_insufficient' });
    expect(await spawnAt(1)).toMatchObject({ code: 'ok', level: 1 });
  });

  it('is taken back by a start without one', async () => {
    await gate.startWith();
    expect(await spawnAt(2)).toMatchObject({ code: 'spawn_sandbox_insufficient' });
    const strict = await spawnAt(3);
    expect(strict).toMatchObject({ code: 'ok', level: 3 });
    expect(strict.entry?.body).not.toHaveProperty('sandbox_chosen');
  });

  it('is recorded whenever it changes, with who made it as a commitment', async () => {
    await gate.startWith();
    expect((await recorded()).map(({ body }) => [body['version'], body['least'], body['replaced']])).toEqual([['1', 'none', undefined], ['2', 'process', 'none'], ['3', 'strict', 'process']]);
    const [first, , last] = await recorded();
    expect(JSON.stringify(first)).not.toContain('root');
    expect(first).toMatchObject({ pii: [{ field: 'chosen_by' }] });
    expect(last?.body['chosen_by']).toBe('start_without_choice');
  });

  it('cannot be one that does not exist, one of nobody, or one in production', () => {
    const chosen = (env: Record<string, string>) => readChosenSandbox({ COUNTERSIGN_SANDBOX_CHOICE: 'none', COUNTERSIGN_SANDBOX_CHOSEN_BY: 'root', ...env });
    expect(chosen({})).toEqual({ least: 'none', by: 'root' });
    expect(chosen({ COUNTERSIGN_SANDBOX_CHOICE: '' })).toBeUndefined();
    expect(() => chosen({ COUNTERSIGN_SANDBOX_CHOICE: 'loose' })).toThrow('not one of process, none');
    expect(() => chosen({ COUNTERSIGN_SANDBOX_CHOSEN_BY: '' })).toThrow('COUNTERSIGN_SANDBOX_CHOSEN_BY is not set');
    expect(() => chosen({ NODE_ENV: 'production' })).toThrow('not for production');
  });
});
