import { until } from '@countersign/testing';
import { expect } from 'expect';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unmetOf, type StoredEntry } from '../stack/checklist.js';
import { WireHouse } from '../wire/house.js';
import { Players } from './players.js';
import { TeamPlay } from './team-play.js';

/** What a round leaves that was good: taken up, handed in, checked three times (a repair: twice), approved, committed. */
const handedIn = ['TEAM-SHARED-CONTEXT-WRITE', 'TEAM-MEMBER-OUTPUT submitted', 'TEAM-STATUS-UPDATE task_review'];
const checked = (checks = 3): string[] => Array<string>(checks).fill('DRAFT-CHECKED');
const approved = ['MANAGER-DRAFT-REVIEWED approved', 'TEAM-MEMBER-OUTPUT committed', 'TEAM-STATUS-UPDATE task_done'];
const good = (checks = 3): string[] => [...handedIn, ...checked(checks), ...approved];
const submitted = ['GOAL-SUBMITTED', 'GOAL-PLANNED', 'TEAM-STATUS-UPDATE goal_running'];
const asked = ['MANAGER-APPROVAL-REQUESTED', 'MOBILE-APPROVAL-REQUESTED'];
const carriedOut = ['MOBILE-APPROVAL-GRANTED', 'TEAM-STATUS-UPDATE goal_executing', 'EFFECT-STARTED', 'EFFECT-EXECUTED', 'GOAL-COMPLETED'];
const assigned = (members: number): string[] => Array<string>(members).fill('MANAGER-TASK-ASSIGNED');

/** Whether the manager saw a member begin before it saw the draft depends on the moment; nothing else of a trail does. */
const BEGAN = 'TEAM-STATUS-UPDATE task_in_progress';
/** After a yes the manager notes it while the executor carries it out: which of them comes first depends on the moment, too; that it comes between does not. */
const NOTED = 'TEAM-STATUS-UPDATE goal_executing';

/** What the gate's sweep finds at its own pace: that an answer is waited for, that a team stands still, and on a busy machine that work was handed out slowly. Anything else that it raised would stand in the trail. */
const MEASURED = /^ESCALATION-(?:RAISED (?:deliverable_ready|team_suspended|coordination_slow)|RESOLVED)\b/;

function steady(trail: readonly string[]): string[] {
  const lines = trail.filter((line) => line !== BEGAN && !MEASURED.test(line));
  for (let at = lines.indexOf(NOTED); at !== -1 && lines[at - 1]?.startsWith('EFFECT-'); at = lines.indexOf(NOTED)) lines.splice(at - 1, 2, NOTED, lines[at - 1]!);
  return lines;
}

describe('how a team coordinates, with the record that it leaves', () => {
  let house: WireHouse;
  let players: Players;
  const published = mkdtempSync(join(tmpdir(), 'countersign-simulation-'));
  before(async () => {
    house = await WireHouse.open({ 'helpdesk-agent': {}, executor: { COUNTERSIGN_PUBLISH_DIR: published } });
    players = await Players.enter(house);
  });
  after(async () => {
    await players?.leave();
    await house?.[Symbol.asyncDispose]();
    rmSync(published, { recursive: true, force: true });
  });

  it('push, yes, record: the phone is told without a word of the work, what it signs is what is recorded, and the yes counts once', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    for (const key of ['docs', 'tests']) await play.round(key);
    const { id } = await play.asked();
    const [push] = await until('the phone is told', async () => { const pushes = await play.pushes(id); return pushes.length > 0 && pushes; }, 15_000, 200);
    expect(JSON.stringify(push)).not.toMatch(/Document the package|src\/docs|Did it/);
    const [request] = await play.entries('MOBILE-APPROVAL-REQUESTED');
    expect(await play.decide('approve')).toBe(id);
    const [grant] = await play.entries('MOBILE-APPROVAL-GRANTED');
    expect(grant).toMatchObject({ approval_id: id, digest: request!['digest'], deliverable_id: request!['deliverable_id'] });
    await play.goalIs('done');
    await expect(play.useAgain(id)).rejects.toMatchObject({ code: 'approval_used' });
    const [folder] = readdirSync(published);
    expect(['docs', 'tests'].map((key) => readFileSync(join(published, folder!, `src/${key}.js`), 'utf8'))).toEqual(['docs 1', 'tests 1']);
    expect(await play.entries('EFFECT-EXECUTED')).toMatchObject([{ approval_id: id, digest: request!['digest'] }]);
  });

  it('normal flow: a goal goes from the customer over the manager and its members to the customer, and out', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.round('docs');
    await play.round('tests');
    await play.decide('approve');
    await play.goalIs('done');
    expect(steady(await play.trail())).toEqual([...submitted, ...assigned(2), ...good(), ...good(), ...asked, ...carriedOut]);
  });

  it('a manager and three members: what depends on the repair is handed out when the repair is committed, and not before', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit(true);
    await play.taskIs('repair', 'assigned');
    await Promise.all([play.taskIs('docs', 'todo'), play.taskIs('tests', 'todo')]);
    await play.round('repair');
    await play.round('tests');
    await play.round('docs');
    await play.decide('approve');
    await play.goalIs('done');
    expect(steady(await play.trail())).toEqual([...submitted, ...assigned(1), ...good(2), 'MANAGER-SHARED-CONTEXT-WRITE', 'MANAGER-SHARED-CONTEXT-WRITE', ...assigned(2), ...good(), ...good(), ...asked, ...carriedOut]);
  });

  it('revision loop: a draft whose checks fail goes back to its member with notes, twice at most', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.round('tests');
    await play.round('docs', { failing: 'suite-green' });
    await play.round('docs', { failing: 'suite-green' });
    await play.round('docs');
    await play.decide('approve');
    await play.goalIs('done');
    const revised = [...handedIn, ...checked(), 'MANAGER-DRAFT-REVIEWED revise', 'MANAGER-TASK-ASSIGNED'];
    expect(steady(await play.trail())).toEqual([...submitted, ...assigned(2), ...good(), ...revised, ...revised, ...good(), ...asked, ...carriedOut]);
  });

  it('manager suspended in the middle: everything stops, the helpdesk takes the conversation, and the work goes on where it was', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.round('tests');
    const handIn = await play.atWork('docs');
    await play.move('asha', 'suspend', 'The drafts look odd.');
    await play.recorded('HELPDESK-TOLD');
    const { answer, text } = await play.askHelpdesk('Is my work lost?');
    expect(`${answer ?? ''}${text ?? ''}`).toMatch(/kept|keeps/);
    await expect(handIn()).rejects.toMatchObject({ code: 'team_not_active' });
    await play.move('gov', 'reactivate');
    await expect(handIn()).rejects.toMatchObject({ code: 'stale_epoch' });
    await play.taskIs('docs', 'assigned', 1);
    await play.round('docs');
    await play.decide('approve');
    await play.goalIs('done');
    const stopped = ['INSTANCE-ENDED cancelled', 'BUDGET-RELEASED', 'TEAM-SUSPENDED', 'HELPDESK-ACTIVATED', 'HELPDESK-TOLD', 'HELPDESK-INTERACTION'];
    const back = ['SPAWN-ALLOWED', 'BUDGET-HELD', 'HELPDESK-DEACTIVATED', 'TEAM-REACTIVATED'];
    expect(steady(await play.trail())).toEqual([...submitted, ...assigned(2), ...good(), ...stopped, ...back, 'MANAGER-TASK-ASSIGNED', 'TEAM-STATUS-UPDATE goal_resumed', ...good(), ...asked, ...carriedOut]);
  });

  it('a member fails, and another who can do it takes the work over', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.crash('docs');
    await play.round('docs');
    await play.round('tests');
    await play.decide('approve');
    await play.goalIs('done');
    expect(steady(await play.trail())).toEqual([...submitted, ...assigned(2), 'MANAGER-TASK-REASSIGNED failed', 'MANAGER-TASK-ASSIGNED', ...good(), ...good(), ...asked, ...carriedOut]);

    // what came of it: shown to the customer and to whoever certifies, with what the manager recommends, and to nobody else
    await house.database.admin(`insert into app.recommendation (team_id, id, member_id, reason, evidence) select team_id, gen_random_uuid(), id, 'keeps_failing', '{"reviewed": 0, "revised": 0, "flagged": 0, "failed": 3}' from app.member where team_id = $1 and skill = 'docs'`, [play.team]);
    const path = `/v1/teams/${play.team}/coordination`;
    const none = { inHand: 0, revised: 0, flagged: 0 };
    for (const persona of ['asha', 'genesis']) {
      expect((await (await house.as(persona)).get(path)).body).toMatchObject({
        fairnessPercent: 100, // the one task that both could do was each's once
        mostPerMember: 5,
        members: [{ name: 'Dora', secondarySkills: ['tests'], given: 1, approved: 0, failed: 1, ...none }, { name: 'Pax', given: 0, ...none }, { name: 'Tess', secondarySkills: ['docs', 'patches'], given: 2, approved: 2, atOnce: 1, failed: 0, ...none }],
        recommendations: [{ member: 'Dora', recommends: 'suspension', reason: 'keeps_failing', failed: 3 }],
      });
    }
    expect(await (await house.as('ben')).get(path)).toMatchObject({ status: 404 });
  });

  it('the customer refuses a goal, which is over; and asks for changes of another, sees the revision, and approves it', async () => {
    const play = await TeamPlay.hire(house, players);
    const work = async (): Promise<void> => { for (const key of ['docs', 'tests']) await play.round(key); };
    await play.submit();
    await work();
    await play.decide('deny', 'Not what I meant.');
    await play.goalIs('denied');
    expect(steady(await play.trail())).toEqual([...submitted, ...assigned(2), ...good(), ...good(), ...asked, 'MOBILE-APPROVAL-DENIED', 'TEAM-STATUS-UPDATE goal_denied']);

    const before = (await play.trail()).length;
    await play.submit();
    await work();
    await play.decide('request_changes', 'Shorter, please.');
    await work();
    await play.decide('approve');
    await play.goalIs('done');
    const wish = ['APPROVAL-CHANGES-REQUESTED', 'TEAM-STATUS-UPDATE goal_changes_requested', 'TEAM-STATUS-UPDATE task_todo', 'TEAM-STATUS-UPDATE task_todo', 'TEAM-STATUS-UPDATE goal_running', ...assigned(2)];
    expect(steady((await play.trail()).slice(before))).toEqual([...submitted, ...assigned(2), ...good(), ...good(), ...asked, ...wish, ...good(), ...good(), ...asked, ...carriedOut]);
  });

  it('leaves every name of the checklist, each time with its whole payload, and no person’s words in the clear', async () => {
    const rows = await house.database.admin<{ payload: Buffer }>(`select e.payload from audit.entry e join app.team t on t.team_id = e.team_id order by e.team_id, e.seq`);
    const entries = rows.map(({ payload }) => JSON.parse(payload.toString('utf8')) as StoredEntry);
    expect(unmetOf(entries)).toEqual([]);
    for (const [action, field] of [['TEAM-CREATED', 'pricing'], ['MOBILE-APPROVAL-GRANTED', 'timestamp']] as const) {
      const without = entries.map((entry) => (entry.action === action ? { ...entry, body: { ...entry.body, [field]: undefined } } : entry));
      expect(new Set(unmetOf(without))).toEqual(new Set([`${action}.${field}: undefined`]));
    }
    expect(unmetOf(entries.filter(({ action }) => action !== 'HELPDESK-DEACTIVATED'))).toEqual(['HELPDESK-DEACTIVATED never appears']);
  });
});
