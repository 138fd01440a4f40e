import type { AddCard, GoalId, MemberId, MoveCard, PlaybookTask, SetReviewers } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import type { Action } from '../../domain/actions.js';
import { addCard } from '../../domain/add-card.js';
import { mayAnswer, type AnswerRefusal } from '../../domain/answer-task.js';
import type { Criterion } from '../../domain/facts.js';
import { moveCard, type Owner } from '../../domain/move-card.js';
import { refusesWork } from '../../domain/new-work.js';
import { readAnsweredTeam } from './answer.js';
import { readGoal } from './goal-rows.js';
import { GoalWriter } from './goal-writer.js';
import { readWorkTerms } from './work-terms.js';

type Refused = AnswerRefusal | { readonly ok: false; readonly code: string; readonly message: string };
export type Taken = { readonly epoch: number; readonly goalId: GoalId; readonly changed: boolean } | Refused;

const refused = (code: string, message: string): Refused => ({ ok: false, code, message });
const noTask = refused('not_found', 'There is no such task.');

/** Judges and makes a person's move of a card, under its goal's lock: of two at once, the second is judged by what the first one left. */
export async function takeMove(tx: Tx, audit: Audit, { taskId, by, move, seen, reviewer, comment, memberId }: MoveCard): Promise<Taken> {
  const [team, found] = await Promise.all([readAnsweredTeam(tx), tx.one<{ goalId: GoalId; origin: string }>(sql`select k.goal_id as "goalId", g.origin from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where k.team_id = ${tx.scopeId} and k.id = ${taskId}`)]);
  const forbidden = mayAnswer(by, team);
  if (forbidden) return forbidden;
  if (!found) return noTask;
  if (found.origin !== 'goal') return refused('mission_driven_by_events', 'A mission’s work is reported and approved by its events.');
  const [facts, owner] = await Promise.all([readGoal(tx, found.goalId), memberId === undefined ? undefined : readOwner(tx, memberId)]);
  const task = facts?.tasks.find(({ id }) => id === taskId);
  if (!facts || !task) return noTask;
  const moved = moveCard(facts, task, { move, seen, by: `person:${by.personId}`, ...(reviewer ? { reviewer } : {}), ...(comment === undefined ? {} : { comment }), ...(owner ? { owner } : {}) });
  return moved.ok ? apply(new GoalWriter(tx, audit, facts, by.personId), moved.actions, team!.epoch, found.goalId, tx) : moved;
}

/** Adds a person's task to a goal, under the goal's lock. */
export async function takeCard(tx: Tx, audit: Audit, { goalId, taskId, by, title, detail, memberId, dependsOn }: AddCard): Promise<Taken> {
  const [team, facts, owner] = await Promise.all([readAnsweredTeam(tx), readGoal(tx, goalId), memberId === undefined ? undefined : readOwner(tx, memberId)]);
  const forbidden = mayAnswer(by, team);
  if (forbidden) return forbidden;
  if (!facts) return refused('not_found', 'There is no such goal.');
  const added = addCard(facts, { id: taskId, title, detail, owner: memberId === undefined ? undefined : (owner ?? null), ...(dependsOn ? { dependsOn } : {}) });
  if (!added.ok) return added;
  const stopped = added.actions.length > 0 ? refusesWork(await readWorkTerms(tx), added.actions.length, 'goal') : undefined;
  return stopped ? { ok: false, ...stopped } : apply(new GoalWriter(tx, audit, facts, by.personId), added.actions, team!.epoch, goalId, tx);
}

/** Says who reviews, where nobody has since `version`; the record counts them, and names each when they are asked. Whether they are people of the customer, the gateway knows. */
export async function takeReviewers(tx: Tx, audit: Audit, { by, reviewers, version }: SetReviewers): Promise<{ readonly ok: true } | Refused> {
  // one at a time: whoever comes second has not seen what the first one set
  await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('reviewers:' || ${tx.scopeId}, 0))`);
  const [team, present, members] = await Promise.all([readAnsweredTeam(tx), tx.one<{ version: number }>(sql`select (extract(epoch from changed_at) * 1000000)::int8 as version from app.board where team_id = ${tx.scopeId}`), tx.read<{ who: string }>(sql`select 'member:' || id as who from app.member where team_id = ${tx.scopeId} and state = 'active'`)]);
  const forbidden = mayAnswer(by, team);
  if (forbidden) return forbidden;
  if (new Set(reviewers).size < reviewers.length) return refused('reviewer_twice', 'Each reviewer is named once.');
  if (reviewers.some((one) => one.startsWith('member:') && !members.some(({ who }) => who === one))) return refused('reviewer_unknown', 'The team has no active member of that id.');
  if ((present?.version ?? 0) !== version) return refused('stale_version', 'Somebody has named other reviewers since; read the board again.');
  tx.write(sql`insert into app.board (team_id, reviewers) values (${tx.scopeId}, ${[...reviewers]}::text[]) on conflict (team_id) do update set reviewers = excluded.reviewers, changed_at = clock_timestamp()`);
  await audit(tx, 'BOARD-REVIEWERS-SET', { team_id: tx.scopeId, reviewers: reviewers.length });
  return { ok: true };
}

async function apply(writer: GoalWriter, actions: readonly Action[], epoch: number, goalId: GoalId, tx: Tx): Promise<Taken> {
  await writer.apply(actions);
  if (actions.length === 0) tx.ledgerOnly();
  return { epoch, goalId, changed: actions.length > 0 };
}

/** A specialist, and what the playbook accepts such work by; undefined when the team has none of that id. */
async function readOwner(tx: Tx, id: MemberId): Promise<Owner | undefined> {
  const row = await tx.one<{ id: MemberId; skill: string; active: boolean; playbook: readonly PlaybookTask[] | null }>(sql`
    select m.id, m.skill, m.state = 'active' as active, t.bundle -> 'playbook' as playbook from app.member m join app.team t on t.team_id = m.team_id where m.team_id = ${tx.scopeId} and m.id = ${id} and m.kind = 'specialist'`);
  if (!row) return undefined;
  const { playbook, ...member } = row;
  const usual = playbook?.find(({ skill, when = 'always' }) => skill === member.skill && when === 'always');
  return { ...member, criteria: (usual?.criteria ?? USUAL) as readonly Criterion[] };
}

/** What any work on a repository is accepted by, where the playbook has no task of that skill. */
const USUAL: readonly Criterion[] = [{ id: 'parses', kind: 'parses' }, { id: 'suite-green', kind: 'suite-green' }];

