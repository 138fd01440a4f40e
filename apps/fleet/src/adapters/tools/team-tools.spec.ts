import { RefusedError, uuidv7, type SpawnOutcome, type TodoView } from '@countersign/contracts';
import type { CommandClient } from '@countersign/bus';
import { expect } from 'expect';
import { after, afterEach, before, describe, it } from 'node:test';
import type { AgentWish } from '../../domain/spawn-args.js';
import { aGrant } from '../../testing/capabilities.js';
import { BOUND, ToolBench, type DeskWishes, type ToolRun } from '../../testing/tool-bench.js';
import type { CheckBase } from '../checks/check-sandbox.js';
import { TeamLine } from '../nats/team-line.js';
import { ToolProblem } from './outcomes.js';
import type { WorkerRefusal } from '../worker/session.js';

/** What is said of deliveries is said once the answer has left. */
const until = async (there: () => boolean): Promise<void> => { while (!there()) await new Promise((resolve) => setImmediate(resolve)); };

const TOOLS = ['TeamCreate', 'SendMessage', 'TaskCreate', 'TaskUpdate', 'TaskList', 'Task'] as const;
const GRANT = aGrant({ tool_allowlist: ['*'] });
const [ITEM, OTHER, MESSAGE] = [uuidv7(), uuidv7(), uuidv7()];
const todo: TodoView = { id: ITEM, subject: 's', description: 'd', state: 'pending', blockedBy: [], metadata: {}, managed: false };
/** A call of each as the original's agents make it, with every argument it has. */
const CALLS: Readonly<Record<(typeof TOOLS)[number], object>> = {
  TeamCreate: { team_name: 'build', description: 'builds', agent_type: 'lead' },
  SendMessage: { type: 'message', recipient: 'Pax', content: 'hello', summary: 'a greeting' },
  TaskCreate: { subject: 's', description: 'd', activeForm: 'doing s', metadata: { n: 1 } },
  TaskUpdate: { taskId: ITEM, status: 'in_progress', subject: 's2', description: 'd2', activeForm: 'doing', owner: 'Pax', metadata: { n: 2 }, addBlocks: [OTHER], addBlockedBy: [MESSAGE] },
  TaskList: {},
  Task: { description: 'look', prompt: 'look at it', subagent_type: 'worker', model: 'opus', run_in_background: true, max_turns: 3, name: 'helper', team_name: 'code care', mode: 'bypassPermissions' },
};
const started: SpawnOutcome = { ok: true, code: 'ok', message: '', violations: [], requiresUserApproval: false, instanceId: BOUND.instanceId, status: 'queued', missionId: BOUND.goalId, skillHash: 'sha256:x' };

describe("the original's tools for a team", () => {
  let bench: ToolBench;
  let base: CheckBase;
  let run: ToolRun;
  let heard: [string, object][];
  let wishes: AgentWish[];
  before(() => {
    bench = new ToolBench();
    base = bench.repositoryOf({ 'a.md': 'a\n' });
  });
  after(() => bench[Symbol.dispose]());
  afterEach(() => run?.[Symbol.asyncDispose]());

  /** A desk whose commands to the manager's service are heard here. */
  const open = (more: DeskWishes = {}, grant = GRANT, answer: (verb: string) => object = () => ({})): ToolRun => {
    [heard, wishes] = [[], []];
    const request = (command: { verb: string }, body: object): Promise<object> => {
      heard.push([command.verb, body]);
      return Promise.resolve({ ok: true, code: 'ok', message: '', todo: [todo], name: 'Code care', members: [{ memberId: ITEM, name: 'Mira', lead: true }], messageId: MESSAGE, to: [{ memberId: ITEM, name: 'Pax', lead: false }], ...answer(command.verb) });
    };
    const team = new TeamLine({ request } as unknown as CommandClient).of(ITEM as never, BOUND.instanceId);
    return (run = bench.run(base, grant, { team, spawns: 2, gate: (wish) => { wishes.push(wish); return Promise.resolve(started); }, ...more }));
  };

  it('bring what was written to the member with the answer to the next call, once; what interrupts is answered in the call’s stead', async () => {
    const note = { id: MESSAGE, type: 'message' as const, from: 'user', content: 'Mind the README', summary: '', at: '2026-01-02T03:04:05.000Z' };
    let waiting = { messages: [note], interrupts: [] as string[] };
    open({ mail: () => Promise.resolve(waiting) });
    const make = () => run.call('TaskCreate', CALLS.TaskCreate);
    expect(await make()).not.toHaveProperty('inbox');
    run.host.mail.written();
    expect(await run.call('TaskList', {})).not.toHaveProperty('inbox'); // it brings the mail itself
    expect(await make()).toMatchObject({ taskId: ITEM, inbox: [{ message_id: MESSAGE, from: 'user', content: 'Mind the README' }] });
    expect(await make()).not.toHaveProperty('inbox');
    waiting = { messages: [{ ...note, id: OTHER, content: 'Stop that' }], interrupts: [OTHER] };
    run.host.mail.written();
    const used = run.host.slice.drawn.tool_calls;
    expect(await make()).toBe('interrupted');
    expect(run.host.slice.drawn.tool_calls).toBe(used);
    expect(await make()).toMatchObject({ taskId: ITEM });
  });

  it('lose no mail: a call that fails brings it with its no, a lost answer is asked for again, and only what was given is said to have come', async () => {
    const note = (id: string, content: string) => ({ id, type: 'message' as const, from: 'user', content, summary: '', at: '2026-01-02T03:04:05.000Z' });
    const [waiting, said]: [Map<string, ReturnType<typeof note>>, string[]] = [new Map([[MESSAGE, note(MESSAGE, 'one')], [OTHER, note(OTHER, 'two')]]), []];
    const interrupting = new Set<string>();
    let silent = 1;
    open({
      mail: ({ delivered, read }) => {
        if (silent-- > 0) return Promise.resolve(undefined);
        said.push(...delivered, ...read.map((id) => `read ${id}`));
        for (const id of delivered) waiting.delete(id);
        return Promise.resolve({ messages: [...waiting.values()], interrupts: [...waiting.keys()].filter((id) => interrupting.has(id)) });
      },
      slice: { tool_calls: 2 },
    });
    const inboxOf = (asked: Promise<unknown>): Promise<unknown> => asked.then((result) => result, (error: unknown) => (error as WorkerRefusal).error.data).then((answer) => (answer as { inbox?: { content: string }[] } | undefined)?.inbox?.map(({ content }) => content));
    const call = () => run.host.request('tool/call', { tool: 'TaskCreate', args: CALLS.TaskCreate as never });
    run.host.mail.written();
    expect(await inboxOf(run.host.request('budget/status', {}))).toBeUndefined(); // the manager was silent: no call waits for it again
    run.host.mail.written();
    expect(await inboxOf(call())).toEqual(['one', 'two']);
    await until(() => said.length === 2);
    waiting.set(ITEM, note(ITEM, 'three'));
    run.host.mail.written();
    expect(await inboxOf(run.host.request('tool/call', { tool: 'bash', args: { command: 'true' } as never }))).toEqual(['three']);
    await until(() => said.length === 3);
    // no call is left in the slice: what waits comes with that no, and with any other method
    expect(await inboxOf(call())).toBeUndefined();
    waiting.set('4', note('4', 'four'));
    run.host.mail.written();
    expect(await inboxOf(call())).toEqual(['four']);
    waiting.set('5', note('5', 'five'));
    run.host.mail.written();
    expect(await inboxOf(run.host.request('budget/status', {}))).toEqual(['five']);
    for (const [at, method] of (['model/complete', 'artifact/put'] as const).entries()) {
      interrupting.add(`stop ${at}`);
      waiting.set(`stop ${at}`, note(`stop ${at}`, 'Stop'));
      run.host.mail.written();
      expect(await run.ask(method, {} as never)).toBe('interrupted');
    }
    run.host.notification('inbox/read', { messageIds: ['5', 'never given'] });
    await until(() => said.includes('read 5'));
    expect(said).toEqual([MESSAGE, OTHER, ITEM, '4', '5', 'stop 0', 'stop 1', 'read 5']);
    expect(waiting.size).toBe(0);
  });

  it('list messages with their files, and where those lie', async () => {
    const files = ['a', 'b'].map((letter) => ({ name: `${letter}.txt`, mediaType: 'text/plain', bytes: 5, sha256: letter.repeat(64) }));
    const listed = (places: NonNullable<DeskWishes['places']>): Promise<Record<string, unknown> | string> => {
      open({ places }, GRANT, (verb) => (verb === 'list_todos' ? { messages: [{ id: MESSAGE, type: 'message', from: 'user', content: 'See', summary: '', at: '2026-01-02T03:04:05.000Z', files }] } : {}));
      return run.call('TaskList', {});
    };
    const entry = (letter: string) => ({ name: `${letter}.txt`, media_type: 'text/plain', bytes: 5, sha256: letter.repeat(64) });
    const message = (shown: object[]) => ({ message_id: MESSAGE, type: 'message', from: 'user', content: 'See', summary: '', at: '2026-01-02T03:04:05.000Z', files: shown });
    expect(await listed(() => Promise.resolve({ ['a'.repeat(64)]: '/mail/a.txt' }))).toEqual({ tasks: [], messages: [message([{ ...entry('a'), path: '/mail/a.txt' }, entry('b')])] });
    await run[Symbol.asyncDispose]();
    expect(await listed(() => Promise.reject(new Error('no database')))).toMatchObject({ messages: [message([entry('a'), entry('b')])] });
  });

  it('ask, and wait: the answer comes to who asked alone, other calls go on, and silence, an interrupt and the end are no answer', async () => {
    const note = (id: string, more: object = {}) => ({ id, type: 'message' as const, from: 'user', content: 'MIT', summary: '', at: '2026-01-02T03:04:05.000Z', ...more });
    let waiting: { messages: ReturnType<typeof note>[]; interrupts: string[] } = { messages: [], interrupts: [] };
    const [said, asked, given]: [string[], object[], string[]] = [[], [], []];
    let lastMoment: 'answered' | 'erased' | undefined;
    let waitMs = 60_000;
    let [mayAsk, mayTell] = [Promise.resolve(), Promise.resolve()];
    let looks = 0;
    const opened = (over: DeskWishes = {}) => open({
      mail: async ({ delivered, read }) => { said.push(...delivered, ...read); looks += 1; await mayTell; return waiting; },
      clarify: { ask: async (question) => { asked.push(question); await mayAsk; return { questionId: ITEM, waitMs }; }, giveUp: (_, outcome) => { given.push(outcome); return Promise.resolve(lastMoment); } },
      slice: { tool_calls: 10, ms: 100_000 }, ...over,
    });
    const ask = () => run.ask('ask', { taskId: 'task', question: 'Which licence?', choices: ['MIT'] });
    opened();
    const waits = ask();
    await until(() => asked.length === 1 && run.host.mail.isAwaiting);
    expect(asked).toEqual([{ question: 'Which licence?', choices: ['MIT'], waitMs: expect.any(Number) }]);
    expect((asked[0] as { waitMs: number }).waitMs).toBeLessThanOrEqual(75_000);
    waiting = { messages: [note(MESSAGE, { requestId: ITEM }), note(OTHER, { content: 'Mind the README' })], interrupts: [] };
    run.host.mail.written();
    expect(await run.ask('budget/status', {})).toMatchObject({ inbox: [{ content: 'Mind the README' }] }); // not the answer
    expect(await waits).toEqual({ outcome: 'answered', answer: 'MIT' });
    await until(() => said.filter((id) => id === MESSAGE).length === 2); // delivered, and read
    expect(run.host.slice.drawn.tool_calls ?? 0).toBe(0); // also who may call no tool may ask
    // an answer that another call has brought meanwhile is one as well
    await run[Symbol.asyncDispose]();
    opened({ clarify: { ask: async () => { run.host.mail.written(); await run.ask('budget/status', {}); return { questionId: ITEM, waitMs }; }, giveUp: () => Promise.resolve(undefined) } });
    expect(await ask()).toMatchObject({ outcome: 'answered', answer: 'MIT' });
    await run[Symbol.asyncDispose]();
    [waiting, waitMs] = [{ messages: [], interrupts: [] }, 1];
    opened();
    expect([await ask(), given]).toEqual([{ outcome: 'timeout' }, ['timeout']]);
    const [before, answer] = [asked.length, note(MESSAGE, { requestId: ITEM })];
    lastMoment = 'answered';
    waiting = { messages: [answer], interrupts: [] };
    expect(await ask()).toMatchObject({ outcome: 'answered' });
    expect(asked).toHaveLength(before + 1);
    // what somebody erased before it came is neither silence nor an answer, and nothing to wait for
    await run[Symbol.asyncDispose]();
    [waiting, lastMoment] = [{ messages: [], interrupts: [] }, 'erased'];
    opened();
    expect([await ask(), given.at(-1)]).toEqual([{ outcome: 'erased' }, 'timeout']);
    await run[Symbol.asyncDispose]();
    [waiting, waitMs] = [{ messages: [], interrupts: [] }, 60_000];
    opened();
    const interrupted = ask();
    await until(() => run.host.mail.isAwaiting);
    waiting = { messages: [note(OTHER, { content: 'Stop that' })], interrupts: [OTHER] };
    run.host.mail.written();
    expect(await interrupted).toBe('interrupted');
    // met by another call first, it ends the waiting all the same
    const [question, post, m] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), asked.length];
    [mayAsk, mayTell] = [question.promise, post.promise];
    const beside = ask();
    await until(() => asked.length > m);
    waiting = { messages: [note(ITEM, { content: 'Stop that too' })], interrupts: [ITEM] };
    looks = 0;
    run.host.mail.written();
    const other = run.ask('budget/status', {});
    await until(() => looks > 0);
    question.resolve();
    await until(() => run.host.mail.isAwaiting);
    post.resolve();
    expect([await other, await beside]).toEqual(['interrupted', 'interrupted']);
    // asked to end, for which it has a minute, it hears so at once
    waiting = { messages: [note(MESSAGE, { type: 'shutdown_request' })], interrupts: [] };
    expect(await ask()).toMatchObject({ outcome: 'withdrawn', inbox: [{ message_id: MESSAGE, type: 'shutdown_request' }] });
    expect(given.at(-1)).toBe('withdrawn');
    waiting = { messages: [], interrupts: [] };
    const gone = ask();
    setImmediate(() => run.host.mail.close());
    expect(await gone).toMatchObject({ outcome: 'withdrawn' });
    expect(await run.ask('ask', { taskId: 'other', question: 'x' })).toBe('-32602');
    await run[Symbol.asyncDispose]();
    let heardOf = 0;
    opened({ clarify: { ask: () => { heardOf += 1; return Promise.reject(new ToolProblem('question_open', 'one at a time')); }, giveUp: () => Promise.resolve(undefined) } });
    const codes = new Set<unknown>();
    for (let more = 0; more < 30; more++) codes.add(await ask());
    expect([[...codes], heardOf]).toEqual([['question_open', 'questions_exhausted'], 10]); // nobody's service is kept busy by one that goes on
  });

  it('are cut between two characters where they are too long, the question, its choices and the reason of a no', async () => {
    const [asked, said]: [object[], object[]] = [[], []];
    open({
      clarify: { ask: (question) => { asked.push(question); return Promise.reject(new ToolProblem('question_open', 'one at a time')); }, giveUp: () => Promise.resolve(undefined) },
      answerShutdown: (answer) => { said.push(answer); return Promise.resolve(); }, slice: { ms: 100_000 },
    });
    const crabs = (before: number) => `${'x'.repeat(before)}\u{1f980}\u{1f980}`;
    await run.ask('ask', { taskId: 'task', question: crabs(3_999), choices: [crabs(199), crabs(198)] });
    const cut = (before: number) => crabs(before).slice(0, -2);
    expect(asked).toEqual([{ question: cut(3_999), choices: [cut(199), crabs(198)], waitMs: expect.any(Number) }]);
    await run.ask('shutdown/answer', { message_id: MESSAGE, approve: false, reason: crabs(499) });
    expect(said).toMatchObject([{ reason: cut(499) }]);
  });

  it('are told that a person asks the member to end, say yes or no, and are ended in order by their own yes alone', async () => {
    const said: object[] = [];
    open({
      mail: () => Promise.resolve({ messages: [{ id: MESSAGE, type: 'shutdown_request' as const, from: 'user', content: 'We move the machine', summary: '', at: '2026-01-02T03:04:05.000Z', dueAt: '2026-01-02T03:05:05.000Z' }], interrupts: [] }),
      answerShutdown: (answer) => { said.push(answer); return answer.message_id === MESSAGE ? Promise.resolve() : Promise.reject(new ToolProblem('request_unknown', 'nobody asked')); },
      secrets: { npm: 'hunter-two' }, slice: { tool_calls: 1 },
    });
    run.host.mail.written();
    expect(await run.ask('budget/status', {})).toMatchObject({ inbox: [{ message_id: MESSAGE, type: 'shutdown_request', answer_by: '2026-01-02T03:05:05.000Z', content: 'We move the machine' }] });
    expect(await run.ask('shutdown/answer', { message_id: OTHER, approve: true })).toBe('request_unknown');
    expect([await run.ask('shutdown/answer', { message_id: MESSAGE, approve: false, reason: 'not yet' }), run.host.leaving]).toEqual([{ accepted: true }, false]);
    expect([await run.ask('shutdown/answer', { message_id: MESSAGE, approve: true }), run.host.leaving]).toEqual([{ accepted: true }, true]);
    expect([said.length, run.host.slice.drawn.tool_calls ?? 0]).toEqual([3, 0]);
  });

  it('take its arguments, and are what they are here: questions of the process’s own instance, whatever it says', async () => {
    open();
    const answers = Object.fromEntries(await Promise.all(TOOLS.map(async (tool) => [tool, await run.call(tool, CALLS[tool])] as const)));
    const item = { taskId: ITEM, subject: 's', description: 'd', status: 'pending', blockedBy: [], metadata: {}, managed: false };
    expect(answers).toEqual({
      TeamCreate: { team_name: 'Code care', members: [{ name: 'Mira', lead: true }] },
      SendMessage: { message_id: MESSAGE, recipients: ['Pax'] },
      TaskCreate: item, TaskUpdate: item, TaskList: { tasks: [], messages: [] },
      Task: { ok: true, missionID: BOUND.goalId, instanceID: expect.stringMatching(/^ins_/), sessionID: expect.stringMatching(/^ses_/), runID: null, status: 'queued', skillHash: 'sha256:x', ignored: ['model', 'run_in_background', 'name', 'mode'] },
    });
    const mine = { teamId: ITEM, instanceId: BOUND.instanceId, callId: expect.stringMatching(/^[0-9a-f-]{36}$/) };
    expect(Object.fromEntries(heard)).toEqual({
      join_team: { ...mine, name: 'build', description: 'builds' },
      send_message: { ...mine, type: 'message', recipient: 'Pax', content: 'hello', summary: 'a greeting' },
      create_todo: { ...mine, subject: 's', description: 'd', activeForm: 'doing s', metadata: { n: 1 } },
      update_todo: { ...mine, todoId: ITEM, state: 'in_progress', subject: 's2', description: 'd2', activeForm: 'doing', owner: 'Pax', metadata: { n: 2 }, blocks: [OTHER], blockedBy: [MESSAGE] },
      list_todos: mine,
    });
    expect(wishes).toEqual([{ role: 'worker', justification: 'look\n\nlook at it', budgetOverride: { steps: 3 } }]);
  });

  it('refuse what is no argument of theirs, before anybody is asked', async () => {
    open();
    const wrong: [string, object][] = [
      ['TeamCreate', {}], ['SendMessage', { type: 'approve', content: 'x' }], ['SendMessage', { type: 'message', request_id: '1' }], ['TaskCreate', { subject: '', description: '' }], ['TaskUpdate', { taskId: ITEM, status: 'done' }],
      ['TaskUpdate', { taskId: '../x' }], ['TaskList', { team: 'other' }], ['Task', { description: 'd', prompt: 'p' }], ...TOOLS.map((tool): [string, object] => [tool, { ...CALLS[tool], instanceId: OTHER }]),
    ];
    for (const [tool, args] of wrong) expect([tool, await run.call(tool, args)]).toEqual([tool, 'invalid_params']);
    expect([heard, wishes]).toEqual([[], []]);
  });

  it('are tools like others: not there without the grant, and each call is drawn from the slice', async () => {
    open({}, aGrant({ tool_allowlist: ['TaskList'] }));
    expect(run.desk.names).toEqual(['TaskList']);
    for (const tool of TOOLS.filter((each) => each !== 'TaskList')) expect([tool, await run.call(tool, CALLS[tool])]).toEqual([tool, 'tool_not_allowed']);
    expect(run.denied.map(({ tool }) => tool)).toEqual(TOOLS.filter((each) => each !== 'TaskList'));
    await run[Symbol.asyncDispose]();
    open({ slice: { tool_calls: 2 } });
    expect([await run.call('TaskList', {}), await run.call('SendMessage', CALLS.SendMessage)].map((answer) => typeof answer)).toEqual(['object', 'object']);
    expect(await run.call('TaskCreate', CALLS.TaskCreate)).toBe('-32002');
    await run[Symbol.asyncDispose]();
    open({ spawns: 0 });
    expect(run.desk.names).not.toContain('Task');
  });

  it('start another agent through the gate alone: another team, a role nobody has, or more than the spec says is refused', async () => {
    open({ spawns: 1 });
    expect(await run.call('Task', { ...CALLS.Task, team_name: 'Borealis' })).toMatchObject({ ok: false, code: 'SPAWN_INVALID_ARGS' });
    expect(wishes).toEqual([]);
    expect(await run.call('Task', { description: 'd', prompt: '', subagent_type: 'general-purpose' })).toMatchObject({ ok: true });
    expect(wishes).toEqual([{ role: 'worker', templateId: 'general-purpose', justification: 'd' }]);
    expect(await run.call('Task', CALLS.Task)).toBe('spawn_not_allowed');
  });

  it('write no secret that the worker was given where others read it', async () => {
    open({ secrets: { npm: 'hunter-two' } });
    await run.call('SendMessage', { type: 'broadcast', content: 'it is hunter-two', summary: 'hunter-two' });
    await run.call('TaskCreate', { subject: 'hunter-two', description: 'hunter-two', metadata: { 'hunter-two': 'hunter-two' } });
    await run.call('TaskUpdate', { taskId: ITEM, subject: 'hunter-two', metadata: { deep: ['hunter-two'], 'password": ': 123456789 } });
    await run.call('Task', { ...CALLS.Task, prompt: 'use hunter-two' });
    expect(JSON.stringify([heard, wishes])).not.toContain('hunter');
  });

  it('tell a no by its code, and a silence as one', async () => {
    open({}, GRANT, () => ({ ok: false, code: 'todo_cycle', message: 'in a circle' }));
    expect(await run.call('TaskUpdate', CALLS.TaskUpdate)).toBe('todo_cycle');
    await run[Symbol.asyncDispose]();
    // whoever it wants to write to that is no member, the customer above all
    open({}, GRANT, () => ({ ok: false, code: 'recipient_unknown', message: 'there is no member of this name' }));
    for (const recipient of ['Asha', 'customer', 'user']) expect([recipient, await run.call('SendMessage', { ...CALLS.SendMessage, recipient })]).toEqual([recipient, 'recipient_unknown']);
    expect(heard.map(([verb, body]) => [verb, (body as { recipient: string }).recipient])).toEqual([['send_message', 'Asha'], ['send_message', 'customer'], ['send_message', 'user']]);
    await run[Symbol.asyncDispose]();
    open({}, GRANT, () => { throw new RefusedError('stale_epoch', 'too late'); });
    expect(await run.call('TaskList', {})).toBe('stale_epoch');
    await run[Symbol.asyncDispose]();
    open({}, GRANT, () => { throw new Error('silence'); });
    expect(await run.call('TaskList', {})).toBe('manager_unreachable');
  });
});
