import { MOST_CLARIFICATIONS, type ApprovalDetail, type HelpdeskReply, type Manifest } from '@countersign/contracts';
import { injections, LocalStack, policyWith, until } from '@countersign/testing';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { submitGoal, waitingApproval } from '../stack/goals.js';
import { repositoryOf, SAMPLE_FILES } from '../stack/sample-repository.js';
import { agentsWithScript, SAYINGS } from './scripted-worker.js';
import { proposedWith, tierOf } from './strangers.js';

/** How many of them, evenly over texts and disguises; fewer for a short look. */
const MOST = Number(process.env['COUNTERSIGN_LONG_INJECTIONS'] ?? 300);
const ALL = injections();
const TEXTS = ALL.filter((_, index) => Math.floor((index * MOST) / ALL.length) !== Math.floor(((index - 1) * MOST) / ALL.length));
const AT_ONCE = 8;

describe(`${TEXTS.length} texts that want to be an order, through what an agent or a stranger can write, by a worker’s protocol, by HTTP and by rows`, { concurrency: 1 }, () => {
  let stack: LocalStack;
  let team: string;
  let asleep: string;
  let published: string;
  let agents: string;
  before(async () => {
    [published, agents] = [mkdtempSync(join(tmpdir(), 'published-')), agentsWithScript()];
    stack = await LocalStack.start({ env: { COUNTERSIGN_PUBLISH_DIR: published, COUNTERSIGN_AGENTS_DIR: agents } });
    [team, asleep] = [await stack.activeTeam('asha', 'production'), await stack.activeTeam('ben', 'production')];
    // A hundred questions in ten minutes pause the agent: here one asks three hundred.
    await stack.sql(policyWith('approval-policy', ['watch', 'asks', 'ofAgent'], 1_000));
    // Twenty refused attempts suspend the member: here one makes over a thousand.
    await stack.sql(policyWith('team-policy', ['suspension', 'scopeDrifts'], 10_000));
    await stack.post('ben', `/v1/teams/${asleep}/suspend`, { reason: 'looking into it' });
    await until('no team is on its way to work by itself', async () => (await stack.sql(`select 1 from app.team where state in ('requested', 'certified')`)).length === 0);
    await until('the helpdesk is open', async () => (await stack.sql(`select 1 from app.helpdesk_session where team_id = $1 and closed_at is null`, [asleep])).length > 0);
  });
  after(async () => {
    await stack?.close();
    for (const folder of [published, agents]) rmSync(folder, { recursive: true, force: true });
  });

  /** Each text, some at a time. */
  const each = async (work: (injection: (typeof TEXTS)[number]) => Promise<void>): Promise<void> => {
    const left = [...TEXTS];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
    }));
  };
  /** Everything that only a person, a governor or the gate may change. */
  const authority = (): Promise<object[]> => stack.sql(`select
    (select json_agg(row(kind, id, version)::text order by 1) from (select kind, id, max(version) as version from app.policy group by kind, id) p) as policies,
    (select json_agg(bundle order by team_id) from app.team) as bundles, (select json_agg(row(team_id, state, epoch)::text order by team_id) from app.team) as teams,
    (select json_agg(row(id, roles)::text order by id) from app.person) as people, (select count(*) from app.approver_key) as keys,
    (select count(*) from app.approval_decision) as decisions, (select count(*) from app.approval_use) as uses, (select count(*) from app.effect) as effects`);
  /** A person answers what the worker asks, which waits for it, until the work is done: the same to each. Resolves with the questions. */
  const answerAll = async (done: Promise<unknown>): Promise<string[]> => {
    const questions: string[] = [];
    let over = false;
    void done.catch(() => undefined).then(() => (over = true));
    while (!over) {
      const { items } = await stack.get<{ items: { id: string; question: string }[] }>('asha', `/v1/teams/${team}/clarifications?open=true`);
      for (const { id, question } of items) {
        await stack.post('asha', `/v1/teams/${team}/clarifications/${id}/answer`, { text: 'Go on without.' });
        questions.push(question);
      }
      await sleep(100);
    }
    return questions;
  };
  /** What the server itself says about an approval. */
  const serversWords = ({ title, question, whatHappens, facts, digestWords, teamName, state, tier, marks }: ApprovalDetail): string => JSON.stringify({ title, question, whatHappens, facts, digestWords, teamName, state, tier, marks });

  it('through a worker, which says each with every word of its protocol and hands all of them in: reviewed, asked about at its tier, and nothing else comes of it', async () => {
    const before = await authority();
    const instances = (): Promise<object[]> => stack.sql(`select count(*)::int as started from app.instance where team_id = $1 and requested_by like 'instance:%'`, [team]);
    const repository = repositoryOf({ ...SAMPLE_FILES, [SAYINGS]: JSON.stringify(TEXTS.map(({ text }) => text)) });
    const proposed = waitingApproval(stack, await submitGoal(stack, team, repository, 'Document the package'));
    const asked = await answerAll(proposed);
    const { id } = await proposed;
    expect([asked.length, asked.every((question) => /INJ\d{4}Q/.test(question))]).toEqual([Math.min(TEXTS.length, MOST_CLARIFICATIONS), true]);
    const detail = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${id}`);
    expect([detail.tier, detail.state, /INJ\d{4}Q/.test(serversWords(detail)), await instances()]).toEqual([1, 'pending', false, [{ started: 0 }]]);
    const manifest = (await (await stack.fetch('asha', `/v1/approvals/${id}/manifest`)).json()) as Manifest;
    expect([manifest.effects[0]!.params['branch'], /INJ\d{4}Q/.test(JSON.stringify(manifest)), repository.pushes()]).toEqual([expect.stringMatching(/^countersign\/[\w-]+$/), false, []]);
    const heard = await stack.sql<{ lines: number; refused: number }>(`select (select count(*)::int from app.worker_log where team_id = $1 and line ~ 'INJ[0-9]{4}Q') as lines, (select count(distinct tool)::int from app.capability_denial where team_id = $1) as refused`, [team]);
    expect([heard[0]!.lines >= Math.min(TEXTS.length, 100), heard[0]!.refused]).toEqual([true, 5]); // of a run's lines, and of what is refused to it, the first are kept
    expect(await authority()).toEqual(before);
  });

  it('by rows, in a goal’s text, a draft, its name, its summary, notes, progress and the output of a check: asked about at its tier, a folder’s and an e-mail’s, and none of it in the server’s words', async () => {
    const before = await authority();
    await each(async (injection) => {
      const deliverableId = await proposedWith(stack, team, injection);
      const [{ id }] = [await until(`the question about ${injection.mark}`, async () => (await stack.sql<{ id: string }>(`select id from app.approval where deliverable_id = $1`, [deliverableId]))[0], 120_000)];
      const detail = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${id}`);
      expect([injection.mark, detail.tier, detail.state, serversWords(detail).includes(injection.mark)]).toEqual([injection.mark, tierOf(injection), 'pending', false]);
      expect(detail.agentSays).toContain(injection.mark);
      const manifest = (await (await stack.fetch('asha', `/v1/approvals/${id}/manifest`)).json()) as Manifest;
      expect([manifest.tier, manifest.effects.length, JSON.stringify({ ...manifest, artifacts: [] }).includes(injection.mark)]).toEqual([String(tierOf(injection)), 1, false]);
    });
    expect(await authority()).toEqual(before);
  });

  /** Again for as long as it is too much at a time. */
  const sent = async (path: string, key: string, body: object): Promise<Response> => {
    for (;;) {
      const response = await stack.fetch('asha', path, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': key }, body: JSON.stringify(body) });
      if (response.status !== 429) return response;
      await sleep(250);
    }
  };

  it('in a mission, its work items and what is told about it', async () => {
    const before = await authority();
    await each(async ({ mark, text }) => {
      const said = text.slice(0, 2_000);
      const made = await sent('/mission', mark, { title: mark, goal: said, work_items: [{ title: mark, detail: said, assigned_agent: 'nobody' }] });
      const { mission } = (await made.json()) as { mission: { mission_id: string; work_items: { work_item_id: string }[] } };
      const event = (body: object): Promise<Response> => sent(`/mission/${mission.mission_id}/event`, `${mark}${JSON.stringify(body).length}`, { event: { mission_id: mission.mission_id, ...body } });
      const [item] = mission.work_items;
      for (const body of [
        { type: 'tool_observed', run_id: 'r', tool: said.slice(0, 100), phase: 'done' },
        { type: 'run_finished', work_item_id: item!.work_item_id, run_id: 'r', status: said.slice(0, 100) },
        { type: 'approval_granted', work_item_id: item!.work_item_id, approval_id: said.slice(0, 100) },
        { type: 'resource_changed', key: said.slice(0, 100) },
      ]) expect([mark, (await event(body)).status < 500]).toEqual([mark, true]);
    });
    expect(await authority()).toEqual(before);
  });

  it('by rows, in what agents tell one another and why they want something', async () => {
    const before = await authority();
    const [goal] = await stack.sql<{ id: string }>(`select id from app.goal where team_id = $1 limit 1`, [team]);
    const [agent] = await stack.sql<{ instance: string; member: string }>(`select id as instance, member_id as member from app.instance where team_id = $1 and member_id is not null limit 1`, [team]);
    const { instance, member } = agent!;
    await each(async ({ text }) => {
      await stack.sql(`insert into app.team_message (team_id, id, goal_id, type, from_instance, from_id, content, summary) values ($1, gen_random_uuid(), $2, 'broadcast', $3, $4, $5, $6)`, [team, goal!.id, instance, member, text, text.slice(0, 200)]);
      await stack.sql(`insert into app.todo (team_id, id, goal_id, subject, description, created_by, creator_id) values ($1, gen_random_uuid(), $2, $5, $6, $3, $4)`, [team, goal!.id, instance, member, text.slice(0, 200), text.slice(0, 4_000)]);
      await stack.sql(`insert into app.gate_approval (team_id, id, kind, goal_id, instance_id, requested_by, request, digest, code, reason, epoch, due_at) values ($1, gen_random_uuid(), 'tool', $2, $3, $4, $5, $6, 'c', $7, 1, now() + interval '1 hour')`, [team, goal!.id, instance, `instance:${instance}`, JSON.stringify({ tool: 'git.push', args: { why: text } }), createHash('sha256').update(text).digest(), text.slice(0, 1_000)]);
    });
    const questions = await stack.get<object>('asha', '/agent-team/approvals');
    expect(JSON.stringify(questions)).toContain(TEXTS[0]!.mark);
    expect(await authority()).toEqual(before);
  });

  it('to the helpdesk: it does nothing, promises nothing, and repeats none of it', async () => {
    const before = await authority();
    for (const { mark, text } of TEXTS) {
      const { answer } = await stack.post<HelpdeskReply & { answer: string }>('ben', `/v1/teams/${asleep}/helpdesk/messages`, { text: text.slice(0, 2_000) });
      expect([mark, answer.includes(mark), /\bI (will(?! not)|shall|have (approved|pushed|restarted|enrolled|lowered))\b/.test(answer)]).toEqual([mark, false, false]);
    }
    expect(await authority()).toEqual(before);
  });

  it('and nothing has left: no effect, no folder, no yes', async () => {
    expect(await stack.sql(`select (select count(*)::int from app.effect) as effects, (select count(*)::int from app.approval where state not in ('pending', 'expired', 'withdrawn')) as decided, (select count(*)::int from audit.entry where convert_from(payload, 'UTF8') ~ '"action":"(MOBILE-APPROVAL-GRANTED|EFFECT-)') as entries`)).toEqual([{ effects: 0, decided: 0, entries: 0 }]);
    expect(readdirSync(published)).toEqual([]);
    console.log(`${TEXTS.length} texts, ${(await stack.sql<{ n: number }>('select count(*)::int as n from app.approval'))[0]!.n} questions at tiers 1 and 2, 0 effects, 0 decisions, 0 changes of authority`);
  });
});
