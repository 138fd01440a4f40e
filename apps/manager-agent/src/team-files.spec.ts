import { auditor, serviceKey } from '@countersign/audit';
import { uuidv7 } from '@countersign/contracts';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { MARKER, TeamFolder } from './adapters/files/team-folder.js';
import { GoalDesk } from './goal-desk.js';
import { TeamFiles } from './team-files.js';
import { CareTeam } from './testing/team.js';

const audit = auditor({ service: 'manager-agent', key: serviceKey(Buffer.alloc(32, 0x42)) });
const log = pino({ level: 'silent' });

describe('team files', () => {
  let database: TestDatabase;
  let goals: GoalDesk;
  let files: TeamFiles;
  let home: string;
  let root: string;
  let teams: readonly [CareTeam, CareTeam];
  before(async () => {
    database = await testDatabase();
    goals = new GoalDesk(database.as('manager-agent'), audit, log);
  });
  after(() => database.close());
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'team-files-'));
    root = join(home, 'agent-teams');
    files = new TeamFiles(database.as('manager-agent'), log, root);
    teams = [await CareTeam.hire(database), await CareTeam.hire(database)];
    for (const team of teams) await goals.submit(team.goal());
    await files.look();
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const at = (team: CareTeam, ...path: string[]): string => join(root, team.seeded.teamId, ...path);
  const text = (team: CareTeam, ...path: string[]): string => readFileSync(at(team, ...path), 'utf8');
  /** Every path below a folder with its bytes. */
  const all = (folder: string): Record<string, string> =>
    Object.fromEntries(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => [join(parentPath, name).slice(folder.length + 1), readFileSync(join(parentPath, name), 'utf8')]));

  it('show members, tasks and what was done, to their owner alone, and no other team', () => {
    const [ours, theirs] = teams;
    expect(JSON.parse(text(ours, 'config.json'))).toMatchObject({ team_id: ours.seeded.teamId, lead: 'Mira' });
    expect(readdirSync(at(ours, 'tasks'))).toHaveLength(2);
    expect(text(ours, 'events.jsonl')).toContain('"GOAL-PLANNED"');
    expect((JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as { teams: { team_id: string }[] }).teams.map(({ team_id }) => team_id)).toEqual(expect.arrayContaining(teams.map(({ seeded }) => seeded.teamId)));
    expect(JSON.stringify(all(at(ours)))).not.toContain(theirs.seeded.teamId);
    expect(JSON.stringify(all(at(ours)))).not.toContain('Document the public API');
    const modes = readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => [entry.isDirectory(), statSync(join(entry.parentPath, entry.name)).mode & 0o777]);
    expect(modes.filter(([folder, mode]) => mode !== (folder ? 0o700 : 0o600))).toEqual([]);
    expect(statSync(root).mode & 0o777).toBe(0o700);
  });

  it('are as the rows are again after they were edited, added to, removed or moved, and the rows stay', async () => {
    const [team] = teams;
    const before = all(root);
    const rows = await database.admin(`select * from app.task where team_id = $1 order by id`, [team.seeded.teamId]);
    const [task = ''] = readdirSync(at(team, 'tasks'));
    const attacks: (() => void)[] = [
      () => writeFileSync(at(team, 'tasks', task), text(team, 'tasks', task).replace('in_progress', 'completed ').replace('pending', 'deleted')),
      () => writeFileSync(at(team, 'config.json'), '{"lead":"Eve"}'),
      () => writeFileSync(at(team, 'tasks', 'forged.json'), '{}'),
      () => unlinkSync(at(team, 'members.json')),
      () => rmSync(at(team, 'mailboxes'), { recursive: true }),
      () => rmSync(at(team), { recursive: true }),
      () => rmSync(root, { recursive: true }),
      () => renameSync(at(team), join(root, uuidv7())),
      () => { unlinkSync(at(team, 'config.json')); mkdirSync(at(team, 'config.json', 'deep'), { recursive: true }); },
      () => writeFileSync(join(root, 'index.json'), ''),
      () => unlinkSync(join(root, MARKER)),
    ];
    for (const attack of attacks) {
      attack();
      await files.look();
      expect([String(attack), all(root)]).toEqual([String(attack), before]);
    }
    expect(await database.admin(`select * from app.task where team_id = $1 order by id`, [team.seeded.teamId])).toEqual(rows);
  });

  it('follow no link and share no file with one', async () => {
    const [team] = teams;
    const before = all(root);
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    const victim = join(outside, 'victim');
    const lay = (path: string, target: string) => (): void => { rmSync(path, { recursive: true, force: true }); symlinkSync(target, path); };
    const attacks = [lay(at(team, 'config.json'), victim), lay(at(team, 'tasks'), outside), lay(at(team), outside), lay(join(root, 'index.json'), victim), lay(root, outside), () => { unlinkSync(at(team, 'config.json')); linkSync(victim, at(team, 'config.json')); }];
    for (const attack of attacks) {
      writeFileSync(victim, 'mine', { mode: 0o644 });
      attack();
      await files.look();
      expect([readFileSync(victim, 'utf8'), readdirSync(outside), statSync(victim).mode & 0o777]).toEqual(['mine', ['victim'], 0o644]);
      expect([lstatSync(root).isSymbolicLink(), all(root)]).toEqual([false, before]);
    }
    rmSync(outside, { recursive: true });
  });

  it('are not touched while nothing happens, follow what happens, and go with their team', async () => {
    const [team, other] = teams;
    const inode = (): number => lstatSync(at(team, 'events.jsonl')).ino;
    const was = inode();
    await files.look();
    expect(inode()).toBe(was);
    await goals.submit(team.goal());
    await files.look();
    expect([inode() === was, readdirSync(at(team, 'tasks')).length]).toEqual([false, 4]);
    await database.admin(`update app.team set state = 'dissolved' where team_id = $1`, [other.seeded.teamId]);
    await files.look();
    expect([existsSync(at(other)), existsSync(at(team))]).toEqual([false, true]);
  });

  it('are written to no folder that holds something else, and beside what somebody put there later', async () => {
    const theirs = join(home, 'theirs');
    mkdirSync(join(theirs, uuidv7(), 'tasks'), { recursive: true });
    writeFileSync(join(theirs, 'config.json'), '{}');
    const before = readdirSync(theirs, { recursive: true });
    await new TeamFiles(database.as('manager-agent'), log, theirs).look();
    symlinkSync(theirs, join(home, 'link'));
    await new TeamFiles(database.as('manager-agent'), log, join(home, 'link')).look();
    expect([readdirSync(theirs, { recursive: true }), lstatSync(join(home, 'link')).isSymbolicLink()]).toEqual([before, true]);

    for (const name of ['notes.txt', `new-${uuidv7()}`, `${uuidv7()}.bak`]) writeFileSync(join(root, name), 'mine');
    const old = join(root, uuidv7());
    mkdirSync(old);
    const names = readdirSync(root);
    await new TeamFiles(database.as('manager-agent'), log, root).look();
    expect(readdirSync(root)).toEqual(names.filter((name) => join(root, name) !== old));
  });

  it('are written under no name that leads elsewhere', async () => {
    const folder = new TeamFolder(root);
    for (const name of ['..', '../x', '/etc', '.git', '']) await expect(folder.put(name, new Map())).rejects.toThrow(TypeError);
    for (const path of ['../x', 'a/../../x', '/x', 'A.json', '.hidden', 'a//b']) await expect(folder.put('t', new Map([[path, 'x']]))).rejects.toThrow(TypeError);
    expect(existsSync(join(root, 't'))).toBe(false);
  });
});
