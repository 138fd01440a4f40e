import { CARD_MOVES, MemberId, NOT_REVIEWED, PersonId, TaskId, type Actor, type TaskReview, type TaskState } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aGoal, aTask } from '../testing/builders.js';
import { addCard } from './add-card.js';
import { advance } from './advance.js';
import { after } from './after.js';
import type { GoalFacts, ReviewerFacts, TaskFacts } from './facts.js';
import { moveCard, type WantedMove } from './move-card.js';
import { followReview, pickReviewer } from './review-task.js';

const [me, other, third] = [PersonId.next(), PersonId.next(), PersonId.next()].map((id): Actor => `person:${id}`) as [Actor, Actor, Actor];
const author: Actor = `member:${MemberId.next()}`;
const reviewer = (who: Actor, over: Partial<ReviewerFacts> = {}): ReviewerFacts => ({ who, active: true, open: 0, ...over });
const asked = (who: Actor | null, over: Partial<NonNullable<TaskReview['cycle']>> = {}): TaskReview => ({ state: 'review', note: '', cycle: { request: 'r', reviewer: who, earlier: [], requestedAtMs: 0, startedAtMs: null, nudgedAtMs: null, ...over } });
const approved: TaskReview = { state: 'approved', cycle: null, note: '' };
const doneTask = (over: Partial<TaskFacts> = {}): TaskFacts => aTask({ state: 'done', authors: [author], ...over });

const seenOf = (task: TaskFacts) => ({ round: task.round, request: task.review.cycle?.request ?? null });
/** What the rule says of a move, in one word for each action, or the code of its refusal. */
function said(task: TaskFacts, wanted: Partial<WantedMove> & Pick<WantedMove, 'move'>, over: Parameters<typeof aGoal>[0] = {}): string {
  const moved = moveCard(aGoal({ tasks: [task], ...over }), task, { by: me, seen: seenOf(task), ...wanted });
  return moved.ok ? moved.actions.map((action) => action.do).join(' ') || 'unchanged' : moved.code;
}

describe('a move of a card', () => {
  it('is made from the columns that the table lists, and by no person where only members work', () => {
    const from = (task: TaskFacts): Record<string, string> => Object.fromEntries(CARD_MOVES.map((move) => [move, said(task, { move })]));
    const work = { start: 'agents_only', complete: 'agents_only' };
    const nothing = { request_review: 'not_in_column', start_review: 'not_in_column', approve: 'not_in_column', request_changes: 'not_in_column', reopen: 'not_in_column', assign: 'not_in_column', remove: 'not_in_column' };
    expect(from(aTask())).toEqual({ ...work, ...nothing, assign: 'already_owned', remove: 'already_owned' });
    for (const state of ['assigned', 'in_progress', 'review', 'approved', 'blocked', 'cancelled'] as const) expect(from(aTask({ state }))).toEqual({ ...work, ...nothing });
    expect(from(doneTask())).toEqual({ ...work, ...nothing, request_review: 'request-review', approve: 'approve-review', request_changes: 'ask-changes reopen' });
    expect(from(doneTask({ review: asked(me) }))).toEqual({ ...work, ...nothing, request_review: 'unchanged', start_review: 'start-review', approve: 'approve-review', request_changes: 'ask-changes reopen' });
    expect(from(doneTask({ review: approved }))).toEqual({ ...work, ...nothing, approve: 'unchanged', reopen: 'remove-approval' });
  });

  it('is judged by who is asked to review, and by nobody who had a hand in the work', () => {
    const theirs = doneTask({ review: asked(other) });
    for (const move of ['start_review', 'approve', 'request_changes'] as const) {
      expect(said(theirs, { move })).toBe('review_is_anothers');
      expect(said(theirs, { move, by: other })).not.toBe('review_is_anothers');
      for (const review of [NOT_REVIEWED, asked(null), asked(author)]) if (move !== 'start_review' || review.cycle) expect(said(doneTask({ review }), { move, by: author })).toBe('author_may_not_review');
    }
    expect(said(theirs, { move: 'request_review', reviewer: me })).toBe('request-review');
    expect(said(doneTask({ review: asked(me, { startedAtMs: 1 }) }), { move: 'start_review' })).toBe('unchanged');
  });

  it('asks whoever has the least to review, and says so when nobody is left', () => {
    const asks = (reviewers: ReviewerFacts[], over: Partial<WantedMove> = {}, task = doneTask()) => {
      const moved = moveCard(aGoal({ tasks: [task], reviewers }), task, { move: 'request_review', by: me, seen: seenOf(task), ...over });
      return moved.ok ? moved.actions.map((action) => (action.do === 'request-review' ? action.reviewer : action.do))[0] : moved.code;
    };
    expect(asks([])).toBeNull();
    expect(asks([reviewer(other, { open: 2 }), reviewer(third, { open: 1 })])).toBe(third);
    expect(asks([reviewer(author)])).toBe('no_reviewer');
    expect(asks([reviewer(other)], { reviewer: third })).toBe('reviewer_unknown');
    expect(asks([reviewer(author)], { reviewer: author })).toBe('author_may_not_review');
    expect(asks([reviewer(other)], {}, doneTask({ review: asked(other) }))).toBe('no_reviewer');
  });

  it('waits for its goal: a proposed one is judged as a whole, a paused one not at all', () => {
    for (const state of ['proposed', 'executing', 'done', 'cancelled', 'blocked'] as const) for (const move of ['request_review', 'request_changes'] as const) expect(said(doneTask(), { move }, { state })).toBe('goal_not_running');
    expect(said(doneTask({ review: approved }), { move: 'reopen' }, { state: 'proposed' })).toBe('goal_not_running');
    expect(said(doneTask(), { move: 'approve' }, { state: 'proposed' })).toBe('approve-review');
    for (const state of ['done', 'denied', 'expired', 'failed', 'cancelled'] as const) for (const move of ['approve', 'start_review'] as const) expect(said(doneTask({ review: asked(me) }), { move }, { state })).toBe('goal_not_running');
    expect(said(doneTask(), { move: 'request_changes' }, { paused: true })).toBe('goal_paused');
    expect(said(doneTask({ memberId: null }), { move: 'request_changes' })).toBe('owner_missing');
    expect(said(doneTask({ redoable: false }), { move: 'request_changes' })).toBe('not_redoable');
  });

  it('is about the round and the request that the person saw; what is so already is no other', () => {
    const moves = [['approve', doneTask({ round: 2, review: asked(me) })], ['start_review', doneTask({ round: 2, review: asked(me) })], ['request_changes', doneTask({ round: 2 })], ['reopen', doneTask({ round: 2, review: approved })], ['assign', aTask({ round: 2, memberId: null })], ['remove', aTask({ round: 2, memberId: null })]] as const;
    const owner = { id: MemberId.next(), skill: 'docs', active: true, criteria: [] };
    for (const [move, task] of moves) {
      expect([move, said(task, { move, owner })]).not.toEqual([move, 'stale_version']);
      for (const seen of [{ ...seenOf(task), round: 1 }, { round: 2, request: 'another' }]) expect([move, said(task, { move, owner, seen })]).toEqual([move, 'stale_version']);
    }
    expect(said(doneTask({ round: 2, review: approved }), { move: 'approve', seen: { round: 2, request: 'r' } })).toBe('unchanged');
    expect(said(doneTask({ round: 2, review: approved }), { move: 'approve', seen: { round: 1, request: 'r' } })).toBe('stale_version');
  });

  it('takes a task off the board only where nobody was ever given it', () => {
    expect(said(aTask({ memberId: null, memberActive: false }), { move: 'remove' })).toBe('cancel-task');
    expect(said(aTask({ memberId: null, memberActive: false }), { move: 'remove' }, { state: 'proposed' })).toBe('goal_not_running');
  });

  it('gives a task that nobody owns to an active member, once', () => {
    const free = aTask({ memberId: null, memberActive: false });
    const owner = { id: MemberId.next(), skill: 'docs', active: true, criteria: [] };
    expect(said(free, { move: 'assign', owner })).toBe('set-owner');
    expect(said(free, { move: 'assign' })).toBe('owner_unknown');
    expect(said(free, { move: 'assign', owner: { ...owner, active: false } })).toBe('owner_unknown');
    expect(said(aTask({ memberId: owner.id }), { move: 'assign', owner })).toBe('unchanged');
  });

  it('keeps a person’s words with the work that is sent back', () => {
    const task = doneTask({ notes: ['The customer asks: be brief', 'Criterion "x" failed'] });
    const moved = moveCard(aGoal({ tasks: [task] }), task, { move: 'request_changes', by: me, seen: seenOf(task), comment: 'and kind' });
    expect(moved).toMatchObject({ ok: true, actions: [{ do: 'ask-changes', note: 'and kind' }, { do: 'reopen', notes: ['The customer asks: be brief', 'The customer asks: and kind'] }] });
  });
});

describe('a reviewer', () => {
  it('is whoever has the least to do among those who can, the first named of equals', () => {
    expect(pickReviewer([reviewer(me, { open: 1 }), reviewer(other), reviewer(third)], [])).toBe(other);
    expect(pickReviewer([reviewer(me, { active: false }), reviewer(author), reviewer(third, { open: 9 })], [author])).toBe(third);
    expect(pickReviewer([reviewer(me)], [], [me])).toBeUndefined();
  });

  const now = Date.parse('2026-01-02T03:04:05Z');
  const next = (review: TaskReview, reviewers: ReviewerFacts[], nudged: GoalFacts['nudged'] = {}, runningSinceMs = 0, terms: Partial<GoalFacts['conduct']['review']> = {}): string => {
    const task = doneTask({ review });
    const action = followReview(task, aGoal({ tasks: [task], reviewers, nudged, runningSinceMs, review: terms }));
    return action === undefined ? 'wait' : action.do === 'escalate-review' ? 'nobody is left' : action.do === 'request-review' ? `ask ${action.reviewer === third ? 'third' : action.reviewer}` : action.do;
  };
  const minutes = (n: number): number => now - n * 60_000;

  it('is asked when work is done, reminded once, and relieved when they do not come to it', () => {
    const both = [reviewer(other), reviewer(third)];
    expect(next(NOT_REVIEWED, [])).toBe('wait');
    expect(next(NOT_REVIEWED, [reviewer(third)])).toBe('ask third');
    expect(next(NOT_REVIEWED, [reviewer(author)])).toBe('wait');
    expect(next(approved, both)).toBe('wait');
    expect(next(asked(null), both)).toBe('wait');
    expect(next(asked(other, { requestedAtMs: minutes(2) }), both)).toBe('wait');
    expect(next(asked(other, { requestedAtMs: minutes(3) }), both)).toBe('nudge-review');
    expect(next(asked(other, { requestedAtMs: minutes(5), nudgedAtMs: minutes(2) }), both)).toBe('wait');
    expect(next(asked(other, { requestedAtMs: minutes(30), nudgedAtMs: minutes(10) }), both)).toBe('ask third');
    expect(next(asked(other, { requestedAtMs: minutes(30), nudgedAtMs: minutes(10) }), [reviewer(other)])).toBe('nobody is left');
    expect(next(asked(other, { requestedAtMs: minutes(90), startedAtMs: minutes(59) }), both)).toBe('wait');
    expect(next(asked(other, { requestedAtMs: minutes(90), startedAtMs: minutes(60) }), both)).toBe('ask third');
  });

  it('has as long, and is reminded as often, as the operator says', () => {
    const both = [reviewer(other), reviewer(third)];
    const [waited, reminded, begun] = [{ requestedAtMs: minutes(40) }, { requestedAtMs: minutes(90), nudgedAtMs: minutes(40) }, { requestedAtMs: minutes(90), startedAtMs: minutes(40) }];
    for (const [review, terms, does] of [
      [waited, { pickupMinutes: 41 }, 'wait'], [waited, { pickupMinutes: 40 }, 'nudge-review'], [reminded, { handOverMinutes: 41 }, 'wait'], [reminded, { handOverMinutes: 40 }, 'ask third'], [begun, { decideMinutes: 41 }, 'wait'], [begun, { decideMinutes: 40 }, 'ask third'],
      [waited, { nudgesAnHour: 0 }, 'ask third'], [waited, { nudgesAnHour: 0, handOverMinutes: 41 }, 'wait'],
    ] as const) expect([terms, next(asked(other, review), both, {}, 0, terms)]).toEqual([terms, does]);
    expect([2, 3].map((nudgesAnHour) => next(asked(other, { requestedAtMs: minutes(5) }), both, { [other]: 2 }, 0, { nudgesAnHour }))).toEqual(['wait', 'nudge-review']);
  });

  it('has the whole time anew where goal or team stood still', () => {
    const waited = { requestedAtMs: minutes(900) };
    for (const [review, enough, does] of [[waited, 3, 'nudge-review'], [{ ...waited, nudgedAtMs: minutes(890) }, 10, 'ask third'], [{ ...waited, startedAtMs: minutes(880) }, 60, 'ask third']] as const) {
      const since = (n: number): string => next(asked(other, review), [reviewer(other), reviewer(third)], {}, minutes(n));
      expect([since(enough - 1), since(enough)]).toEqual(['wait', does]);
    }
    expect(next(asked(other, waited), [reviewer(other), reviewer(third)], { [other]: 2 }, minutes(9))).toBe('wait');
  });

  it('is asked once for each piece of work; when each was, or can review no longer, it is anybody’s, and said once', () => {
    const both = [reviewer(other), reviewer(third)];
    const ignored = { requestedAtMs: minutes(30), nudgedAtMs: minutes(10) };
    expect(next(asked(third, { ...ignored, earlier: [other] }), both)).toBe('nobody is left');
    expect(next(asked(null, { ...ignored, earlier: [other, third] }), both)).toBe('wait');
    // who governs no longer is relieved at once, and is not asked again
    expect(next(asked(other), [reviewer(other, { active: false }), reviewer(third)])).toBe('ask third');
    expect(next(NOT_REVIEWED, [reviewer(other, { active: false })])).toBe('nobody is left');
    expect(next(asked(me, { requestedAtMs: minutes(1) }), both)).toBe('wait');
    const facts = aGoal({ tasks: [doneTask({ review: asked(third, { ...ignored, earlier: [other] }) })], reviewers: both });
    const actions = advance(facts);
    expect(actions.map((action) => action.do)).toEqual(['escalate-review']);
    expect(advance(actions.reduce(after, facts))).toEqual([]);
  });

  it('of many is asked and reminded as what the same look has asked of them allows', () => {
    const four = (review: TaskReview) => [1, 2, 3, 4].map(() => doneTask({ review }));
    const waitingOne = { ...aTask(), memberId: null, memberActive: false };
    const asks = advance(aGoal({ tasks: [...four(NOT_REVIEWED), waitingOne], reviewers: [reviewer(other), reviewer(third)] }));
    expect(asks.map((action) => (action.do === 'request-review' ? action.reviewer : action.do))).toEqual([other, third, other, third]);
    for (const reviewers of [[reviewer(other), reviewer(third)], [reviewer(third)], []]) {
      const nudges = advance(aGoal({ tasks: four(asked(other, { requestedAtMs: minutes(4) })), reviewers }));
      expect(nudges.map((action) => action.do)).toEqual(['nudge-review', 'nudge-review']);
    }
  });

  it('is reminded no more than twice an hour, however much waits for them', () => {
    // whether they are named, or have taken a review and are not
    for (const reviewers of [[reviewer(other), reviewer(third)], [reviewer(third)]]) {
      expect(next(asked(other, { requestedAtMs: minutes(5) }), reviewers, { [other]: 2 })).toBe('wait');
      expect(next(asked(other, { requestedAtMs: minutes(10) }), reviewers, { [other]: 2 })).toBe('ask third');
      expect(next(asked(other, { requestedAtMs: minutes(5) }), reviewers, { [other]: 1, [third]: 2 })).toBe('nudge-review');
    }
  });
});

describe('a goal', () => {
  const look = (facts: GoalFacts): string => advance(facts).map((action) => (action.do === 'move-goal' ? `move ${action.to}` : action.do)).join(' ');
  it('is not proposed while anybody is asked to review its work, or nobody owns a task of it', () => {
    expect(look(aGoal({ tasks: [doneTask()] }))).toBe('move done');
    expect(look(aGoal({ tasks: [doneTask()], reviewers: [reviewer(other)] }))).toBe('request-review');
    expect(look(aGoal({ tasks: [doneTask({ review: { ...asked(null) } })] }))).toBe('');
    expect(look(aGoal({ tasks: [doneTask({ review: approved })], reviewers: [reviewer(other)] }))).toBe('move done');
    expect(look(aGoal({ tasks: [doneTask(), aTask({ memberId: null, memberActive: false })] }))).toBe('');
  });

  it('takes a person’s task while it is at work, and hands it on by itself', () => {
    const owner = { id: MemberId.next(), skill: 'docs', active: true, criteria: [] };
    const card = { id: TaskId.next(), title: 'Say why', detail: 'in the README', owner };
    const added = (over: Parameters<typeof aGoal>[0], more: Partial<Parameters<typeof addCard>[1]> = {}) => {
      const result = addCard(aGoal(over), { ...card, ...more });
      return result.ok ? result.actions.map(({ do: what }) => what).join(' ') || 'unchanged' : result.code;
    };
    expect(addCard(aGoal(), card)).toMatchObject({ ok: true, actions: [{ do: 'add-task', notes: ['The customer asks: Say why', 'The customer asks: in the README'] }] });
    expect(added({}, { owner: undefined })).toBe('add-task');
    expect(added({}, { owner: null })).toBe('owner_unknown');
    expect(added({ state: 'proposed' })).toBe('goal_not_running');
    expect(added({ paused: true })).toBe('goal_paused');
    expect(added({ tasks: Array.from({ length: 60 }, () => aTask()) })).toBe('too_many_tasks');
    expect(added({ tasks: [aTask({ id: card.id })] })).toBe('unchanged');
  });

  it('takes a task that waits for others of it, in no longer a row than a plan has', () => {
    const row = ['a', 'b', 'c', 'd', 'e'].reduce<TaskFacts[]>((tasks) => [...tasks, aTask({ dependsOn: tasks.slice(-1).map(({ id }) => id) })], []);
    const added = (...dependsOn: TaskId[]) => {
      const result = addCard(aGoal({ tasks: row.map((task) => (settled.has(task.id) ? { ...task, state: settled.get(task.id)! } : task)) }), { id: TaskId.next(), title: 'Say why', detail: '', owner: undefined, dependsOn });
      return result.ok ? result.actions.flatMap((action) => (action.do === 'add-task' ? action.dependsOn : [])) : result.code;
    };
    const settled = new Map<TaskId, TaskState>();
    const [first, fourth, fifth] = [row[0]!.id, row[3]!.id, row[4]!.id];
    expect([added(fourth, first, fourth), added(), added(fifth), added(first, TaskId.next())]).toEqual([[fourth, first], [], 'dependencies_too_deep', 'dependency_unknown']);
    // what is done, or left out, is waited for no more, so the row can go on
    for (const state of ['review', 'approved', 'blocked'] as const) expect([state, settled.set(first, state) && added(fifth)]).toEqual([state, 'dependencies_too_deep']);
    for (const state of ['done', 'cancelled'] as const) expect([state, settled.set(first, state) && added(fifth, first)]).toEqual([state, [fifth, first]]);
  });
});
