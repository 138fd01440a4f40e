import { policyWith, until } from '@countersign/testing';
import { expect } from 'expect';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MEMBERS_FIELDS, membersFields, misnamed, NAMING, unmetOf, type StoredEntry } from '../stack/checklist.js';
import { WireHouse } from '../wire/house.js';
import { asked, assigned, began, byDora, byTess, carriedOut, checked, expectTrail, good, handedIn, reviewed, submitted, type Piece } from './lines.js';
import { Players } from './players.js';
import { TeamPlay } from './team-play.js';

describe('how a team coordinates, with the record that it leaves', () => {
  let house: WireHouse;
  let players: Players;
  /** The team of the first yes. */
  let first: TeamPlay;
  const published = mkdtempSync(join(tmpdir(), 'countersign-simulation-'));
  before(async () => {
    house = await WireHouse.open({ 'helpdesk-agent': {}, notary: {}, executor: { COUNTERSIGN_PUBLISH_DIR: published } });
    // how fast this machine hands work out is no part of what is tried here
    await house.database.admin(policyWith('team-policy', ['escalation', 'coordinationMs'], 86_400_000));
    players = await Players.enter(house);
  });
  after(async () => {
    await players?.leave();
    await house?.[Symbol.asyncDispose]();
    rmSync(published, { recursive: true, force: true });
  });

  it('push, yes, record: the phone is told without a word of the work, what it signs is what is recorded, and the yes counts once', async () => {
    const play = (first = await TeamPlay.hire(house, players));
    await play.submit();
    for (const key of ['docs', 'tests']) await play.round(key);
    const { id } = await play.asked();
    const [push] = await until('the phone is told', async () => { const pushes = await play.pushes(id); return pushes.length > 0 && pushes; }, undefined, 200);
    expect(JSON.stringify(push)).not.toMatch(/Document the package|src\/docs|Did it/);
    const [request] = await play.entries('MOBILE-APPROVAL-REQUESTED');
    // who is on record as told is who has this phone, to which it was pushed; and what said yes is this phone
    const told = () => house.database.admin<{ state: string }>(`select push.state from app.notification n join app.notification push on push.team_id = n.team_id and push.approval_id = n.approval_id and push.person_id = n.person_id where n.team_id = $1 and n.id = $2 and n.approval_id = $3 and push.device_id = $4`, [play.team, request!['push_notification_id'], id, play.deviceId]);
    await until('its push is noted as sent', async () => (await told()).every(({ state }) => state !== 'sending')); // the phone may have it before
    expect(await told()).toEqual([{ state: 'sent' }]);
    expect(await play.decide('approve')).toBe(id);
    const [grant] = await play.entries('MOBILE-APPROVAL-GRANTED');
    expect(await house.database.admin(`select device_id as device from app.approval where team_id = $1 and id = $2`, [play.team, id])).toEqual([{ device: play.deviceId }]);
    expect(grant).toMatchObject({ approval_id: id, digest: request!['digest'], deliverable_id: request!['deliverable_id'] });
    await play.goalIs('done');
    await expect(play.useAgain(id)).rejects.toMatchObject({ code: 'approval_used' });
    const [folder] = readdirSync(published);
    expect(['docs', 'tests'].map((key) => readFileSync(join(published, folder!, `src/${key}.js`), 'utf8'))).toEqual(['docs 1', 'tests 1']);
    expect(await play.entries('EFFECT-EXECUTED')).toMatchObject([{ approval_id: id, digest: request!['digest'] }]);
    expectTrail(await play.trail(), [...submitted, ...assigned(byDora, byTess), ...good(byDora), ...good(byTess), ...asked, ...carriedOut]);
  });

  it('normal flow: a goal goes from the customer over the manager and its members to the customer, and out', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.round('docs');
    await play.round('tests');
    await play.decide('approve');
    await play.goalIs('done');
    expectTrail(await play.trail(), [...submitted, ...assigned(byDora, byTess), ...good(byDora), ...good(byTess), ...asked, ...carriedOut]);
  });

  it('a manager and three members: what depends on the repair is handed out when the repair is committed, and not before', async () => {
    const shared = ['docs', 'tests'].map((key) => `MANAGER-SHARED-CONTEXT-WRITE by Mira in ${key}`);
    const play = await TeamPlay.hire(house, players);
    await play.submit({ repair: true });
    await play.taskIs('repair', 'assigned');
    await Promise.all([play.taskIs('docs', 'todo'), play.taskIs('tests', 'todo')]);
    await play.round('repair');
    await play.round('tests');
    await play.round('docs');
    await play.decide('approve');
    await play.goalIs('done');
    expectTrail(await play.trail(), [...submitted, ...assigned(['Pax', 'repair']), ...good(['Pax', 'repair']), ...shared, ...assigned(byDora, byTess), ...good(byTess), ...good(byDora), ...asked, ...carriedOut]);
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
    const round = (n: number): Piece => ['Dora', 'docs', n];
    const revised = [1, 2].flatMap((n) => [...handedIn(byDora), ...checked(byDora, 'suite-green'), reviewed(round(n), 'revise'), ...assigned(round(n + 1))]);
    expectTrail(await play.trail(), [...submitted, ...assigned(byDora, byTess), ...good(byTess), ...revised, ...good(round(3)), ...asked, ...carriedOut]);
  });

  it('manager suspended in the middle, for what the guardian saw: everything stops, the helpdesk takes the conversation, who has to look is told, and the work goes on where it was', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.round('tests');
    const handIn = await play.atWork('docs');
    await play.flag();
    await play.recorded('HELPDESK-TOLD');
    const { answer, text } = await play.askHelpdesk('Is my work lost?');
    expect(`${answer ?? ''}${text ?? ''}`).toMatch(/kept|keeps/);
    await play.leaveNote('Please call me.');
    await expect(handIn()).rejects.toMatchObject({ code: 'team_not_active' });
    const [manager] = await house.database.admin<{ id: string }>(`select id from app.member where team_id = $1 and kind = 'manager'`, [play.team]);
    expect(await play.entries('TEAM-SUSPENDED')).toMatchObject([{ reason: 'ethics_violation', root_cause_agent_id: manager!.id }]);
    // elsewhere a look may come too late to find what it would raise; here it is waited for, and the trail has it once
    expect(await play.raised('team_suspended')).toMatchObject([{ to_role: 'customer_governor' }]);
    expect(await play.raised('plan_waits')).toMatchObject([{ to_role: 'genesis' }]);
    expect(await play.raised('customer_message')).toMatchObject([{ to_role: 'platform_governor' }]);
    await play.move('gov', 'reactivate');
    await expect(handIn()).rejects.toMatchObject({ code: 'stale_epoch' });
    await play.taskIs('docs', 'assigned', 1);
    await play.round('docs');
    await play.decide('approve');
    await play.goalIs('done');
    const flagged = ['INCIDENT-RECORDED by a person', 'INCIDENT-RECORDED by a person'];
    const stopped = ['INSTANCE-ENDED cancelled by a person', 'BUDGET-RELEASED by a person', 'TEAM-SUSPENDED by a person', 'HELPDESK-ACTIVATED by a person', 'HELPDESK-TOLD by helpdesk-agent', 'HELPDESK-INTERACTION by a person', 'HELPDESK-NOTE-LEFT by a person'];
    const back = ['SPAWN-ALLOWED by a person of Mira', 'BUDGET-HELD by a person', 'HELPDESK-DEACTIVATED by a person', 'TEAM-REACTIVATED by a person'];
    expectTrail(await play.trail(), [...submitted, ...assigned(byDora, byTess), ...good(byTess), began, ...flagged, ...stopped, ...back, ...assigned(byDora), 'TEAM-STATUS-UPDATE goal_resumed by Mira', ...good(byDora), ...asked, ...carriedOut]);
  });

  it('a member fails, and another who can do it takes the work over', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.crash('docs');
    await play.round('docs');
    await play.round('tests');
    await play.decide('approve');
    await play.goalIs('done');
    const overtaken: Piece = ['Tess', 'docs', 2];
    expectTrail(await play.trail(), [...submitted, ...assigned(byDora, byTess), began, 'MANAGER-TASK-REASSIGNED failed by Mira of Tess in docs, round 2', ...assigned(overtaken), ...good(overtaken), ...good(byTess), ...asked, ...carriedOut]);

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

  it('a draft that does what its member may not do goes to a person in its first round, and whoever certifies is told', async () => {
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.round('docs', { failing: 'comments-only', flagged: true });
    await play.goalIs('blocked');
    await play.recorded('MANAGER-RECOMMENDED');
    const blocked = ['TEAM-STATUS-UPDATE task_blocked by Mira', 'TEAM-STATUS-UPDATE task_blocked by Mira', 'GOAL-BLOCKED by Mira in docs'];
    expectTrail(await play.trail(), [...submitted, ...assigned(byDora, byTess), ...handedIn(byDora), ...checked(byDora, 'comments-only'), reviewed(byDora, 'flag'), ...blocked, 'MANAGER-RECOMMENDED by Mira of Dora']);
  });

  it('the customer refuses a goal, which is over, and approves its revision; and asks for changes of another, sees what came of them, and approves that', async () => {
    const play = await TeamPlay.hire(house, players);
    const work = async (): Promise<void> => { for (const key of ['docs', 'tests']) await play.round(key); };
    await play.submit();
    await work();
    await play.decide('deny', 'Not what I meant.');
    await play.goalIs('denied');
    const refused = [...submitted, ...assigned(byDora, byTess), ...good(byDora), ...good(byTess), ...asked, 'MOBILE-APPROVAL-DENIED by a person', 'TEAM-STATUS-UPDATE goal_denied by Mira'];
    expectTrail(await play.trail(), refused);

    // what was refused does not come back; what the customer wants instead is a goal of their own words
    await play.submit({ text: 'Document the package, in one page' });
    await work();
    await play.decide('approve');
    await play.goalIs('done');
    const revised = [...refused, ...submitted, ...assigned(byDora, byTess), ...good(byDora), ...good(byTess), ...asked, ...carriedOut];
    expectTrail(await play.trail(), revised);

    await play.submit();
    await work();
    await play.decide('request_changes', 'Shorter, please.');
    await work();
    await play.decide('approve');
    await play.goalIs('done');
    const again: Piece[] = [['Dora', 'docs', 2], ['Tess', 'tests', 2]];
    const wish = ['APPROVAL-CHANGES-REQUESTED by a person', ...['goal_changes_requested', 'task_todo', 'task_todo', 'goal_running'].map((status) => `TEAM-STATUS-UPDATE ${status} by Mira`), ...assigned(...again)];
    expectTrail(await play.trail(), [...revised, ...submitted, ...assigned(byDora, byTess), ...good(byDora), ...good(byTess), ...asked, ...wish, ...again.flatMap((piece) => good(piece)), ...asked, ...carriedOut]);
  });

  it('a customer who keeps refusing is seen by whoever certifies teams, once', async () => {
    await house.database.admin(policyWith('team-policy', ['escalation', 'rejections'], 2));
    await house.database.admin(policyWith('approval-policy', ['watch', 'refusals', 'times'], 100)); // with three noes its manager is paused, as soon as that is seen: whether before or after the next proposal is the clock's
    const play = await TeamPlay.hire(house, players);
    const proposed = async (): Promise<void> => {
      await play.submit();
      for (const key of ['docs', 'tests']) await play.round(key);
    };
    for (const time of [1, 2, 3]) {
      await proposed();
      await play.decide('deny', 'Not what I meant.');
      await play.goalIs('denied');
      if (time === 2) await play.raised('rejections_repeated');
    }
    await proposed();
    await play.lookedAgain();
    expect((await play.entries('ESCALATION-RAISED')).filter((body) => body['trigger'] === 'rejections_repeated')).toMatchObject([{ to_role: 'genesis', counted: '2', subject: 'customer' }]);
    const { items } = (await (await house.as('genesis')).get('/v1/escalations')).body as { items: { teamId: string; trigger: string }[] };
    expect(items.filter(({ teamId, trigger }) => teamId === play.team && trigger === 'rejections_repeated')).toHaveLength(1);
  });

  it('what the work of real services amounts to is raised, once each, to its authority; and so is what people write down', async () => {
    // each at its least: what is tried here is that it is measured of what managers, members and customers do
    for (const path of [['failedReviews'], ['coordinationMs'], ['bias', 'tasks'], ['quality', 'reviews']]) await house.database.admin(policyWith('team-policy', ['escalation', ...path], 1));
    const play = await TeamPlay.hire(house, players);
    await play.submit();
    await play.round('tests');
    await play.round('docs', { failing: 'suite-green' });
    await play.raised('quality_failures'); // over with the next review that is passed
    await play.round('docs');
    await play.raised('deliverable_ready');
    await play.raised('delegation_biased');
    const question = await play.decide('approve');
    await play.goalIs('done');
    await play.submit();
    for (const key of ['docs', 'tests']) await play.round(key);
    await play.lookedAgain(); // of the rest it finds nothing that it has not told
    const raised = await play.entries('ESCALATION-RAISED');
    expect(raised.map((body) => [body['trigger'], body['to_role']]).sort()).toEqual([
      ['coordination_slow', 'systems_architect'], ['delegation_biased', 'vision_guardian'], ['deliverable_ready', 'customer_governor'], ['deliverable_ready', 'customer_governor'], ['quality_failures', 'genesis'], ['quality_falling', 'vision_guardian'],
    ]);
    expect(raised.find((body) => body['trigger'] === 'deliverable_ready')).toMatchObject({ subject: question });

    // somebody with full access to the database lets a yes point elsewhere; the next look finds that, too
    await house.database.admin(`update app.approval_decision set entry_id = gen_random_uuid() where team_id = $1`, [first.team]);
    for (const [persona, kind] of [['asha', 'composition_change'], ['architect', 'architecture_change'], ['ops', 'app_store_rejection']] as const) await first.record(persona, kind, `Said by ${persona}.`);
    const shown = async (persona: string): Promise<unknown[]> => ((await (await house.as(persona)).get('/v1/escalations')).body as { items: { teamId: string; trigger: string; said: string | null }[] }).items.filter(({ teamId, said }) => teamId === first.team && said !== null).map(({ trigger, said }) => [trigger, said]);
    expect(await shown('genesis')).toEqual([['composition_change', 'Said by asha.']]);
    expect((await shown('gov')).sort()).toEqual([['app_store_rejection', 'Said by ops.'], ['architecture_change', 'Said by architect.']]);
    expect(await first.raised('audit_bypassed')).toMatchObject([{ to_role: 'vision_guardian' }]);
  });

  it('leaves every name of the checklist, each time with its whole payload, and no person’s words in the clear', async () => {
    const stored = await house.database.admin<{ payload: Buffer }>(`select e.payload from audit.entry e join app.team t on t.team_id = e.team_id order by e.team_id, e.seq`);
    const entries = stored.map(({ payload }) => JSON.parse(payload.toString('utf8')) as StoredEntry);
    expect(unmetOf(entries)).toEqual([]);
    expect(membersFields(entries)).toEqual(MEMBERS_FIELDS);
    // each id and hash is of what it stands for; were one another's, even of somebody who is there, it would be found
    const named = (some: readonly StoredEntry[]): Promise<string[]> => misnamed((text, values) => house.database.admin(text, values), some);
    expect(await named(entries)).toEqual([]);
    const [manager, member] = await house.database.admin<{ id: string }>(`select distinct on (kind) id from app.member order by kind, id`); // the oldest of each, so of Borealis’s team
    for (const [action, field] of NAMING) {
      const swapped = entries.filter((entry) => entry.action === action).map((entry) => ({ ...entry, body: { ...entry.body, [field]: (field === 'manager_id' ? member : manager)!.id } }));
      expect([action, field, (await named(swapped)).length]).toEqual([action, field, swapped.length]);
    }
    for (const [action, field] of [['TEAM-CREATED', 'pricing'], ['MOBILE-APPROVAL-GRANTED', 'timestamp']] as const) {
      const without = entries.map((entry) => (entry.action === action ? { ...entry, body: { ...entry.body, [field]: undefined } } : entry));
      expect(new Set(unmetOf(without))).toEqual(new Set([`${action}.${field}: undefined`]));
    }
    expect(unmetOf(entries.filter(({ action }) => action !== 'HELPDESK-DEACTIVATED'))).toEqual(['HELPDESK-DEACTIVATED never appears']);
  });
});
