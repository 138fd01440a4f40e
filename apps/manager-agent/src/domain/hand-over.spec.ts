import { NOT_THEIR_FAILURE } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aDraft, aGoal, aMember, aRun, aTask } from '../testing/builders.js';
import type { Action } from './actions.js';
import { advance, ITS_TURN_NOTE, NO_PRECEDENT_NOTE } from './advance.js';
import { after } from './after.js';
import { answerTask } from './answer-task.js';
import type { GoalFacts } from './facts.js';

const MINUTE = 60_000;
const [dora, tess] = [aMember(), aMember({ skill: 'tests', others: ['docs'] })];
const with1 = (over: Parameters<typeof aTask>[0] = {}) => aTask({ memberId: dora.id, state: 'assigned', round: 1, ...over });
const look = (task: ReturnType<typeof aTask>, over: Parameters<typeof aGoal>[0] = {}) => advance(aGoal({ tasks: [task], members: [dora, tess], ...over }));
const alone = { members: [dora] };
const busy = { members: [dora, { ...tess, elsewhere: 9 }] };
const gone = { members: [{ ...dora, active: false }, tess] };

describe('an assignment', () => {
  it('that nobody takes up goes to another after the time the bundle says, in a round that does not count', () => {
    expect(look(with1({ stillMs: 10 * MINUTE - 1 }))).toEqual([]);
    expect(look(with1({ stillMs: 10 * MINUTE, notes: ['n'] }))).toMatchObject([{ do: 'reassign', to: tess.id, round: 2, why: 'unacknowledged', notes: ['n'] }]);
    expect(look(with1({ stillMs: 2 * MINUTE }), { coordination: { acknowledgeMinutes: 2 } })).toMatchObject([{ do: 'reassign' }]);
    const third = with1({ round: 3, stillMs: 10 * MINUTE });
    expect(look(third)).toMatchObject([{ do: 'reassign', round: 4 }]);
  });

  it('that was handed over has the rounds left that it had: the one nobody took up is not counted', () => {
    const facts = aGoal({ tasks: [with1({ round: 2, stillMs: 10 * MINUTE })], members: [dora, tess] });
    let now = advance(facts).reduce(after, facts);
    const fails = (): Action[] => {
      now = { ...now, tasks: now.tasks.map((task) => ({ ...task, runs: [aRun({ round: task.round, state: 'failed' })] })) };
      const actions = advance(now);
      now = actions.reduce(after, now);
      return actions;
    };
    expect(now.tasks).toMatchObject([{ round: 3, memberId: tess.id }]);
    expect(fails()).toMatchObject([{ do: 'assign', round: 4, why: 'failure' }]);
    expect(fails()).toMatchObject([{ do: 'block-task' }, { do: 'move-goal', to: 'blocked' }]);
  });

  it('is acknowledged by a supervisor that begins it; one that is queued and that none takes is a person’s, and no blame of the member', () => {
    const queued = (over: Parameters<typeof aRun>[0] = {}) => with1({ stillMs: 60 * MINUTE, runs: [aRun({ queuedMs: 10 * MINUTE, ...over })] });
    expect(look(queued({ state: 'running' })).map((action) => action.do)).toEqual(['begin']);
    expect(look(queued())).toMatchObject([{ do: 'escalate', reason: 'unacknowledged', notes: ['No supervisor has taken this up within 10 minutes.'] }, { do: 'move-goal', to: 'blocked' }]);
    // a later attempt has waited for itself alone; and where a supervisor works on the goal, it is its turn that it waits for
    expect(look(queued({ queuedMs: 10 * MINUTE - 1, attempt: 2 }))).toEqual([]);
    const other = (held: boolean) => aTask({ key: 'tests', memberId: tess.id, state: 'in_progress', round: 1, runs: [aRun({ state: 'running', held })] });
    expect([true, false].map((held) => advance(aGoal({ tasks: [queued(), other(held)], members: [dora, tess] }))[0]?.do)).toEqual([undefined, 'escalate']);
    // while the fleet works for others it waits its turn, which is said beside it until it begins
    const turn = { fleetAtWork: true };
    expect(look(queued({ queuedMs: MINUTE - 1 }), turn)).toEqual([]);
    expect(look(queued(), turn)).toEqual([{ do: 'say', note: ITS_TURN_NOTE }]);
    expect(look(queued(), { ...turn, note: ITS_TURN_NOTE, stillMs: 300 * MINUTE })).toEqual([]);
    expect(look(queued({ state: 'running' }), { ...turn, note: ITS_TURN_NOTE })).toEqual([expect.objectContaining({ do: 'begin' }), { do: 'say', note: '' }]);
    expect(look(queued({ queuedMs: 24 * 60 * MINUTE }), turn)).toMatchObject([{ do: 'escalate' }, { do: 'move-goal' }]);
    expect(look(queued(), { note: ITS_TURN_NOTE })).toMatchObject([{ do: 'escalate' }, { do: 'move-goal' }]);
    // nor is it anybody's before it has been handed on in the team's new epoch
    expect(look(with1({ stillMs: 60 * MINUTE }), { teamEpoch: 2, precedents: [], note: NO_PRECEDENT_NOTE })).toEqual([{ do: 'resume-goal', announce: false }]);
  });

  it('waits where those who could take it are busy, and goes to a person where there is nobody, or nobody else', () => {
    expect(look(with1({ stillMs: 10 * MINUTE }), busy)).toEqual([]);
    for (const [task, over] of [[with1({ stillMs: 10 * MINUTE }), alone], [with1({ stillMs: 10 * MINUTE, takenFrom: [tess.id] }), {}]] as const) {
      expect(look(task, over)).toMatchObject([{ do: 'escalate', reason: 'unacknowledged', notes: ['Nobody has taken this up within 10 minutes.'] }, { do: 'move-goal', to: 'blocked' }]);
    }
  });
});

describe('work of a member who is suspended or gone', () => {
  for (const [what, task] of [
    ['before it began', with1({ state: 'todo', round: 0, memberActive: false })],
    ['assigned', with1({ memberActive: false })],
    ['under way', with1({ state: 'in_progress', memberActive: false, runs: [aRun({ state: 'running' })] })],
  ] as const) {
    it(`is done by another (${what}); waits for one who is busy; and is a person’s where there is none`, () => {
      const first = (over: Parameters<typeof aGoal>[0]): Action | undefined => look(task, over)[0];
      expect(first(gone)).toMatchObject(task.state === 'todo' ? { do: 'assign', member: tess.id, round: 1 } : { do: 'reassign', to: tess.id, round: 2, why: 'absent' });
      expect(first({ members: [{ ...dora, active: false }, { ...tess, elsewhere: 5 }] })).toBeUndefined();
      expect(first({ members: [{ ...dora, active: false }] })).toMatchObject({ do: 'block-task', notes: ['The member who would do this is suspended or gone.'] });
    });
  }

  it('is nobody’s while whoever has the skill is suspended, also what another does for them: a person says how it goes on', () => {
    const suspended = { members: [{ ...dora, active: false, suspended: true }, tess] };
    const blocked = [{ do: 'block-task', notes: ['The member who would do this is suspended or gone.'] }, { do: 'move-goal', to: 'blocked' }];
    for (const memberId of [dora.id, tess.id]) expect(look(with1({ memberId, memberActive: false, state: 'in_progress', runs: [aRun({ state: 'running' })] }), suspended)).toMatchObject(blocked);
    expect(look(with1({ state: 'todo', round: 0, memberActive: false }), suspended)).toMatchObject(blocked);
    const stopped = with1({ memberId: tess.id, state: 'blocked', memberActive: false });
    expect(answerTask(aGoal({ state: 'blocked', tasks: [stopped], ...suspended }), { task: stopped.id, answer: 'retry', note: '' })).toMatchObject({ code: 'member_not_active' });
    // who stood in and is suspended gives it back to whoever has the skill
    expect(look(with1({ memberId: tess.id, memberActive: false }), { members: [dora, { ...tess, active: false, suspended: true }] })).toMatchObject([{ do: 'reassign', to: dora.id, why: 'absent' }]);
  });

  it('counts where it is in already: a draft is judged, and what it lacks another adds', () => {
    const handedIn = with1({ state: 'in_progress', memberActive: false, drafts: [aDraft()] });
    expect(look(handedIn, gone)).toMatchObject([{ do: 'request-checks' }]);
    const failing = { criterion: 'green', passed: false, exitCode: 1, outputTail: '' };
    const judged = with1({ state: 'review', memberActive: false, drafts: [aDraft({ review: { decision: null }, checks: [{ ...failing, criterion: 'parses', passed: true }, failing] })] });
    expect(look(judged, gone)).toMatchObject([{ do: 'decide', decision: 'revise' }, { do: 'reassign', to: tess.id, why: 'absent' }]);
  });

  it('waits, and nothing else with it, where it is sent back and those who could do it are busy; its rounds count on', () => {
    const failing = { criterion: 'green', passed: false, exitCode: 1, outputTail: '' };
    const judged = with1({ state: 'review', round: 2, memberActive: false, drafts: [aDraft({ round: 2, review: { decision: null }, checks: [{ ...failing, criterion: 'parses', passed: true }, failing] })] });
    const other = aTask({ key: 'tests', skill: 'tests', memberId: tess.id, state: 'in_progress', round: 1, runs: [aRun({ state: 'running' })] });
    const facts = aGoal({ tasks: [judged, other], members: [{ ...dora, active: false }, { ...tess, elsewhere: 5 }] });
    const held = advance(facts);
    expect(held).toMatchObject([{ do: 'decide', decision: 'revise' }, { do: 'hold', task: judged.id, notes: [expect.stringContaining('"green"'), expect.stringMatching(/suspended or gone.*have no time/)] }]);
    const now = held.reduce(after, facts);
    expect(advance(now)).toEqual([]);
    expect(advance({ ...now, members: [{ ...dora, active: false }, tess] })).toMatchObject([{ do: 'reassign', task: judged.id, to: tess.id, round: 3, why: 'absent', notes: [expect.stringContaining('"green"')] }]);
    const back = now.tasks.map((task) => ({ ...task, memberActive: true }));
    expect(advance({ ...now, members: [dora, tess], tasks: back })).toMatchObject([{ do: 'assign', task: judged.id, round: 3 }]); // who is back has it first
  });

  it('goes on with another after a suspension, and after a person’s answer', () => {
    expect(look(with1({ memberActive: false }), { ...gone, teamEpoch: 3 })).toMatchObject([{ do: 'reassign', to: tess.id }, { do: 'resume-goal' }]);
    // nothing is handed to who is absent: it waits, in the new epoch, for the one who is busy
    const waits = with1({ memberActive: false });
    expect(look(waits, { members: [{ ...dora, active: false }, { ...tess, elsewhere: 5 }], teamEpoch: 3 })).toEqual([{ do: 'keep-waiting', task: waits.id }, { do: 'resume-goal', announce: false }]);
    const blocked = with1({ state: 'blocked', memberActive: false });
    const answered = (members: GoalFacts['members']) => answerTask(aGoal({ state: 'blocked', tasks: [blocked], members }), { task: blocked.id, answer: 'retry', note: '' });
    expect(answered(gone.members)).toMatchObject({ ok: true, actions: [{}, { do: 'assign', member: tess.id, why: 'answer' }] });
    expect(answered([{ ...dora, active: false }])).toMatchObject({ ok: false, code: 'member_not_active' });
  });
});

describe('work that somebody failed at', () => {
  const failed = with1({ runs: [aRun({ state: 'failed', code: 'crashed' })] });
  it('goes to another who can do it, and counts; where nobody else can, or has time, the same one tries again', () => {
    expect(look(failed)).toMatchObject([{ do: 'reassign', to: tess.id, round: 2, why: 'failed', notes: [expect.stringContaining('crashed')] }]);
    for (const over of [alone, busy]) expect(look(failed, over)).toMatchObject([{ do: 'assign', round: 2, why: 'failure' }]);
    expect(look({ ...failed, round: 3, runs: [aRun({ round: 3, state: 'failed' })] })).toMatchObject([{ do: 'block-task' }, { do: 'move-goal', to: 'blocked' }]);
  });

  it('through no failure of theirs goes on with another in a round that does not count, and not as their failure', () => {
    for (const code of NOT_THEIR_FAILURE) expect([code, look({ ...failed, runs: [aRun({ state: 'failed', code })] })]).toMatchObject([code, [{ do: 'reassign', to: tess.id, why: 'lost' }]]);
    const lost = { ...failed, runs: [aRun({ state: 'failed', code: 'worker_start' })] };
    const facts = aGoal({ tasks: [lost], members: [dora, tess] });
    expect(advance(facts).reduce(after, facts).tasks).toMatchObject([{ round: 2, roundsFrom: 1 }]);
  });

  it('because a person cancelled its agent is given to nobody: a person says whether it goes on', () => {
    const cancelled = with1({ notes: ['n'], runs: [aRun({ state: 'stopped', code: 'cancelled_by_person' })] });
    for (const over of [{}, alone]) expect(look(cancelled, over)).toMatchObject([{ do: 'block-task', notes: ['n', expect.stringContaining('A person cancelled')] }, { do: 'move-goal', to: 'blocked', code: 'task_blocked' }]);
    const facts = aGoal({ tasks: [cancelled], members: [dora, tess] });
    expect(answerTask(advance(facts).reduce(after, facts), { task: cancelled.id, answer: 'retry', note: '' })).toMatchObject({ ok: true, actions: [{}, { do: 'assign', round: 2, why: 'answer' }] });
    expect(look(with1({ runs: [aRun({ state: 'stopped', code: 'instance_cancelled' })] }))).toMatchObject([{ do: 'reassign', why: 'failed' }]);
  });
});

describe('a goal in which nothing moves', () => {
  const waiting = aTask({ key: 'tests', skill: 'tests', memberId: tess.id, dependsOn: [] });
  const queued = with1({ state: 'in_progress', runs: [aRun({ state: 'running', held: false })] }); // its supervisor is gone
  it('is a person’s after the time the bundle says: what is under way, else what waits', () => {
    expect(look(queued, { stillMs: 30 * MINUTE - 1 })).toEqual([]);
    // queued while the fleet works for others is waiting; whatever else has stopped has stopped
    expect(look({ ...queued, runs: [aRun({ attempt: 2, queuedMs: 30 * MINUTE })] }, { stillMs: 30 * MINUTE, fleetAtWork: true, note: ITS_TURN_NOTE })).toEqual([]);
    expect(look(queued, { stillMs: 30 * MINUTE, fleetAtWork: true })).toMatchObject([{ do: 'escalate', reason: 'nothing_moves' }, { do: 'move-goal' }]);
    expect(look(queued, { stillMs: 30 * MINUTE })).toMatchObject([{ do: 'escalate', task: queued.id, reason: 'nothing_moves' }, { do: 'move-goal', to: 'blocked', note: expect.stringContaining('Nothing has moved for 30 minutes') }]);
    const stuck = { ...waiting, dependsOn: [queued.id] };
    expect(advance(aGoal({ tasks: [stuck, queued], members: [dora, tess], stillMs: 40 * MINUTE }))[0]).toMatchObject({ do: 'escalate', task: queued.id });
  });

  it('is one whatever else waits: for an owner, or for somebody who is busy; and so are tasks that only wait for each other', () => {
    const [free, waits] = [aTask({ memberId: null, memberActive: false }), aTask({ memberId: dora.id })];
    const still = (tasks: ReturnType<typeof aTask>[], members = [dora]) => advance(aGoal({ tasks, members, stillMs: 40 * MINUTE })).map((action) => ('task' in action ? action.task : action.do));
    expect(still([free, queued])).toEqual([queued.id, 'move-goal']);
    expect(still([waits, queued], [{ ...dora, elsewhere: 5 }])).toEqual([queued.id, 'move-goal']);
    expect([still([free]), still([free, aTask({ dependsOn: [free.id] })])]).toEqual([[], []]);
    const [a, b] = [aTask(), aTask()];
    expect(still([{ ...a, dependsOn: [b.id] }, { ...b, dependsOn: [a.id] }])).toEqual([a.id, 'move-goal']);
  });

  it('is none while somebody works, or those who could are busy elsewhere, or a person has stopped it', () => {
    const running = with1({ state: 'in_progress', runs: [aRun({ state: 'running' })] });
    expect(look(running, { stillMs: 300 * MINUTE })).toEqual([]);
    expect(look({ ...running, runs: [aRun({ state: 'running', held: false })] }, { stillMs: 300 * MINUTE })).toMatchObject([{ do: 'escalate', reason: 'nothing_moves' }, { do: 'move-goal', to: 'blocked' }]);
    expect(look(aTask({ memberId: dora.id }), { stillMs: 300 * MINUTE, members: [{ ...dora, elsewhere: 5 }, { ...tess, elsewhere: 5 }] })).toEqual([]);
    expect(look(queued, { stillMs: 300 * MINUTE, paused: true })).toEqual([]);
  });
});

describe('what is ready', () => {
  it('is started at once, whoever else is slow; and a member is given no more than the bundle says, until something is done', () => {
    const slow = with1({ state: 'in_progress', runs: [aRun({ state: 'running' })] });
    const ready = [1, 2, 3].map(() => aTask({ memberId: dora.id }));
    const started = (most: number) => advance(aGoal({ tasks: [slow, ...ready], members: [dora], coordination: { mostTasksPerMember: most } })).filter(({ do: what }) => what === 'assign').length;
    expect([started(1), started(2), started(3), started(5)]).toEqual([0, 1, 2, 3]);
  });
});
