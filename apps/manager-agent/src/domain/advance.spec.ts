import { EffectId } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aCommittedDraft, aDeliverable, aDraft, aFile, aGoal, aRun, aTask } from '../testing/builders.js';
import { advance, NO_PRECEDENT_NOTE } from './advance.js';
import { after } from './after.js';
import type { ArtifactFacts, CheckFacts, DeliverableFacts, Proposal, TaskFacts } from './facts.js';

const passed = (criterion: string): CheckFacts => ({ criterion, passed: true, exitCode: 0, outputTail: '' });
const failed = (criterion: string): CheckFacts => ({ criterion, passed: false, exitCode: 1, outputTail: 'boom' });
const names = (facts: Parameters<typeof advance>[0]) => advance(facts).map((action) => (action.do === 'move-goal' ? `goal:${action.to}` : action.do));
const doneTask = (over: Partial<TaskFacts> = {}) => aTask({ state: 'done', round: 1, drafts: [aCommittedDraft()], ...over });
const approvalId = '018f0000-0000-7000-8000-000000000001' as NonNullable<DeliverableFacts['approval']>['id'];
const effectId = EffectId.next();
const withApproval = (state: NonNullable<DeliverableFacts['approval']>['state'], reason: string | null = null, comments: NonNullable<DeliverableFacts['approval']>['comments'] = []) => aDeliverable({ approval: { id: approvalId, state, reason, comments } });

describe('a look at a goal', () => {
  it('starts a planned goal and assigns what depends on nothing', () => {
    const first = aTask({ key: 'repair' });
    const facts = aGoal({ state: 'planned', tasks: [first, aTask({ key: 'docs', dependsOn: [first.id] })] });
    expect(advance(facts)).toMatchObject([{ do: 'move-goal', to: 'running' }, { do: 'assign', task: first.id, round: 1, why: 'first' }]);
  });

  it('assigns what was waiting as soon as its dependency is done', () => {
    const first = aTask({ state: 'approved', round: 1, drafts: [aCommittedDraft()] });
    const second = aTask({ key: 'tests', dependsOn: [first.id] });
    expect(advance(aGoal({ tasks: [first, second] }))).toMatchObject([{ do: 'finish-task', task: first.id }, { do: 'assign', task: second.id }]);
  });

  it('hands nothing out, first, again or after a suspension, while no precedent permits it', () => {
    const given = aTask({ state: 'assigned', round: 1, epoch: 1 });
    for (const facts of [aGoal({ state: 'planned', tasks: [aTask()] }), aGoal({ tasks: [aTask()] }), aGoal({ tasks: [given], epoch: 1, teamEpoch: 2 }), aGoal({ state: 'changes_requested', tasks: [doneTask()], deliverables: [withApproval('changes_requested', 'shorter')] })]) {
      expect(names(facts)).toEqual(expect.arrayContaining(['assign']));
      const none = { ...facts, precedents: [] };
      expect(names(none)).toContain('say');
      expect(names(none).filter((name) => name === 'assign' || name === 'reassign')).toEqual([]);
      const later = advance(none).reduce(after, none);
      expect([later.goal.note, advance(later)]).toEqual([NO_PRECEDENT_NOTE, []]);
      // as soon as one does, and what was said is over
      const again = { ...later, precedents: ['GEN-002@1'] };
      expect(names(again)).toEqual(expect.arrayContaining(['assign']));
      expect(advance(again).reduce(after, again).goal.note).toBe('');
    }
  });

  for (const [what, over] of [['while no precedent permits delegation', { precedents: [] }], ['of a goal that a person coordinates meanwhile', { mode: 'plan' }]] as const) {
    it(`judges and settles what comes in ${what}, and keeps what is sent back`, () => {
      const step = (task: Partial<TaskFacts>) => advance(aGoal({ tasks: [aTask({ round: 1, ...task }), aTask({ key: 'later' })], note: NO_PRECEDENT_NOTE, ...over })).filter((action) => action.do !== 'say');
      expect(step({ state: 'in_progress', runs: [aRun({ state: 'submitted' })], drafts: [aDraft()] })).toMatchObject([{ do: 'request-checks' }]);
      expect(step({ state: 'review', drafts: [aDraft({ review: { decision: null }, checks: [passed('parses'), passed('green')] })] })).toMatchObject([{ do: 'decide', decision: 'approved' }]);
      expect(step({ state: 'approved', drafts: [aCommittedDraft()] })).toMatchObject([{ do: 'finish-task' }]);
      expect(step({ state: 'review', drafts: [aDraft({ review: { decision: null }, checks: [passed('parses'), failed('green')] })] })).toMatchObject([{ do: 'decide', decision: 'revise' }, { do: 'hold', notes: [expect.stringContaining('"green"')] }]);
      expect(step({ state: 'assigned', runs: [aRun({ state: 'failed', code: 'worker_failed' })] })).toEqual([]); // the next round is handed out when it may be
      expect(step({ state: 'done', drafts: [aCommittedDraft()] })).toEqual([]);
    });
  }

  it('only closes what the gate has stopped: nothing of it is handed on, nor asked of a person again', () => {
    const tasks = [doneTask(), aTask({ state: 'assigned', round: 1 })];
    expect(names(aGoal({ stopped: true, tasks, teamEpoch: 2 }))).toEqual(['cancel-task', 'goal:cancelled']);
    const withdrawn = { state: 'proposed', tasks: [doneTask()], deliverables: [withApproval('withdrawn')], teamEpoch: 2 } as const;
    expect(names(aGoal(withdrawn))).toEqual(['resume-goal', 'propose']);
    const closing = aGoal({ ...withdrawn, stopped: true });
    expect(names(closing)).toEqual(['goal:cancelled']);
    expect(advance(advance(closing).reduce(after, closing))).toEqual([]);
    // an executor has it in hand: it ends as that ends
    const out = (state: NonNullable<DeliverableFacts['effect']>['state']) => names(aGoal({ ...withdrawn, state: 'executing', deliverables: [withApproval('approved')].map((deliverable) => ({ ...deliverable, effect: { id: effectId, state, code: null } })), stopped: true }));
    expect([out('started'), out('executed')]).toEqual([[], ['goal:done']]);
  });

  it('waits while a member works, and shows that it does', () => {
    const queued = aTask({ state: 'assigned', round: 1, runs: [aRun()] });
    expect(names(aGoal({ tasks: [queued] }))).toEqual([]);
    expect(names(aGoal({ tasks: [{ ...queued, runs: [aRun({ state: 'running' })] }] }))).toEqual(['begin']);
  });

  it('has a draft checked, once', () => {
    const task = aTask({ state: 'in_progress', round: 1, runs: [aRun({ state: 'submitted' })], drafts: [aDraft()] });
    expect(names(aGoal({ tasks: [task] }))).toEqual(['request-checks']);
    expect(names(aGoal({ tasks: [{ ...task, state: 'review', drafts: [aDraft({ review: { decision: null } })] }] }))).toEqual([]);
  });

  it('approves a draft whose checks passed and waits for the commit', () => {
    const task = aTask({ state: 'review', round: 1, drafts: [aDraft({ review: { decision: null }, checks: [passed('parses'), passed('green')] })] });
    expect(advance(aGoal({ tasks: [task] }))).toMatchObject([{ do: 'decide', decision: 'approved', notes: [] }]);
  });

  it('sends a failed draft back to its member with the notes', () => {
    const task = aTask({ state: 'review', round: 1, drafts: [aDraft({ review: { decision: null }, checks: [passed('parses'), failed('green')] })] });
    expect(advance(aGoal({ tasks: [task] }))).toMatchObject([
      { do: 'decide', decision: 'revise' },
      { do: 'assign', round: 2, why: 'review', notes: [expect.stringContaining('"green" (suite-green) failed')] },
    ]);
  });

  it('gives a task that failed three rounds to the customer as blocked, and stops what the others have in hand', () => {
    const bad = aTask({ title: 'Write tests', state: 'review', round: 3, drafts: [aDraft({ round: 3, review: { decision: null }, checks: [passed('parses'), failed('green')] })] });
    const other = aTask({ key: 'docs', state: 'assigned', round: 1 });
    const actions = advance(aGoal({ tasks: [bad, other] }));
    expect(actions).toMatchObject([
      { do: 'decide', decision: 'revise' },
      { do: 'block-task', task: bad.id },
      { do: 'block-task', task: other.id, notes: ['Stopped, because "Write tests" is blocked.'] },
      { do: 'move-goal', to: 'blocked', note: expect.stringMatching(/^Blocked at "Write tests"\. Criterion "green"/) },
    ]);
  });

  it('gives failed runs another round, and says why', () => {
    const runs = [1, 2, 3].map((attempt) => aRun({ attempt, state: 'failed', code: 'budget_exhausted', detail: 'no tokens left' }));
    expect(advance(aGoal({ tasks: [aTask({ state: 'assigned', round: 1, runs })] }))).toMatchObject([
      { do: 'assign', round: 2, why: 'failure', notes: ['All 3 attempts ended without a draft: budget_exhausted. no tokens left'] },
    ]);
  });

  it('waits while another attempt is queued after a failed one', () => {
    const runs = [aRun({ state: 'failed', code: 'supervisor_lost' }), aRun({ attempt: 2 })];
    expect(names(aGoal({ tasks: [aTask({ state: 'assigned', round: 1, runs })] }))).toEqual([]);
  });

  it('has a draft made again when newer work changed its files first', () => {
    const draft = aDraft({ state: 'conflict', review: { decision: 'approved' } });
    expect(advance(aGoal({ tasks: [aTask({ state: 'approved', round: 1, drafts: [draft] })] }))).toMatchObject([{ do: 'assign', round: 2, why: 'conflict' }]);
  });

  it('needs no commit for a draft that changes nothing', () => {
    const empty = aDraft({ files: [], review: { decision: 'approved' } });
    expect(names(aGoal({ tasks: [aTask({ state: 'approved', round: 1, drafts: [empty] })] }))).toEqual(['finish-task', 'goal:done']);
  });

  it('proposes when every task is done', () => {
    expect(advance(aGoal({ tasks: [doneTask()] }))).toMatchObject([{ do: 'propose', revision: 1 }]);
  });

  it('proposes of each path what its last work left, and says which was the first: what that one took the place of is what stands there', () => {
    const [own, both, later, last] = [aFile('a.js'), aFile('b.js'), aFile('b.js'), aFile('b.js')];
    const tasks = [['repair', [own, both]], ['docs', [later]], ['tests', [last]]] as const;
    const [step] = advance(aGoal({ tasks: tasks.map(([key, files], index) => doneTask({ key, drafts: [aCommittedDraft({ files: [...files], committedAt: `2026-11-30T10:00:0${index}.000000Z` })] })) }));
    const { proposal } = step as Extract<typeof step, { do: 'propose' }>;
    expect(proposal.files.map(({ path, artifactId, firstId }) => [path, artifactId, firstId])).toEqual([['a.js', own.id, undefined], ['b.js', last.id, both.id]]);
  });

  it('proposes nothing of a file that the goal made and deleted again: nothing stood there, and nothing is left', () => {
    const proposed = (drafts: readonly (readonly ArtifactFacts[])[], over: Parameters<typeof aGoal>[0] = {}) => {
      const [step] = advance(aGoal({ tasks: drafts.map((files, index) => doneTask({ key: `t${index}`, drafts: [aCommittedDraft({ files: [...files], committedAt: `2026-11-30T10:00:0${index}.000000Z` })] })), ...over }));
      return step!.do === 'propose' ? step.proposal.files.map(({ path, deleted }) => [path, deleted]) : step;
    };
    const [made, gone] = [aFile('tmp.js', { replaces: false }), aFile('tmp.js', { deleted: true })];
    expect(proposed([[made, aFile('a.js')], [gone]])).toEqual([['a.js', false]]);
    expect(proposed([[made], [gone]])).toMatchObject({ do: 'move-goal', to: 'done', code: 'nothing_to_change' });
    // one that stood there is deleted, also where it was put back meanwhile; and what is there in the end is there
    expect(proposed([[aFile('tmp.js', { deleted: true })], [aFile('tmp.js', { replaces: false })], [gone]])).toEqual([['tmp.js', true]]);
    expect(proposed([[made], [gone], [aFile('tmp.js', { replaces: false })]])).toEqual([['tmp.js', false]]);
    const { proposal } = advance(aGoal({ tasks: [doneTask({ drafts: [aCommittedDraft({ files: [made] })] })] }))[0] as { proposal: Proposal };
    expect(proposal.files[0]).not.toHaveProperty('replaces');
    // what is published is what there is
    expect(proposed([[aFile('old.md', { deleted: true }), aFile('new.md')]], { effectKind: 'file.publish' })).toEqual([['new.md', false]]);
  });

  it('blocks when the member who should work is suspended', () => {
    expect(names(aGoal({ tasks: [aTask({ memberActive: false })] }))).toEqual(['block-task', 'goal:blocked']);
  });

  it('leaves finished goals alone', () => {
    for (const state of ['done', 'denied', 'expired', 'failed', 'cancelled', 'blocked'] as const) expect(names(aGoal({ state }))).toEqual([]);
  });
});

describe('what a person decided', () => {
  const goal = (deliverable: DeliverableFacts, state: 'proposed' | 'executing' = 'proposed') => aGoal({ state, tasks: [doneTask()], deliverables: [deliverable] });

  for (const [approval, steps] of [
    ['pending', []],
    ['held', []],
    ['approved', ['goal:executing']],
    ['denied', ['goal:denied']],
    ['expired', ['goal:expired']],
    ['withdrawn', ['propose']],
  ] as const) {
    it(`${approval}: ${steps.join(', ') || 'wait'}`, () => expect(names(goal(withApproval(approval)))).toEqual([...steps]));
  }

  it('sends the work back with the person’s words, all of it but the repair, and proposes a new revision after it', () => {
    const repair = doneTask({ key: 'repair', redoable: false });
    const docs = doneTask({ key: 'docs', dependsOn: [repair.id] });
    const facts = aGoal({ state: 'proposed', tasks: [repair, docs], deliverables: [withApproval('changes_requested', 'shorter, please')] });
    expect(advance(facts)).toMatchObject([
      { do: 'move-goal', to: 'changes_requested' },
      { do: 'reopen', task: docs.id, notes: ['The customer asks: shorter, please'] },
      { do: 'move-goal', to: 'running' },
      { do: 'assign', task: docs.id, round: 2, notes: ['The customer asks: shorter, please'] },
    ]);
    const again = aGoal({ tasks: [repair, { ...docs, round: 2, drafts: [...docs.drafts, aCommittedDraft({ round: 2 })] }], deliverables: [withApproval('changes_requested')] });
    expect(advance(again)).toMatchObject([{ do: 'propose', revision: 2 }]);
  });

  it('gives each remark on a line to whoever made the file, by file and line, and one on nobody’s file to all', () => {
    const [docs, tests] = [doneTask({ key: 'docs' }), doneTask({ key: 'tests' })];
    const made = (task: typeof docs, path: string) => ({ ...task, drafts: task.drafts.map((draft) => ({ ...draft, files: [aFile(path)] })) });
    const on = (path: string, side: 'before' | 'after' = 'after') => ({ path, line: 7, side, text: 'say why', quote: '  return a;' });
    const facts = aGoal({ state: 'proposed', tasks: [made(docs, 'a.js'), made(tests, 'a.test.js')], deliverables: [withApproval('changes_requested', 'shorter', [on('a.js'), on('a.test.js', 'before'), on('gone.js')])] });
    expect(advance(facts).filter((action) => action.do === 'reopen')).toMatchObject([
      { task: docs.id, notes: ['The customer asks: shorter', 'The customer asks: a.js:7, at "return a;": say why', 'The customer asks: gone.js:7, at "return a;": say why'] },
      { task: tests.id, notes: ['The customer asks: shorter', 'The customer asks: a.test.js:7 as it was, at "return a;": say why', 'The customer asks: gone.js:7, at "return a;": say why'] },
    ]);
  });

  it('keeps the person’s words through later rounds and counts rounds anew', () => {
    const task = aTask({ state: 'review', round: 4, notes: ['The customer asks: shorter', 'old note'], drafts: [aCommittedDraft({ round: 3 }), aDraft({ round: 4, review: { decision: null }, checks: [passed('parses'), failed('green')] })] });
    expect(advance(aGoal({ tasks: [task] }))).toMatchObject([{ do: 'decide' }, { do: 'assign', round: 5, notes: ['The customer asks: shorter', expect.stringContaining('"green"')] }]);
  });

  for (const [state, code, steps] of [
    ['started', null, []],
    ['unknown', 'remote_silent', []],
    ['executed', null, ['goal:done']],
    ['failed', 'remote_moved', ['goal:failed']],
    ['refused', 'digest_mismatch', ['goal:failed']],
    ...(['failed', 'refused'] as const).flatMap((state) => ['stale_epoch', 'approval_expired', 'assertion_late', 'key_ended'].map((code) => [state, code, ['propose']] as const)),
  ] as const) {
    it(`an effect that is ${state}${code ? ` (${code})` : ''}: ${steps.join(', ') || 'wait'}`, () => {
      expect(names(goal({ ...withApproval('approved'), effect: { id: effectId, state, code } }, 'executing'))).toEqual([...steps]);
    });
  }

  it('follows an effect even when the message about the decision never came', () => {
    expect(names(goal({ ...withApproval('approved'), effect: { id: effectId, state: 'executed', code: null } }))).toEqual(['goal:executing', 'goal:done']);
  });

  it('explains a refused effect in plain words', () => {
    const [action] = advance(goal({ ...withApproval('approved'), effect: { id: effectId, state: 'refused', code: 'digest_mismatch' } }, 'executing'));
    expect(action).toMatchObject({ code: 'digest_mismatch', note: 'The stored files are no longer the ones that were approved, so nothing was published.' });
    const [late] = advance(goal({ ...withApproval('approved'), effect: { id: effectId, state: 'failed', code: 'host_not_allowed' } }, 'executing'));
    expect(late).toMatchObject({ note: 'The operator does not let webhooks go to this host, so it did not take effect.' }); // it may have been sent before, and put off
  });
});

describe('a proposal', () => {
  it('holds the last committed state of every path and the tree of the last commit', () => {
    const first = doneTask({ key: 'docs', title: 'Docs', drafts: [aCommittedDraft({ summary: 'first', tree: 'a'.repeat(40), committedAt: '2026-01-01T00:00:02Z', files: [aFile('b.ts', { sha256: 'late'.padEnd(64, '0') }), aFile('a.ts')] })] });
    const second = doneTask({ key: 'tests', title: 'Te\u202ests\u3164', drafts: [aCommittedDraft({ summary: 'second', tree: 'b'.repeat(40), committedAt: '2026-01-01T00:00:01Z', files: [aFile('b.ts', { sha256: 'early'.padEnd(64, '0') })] })] });
    const [action] = advance(aGoal({ tasks: [first, second] }));
    if (action?.do !== 'propose') throw new Error('not proposed');
    expect(action.proposal.files.map(({ path, sha256 }) => [path, sha256.slice(0, 4)])).toEqual([['a.ts', 'abab'], ['b.ts', 'late']]);
    expect(action.proposal.effect).toMatchObject({ kind: 'git.push', tree: 'a'.repeat(40), base: 'b'.repeat(40), expectedHead: null, commit: { date: '2026-01-02T03:04:05Z' } });
    expect((action.proposal.effect as { commit: { message: string } }).commit.message).toMatch(/^Document the public API\n\n- Tests\n- Docs\n\nCountersign-Team: /);
  });

  it('says the same twice', () => {
    const facts = aGoal({ tasks: [doneTask()] });
    expect(advance(facts)).toEqual(advance(facts));
  });

  describe('for other people', () => {
    const mail = { kind: 'email.send', from: 'reports@chai.example', to: ['asha@chai.example'], cc: [], subject: 'Docs', body: 'b.md', attachments: ['a.ts'] } as const;
    const made = (...paths: string[]) => doneTask({ drafts: [aCommittedDraft({ files: paths.map((path) => aFile(path)) })] });

    it('holds what the goal names and nothing else of the work, whatever the bundle says', () => {
      expect(advance(aGoal({ tasks: [made('a.ts', 'b.md', 'c.ts')], outgoing: mail }))).toMatchObject([{ do: 'propose', proposal: { effect: mail, files: [{ path: 'a.ts' }, { path: 'b.md' }] } }]);
      const post = { kind: 'http.post', url: 'https://hooks.chai.example/', contentType: 'text/plain', body: 'c.ts' } as const;
      const [action] = advance(aGoal({ tasks: [made('a.ts', 'b.md', 'c.ts')], outgoing: post }));
      expect(action).toMatchObject({ do: 'propose', proposal: { effect: post } });
      expect(action?.do === 'propose' && action.proposal.files.map(({ path }) => path)).toEqual(['c.ts']);
    });

    it('is none where something of it was not made, or was deleted: the goal failed, and says what is missing', () => {
      const gone = doneTask({ drafts: [aCommittedDraft({ files: [aFile('b.md'), aFile('a.ts', { deleted: true })] })] });
      for (const task of [made('b.md'), gone]) expect(advance(aGoal({ tasks: [task], outgoing: mail }))).toMatchObject([{ do: 'move-goal', to: 'failed', code: 'effect_file_missing', note: 'The team has not made what was to be sent: a.ts. Nothing was sent.' }]);
    });
  });

  it('offers files for publishing where the bundle says so', () => {
    const facts = aGoal({ tasks: [doneTask()], effectKind: 'file.publish' });
    expect(advance(facts)).toMatchObject([{ do: 'propose', proposal: { effect: { kind: 'file.publish', folder: `goal-${facts.goal.id}-1` } } }]);
  });
});

describe('a reactivated team', () => {
  it('hands work in a member’s hands on again: same round, same notes', () => {
    const tasks = (['assigned', 'in_progress'] as const).map((state) => aTask({ key: state, state, round: 2, notes: ['note'], runs: [aRun({ round: 2, state: 'stopped' })] }));
    expect(advance(aGoal({ tasks, teamEpoch: 3 }))).toMatchObject([...tasks.map(({ id }) => ({ do: 'assign', task: id, round: 2, why: 'resume', notes: ['note'] })), { do: 'resume-goal', announce: false }]);
  });

  it('has a draft checked that was in before the suspension, instead of asking for it twice', () => {
    const [late, known] = [aDraft(), aDraft({ review: { decision: null } })];
    const tasks = [aTask({ state: 'in_progress', round: 1, drafts: [late] }), aTask({ state: 'review', round: 1, drafts: [known] })];
    expect(advance(aGoal({ tasks, teamEpoch: 3 }))).toMatchObject([{ do: 'request-checks', draft: late.id }, { do: 'request-checks', draft: known.id }, { do: 'resume-goal' }]);
  });

  it('does not take a run that the suspension ended for a failed one', () => {
    const task = aTask({ state: 'assigned', round: 1, epoch: 3, runs: [aRun({ state: 'stopped', epoch: 1 })] });
    expect(names(aGoal({ tasks: [task], epoch: 3, teamEpoch: 3 }))).toEqual([]);
  });

  it('sends an approved draft to the commit queue again', () => {
    const draft = aDraft({ review: { decision: 'approved' } });
    expect(advance(aGoal({ tasks: [aTask({ state: 'approved', round: 1, drafts: [draft] })], teamEpoch: 3 }))).toMatchObject([{ do: 'commit-again', draft: draft.id }, { do: 'resume-goal' }]);
  });

  it('announces a proposal that the gateway never saw, and proposes anew what was withdrawn', () => {
    const unseen = aGoal({ state: 'proposed', tasks: [doneTask()], deliverables: [aDeliverable()], teamEpoch: 3 });
    expect(advance(unseen)).toMatchObject([{ do: 'resume-goal', announce: true }]);
    for (const state of ['proposed', 'executing'] as const) {
      const withdrawn = aGoal({ state, tasks: [doneTask()], deliverables: [withApproval('withdrawn')], teamEpoch: 3 });
      expect(advance(withdrawn)).toMatchObject([{ do: 'resume-goal', announce: false }, { do: 'propose', revision: 2 }]);
    }
  });
});
