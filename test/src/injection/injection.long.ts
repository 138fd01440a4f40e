import { MOST_CLARIFICATIONS, type ApprovalDetail, type Manifest } from '@countersign/contracts';
import { injections, LocalStack } from '@countersign/testing';
import { expect } from 'expect';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { submitGoal, waitingApproval } from '../stack/goals.js';
import { repositoryOf, SAMPLE_FILES } from '../stack/sample-repository.js';
import { InjectionDoors, serversWords } from './doors.js';
import { agentsWithScript, SAYINGS } from './scripted-worker.js';
import { egressFile } from './strangers.js';

/** How many of them, evenly over texts and disguises; fewer for a short look. */
const MOST = Number(process.env['COUNTERSIGN_LONG_INJECTIONS'] ?? 300);
const ALL = injections();
const TEXTS = ALL.filter((_, index) => Math.floor((index * MOST) / ALL.length) !== Math.floor(((index - 1) * MOST) / ALL.length));

describe(`${TEXTS.length} texts that want to be an order, through what an agent or a stranger can write, by a worker’s protocol, by HTTP and by rows`, { concurrency: 1 }, () => {
  let stack: LocalStack;
  let team: string;
  let doors: InjectionDoors;
  let published: string;
  let agents: string;
  let border: string;
  before(async () => {
    [published, agents, border] = [mkdtempSync(join(tmpdir(), 'published-')), agentsWithScript(), mkdtempSync(join(tmpdir(), 'border-'))];
    chmodSync(border, 0o755);
    stack = await LocalStack.start({ env: { COUNTERSIGN_PUBLISH_DIR: published, COUNTERSIGN_AGENTS_DIR: agents, COUNTERSIGN_EGRESS: egressFile(border) } });
    team = await stack.activeTeam('asha', 'production');
    doors = await InjectionDoors.open(stack, { awake: team, asleep: await stack.activeTeam('ben', 'production') }, TEXTS);
  });
  after(async () => {
    await stack?.close();
    for (const folder of [published, agents, border]) rmSync(folder, { recursive: true, force: true });
  });

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

  it('through a worker, which says each with every word of its protocol and hands all of them in: reviewed, asked about at its tier, and nothing else comes of it', () => doors.untouched(async () => {
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
  }));

  it('by rows, in a goal’s text, a draft, its name, its summary, notes, progress and the output of a check: asked about at its tier, a folder’s and an e-mail’s, and none of it in the server’s words', () => doors.untouched(() => doors.byRows()));
  it('in a mission, its work items and what is told about it', () => doors.untouched(() => doors.inMissions()));
  it('by rows, in what agents tell one another and why they want something', () => doors.untouched(() => doors.betweenAgents()));
  it('to the helpdesk: it does nothing, promises nothing, and repeats none of it', () => doors.untouched(() => doors.toTheHelpdesk()));

  it('and nothing has left: no effect, no folder, no yes', async () => {
    await doors.nothingLeft();
    expect(readdirSync(published)).toEqual([]);
    console.log(`${TEXTS.length} texts, ${(await stack.sql<{ n: number }>('select count(*)::int as n from app.approval'))[0]!.n} questions at tiers 1 and 2, 0 effects, 0 decisions, 0 changes of authority`);
  });
});
