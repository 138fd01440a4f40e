import { publish } from '@countersign/bus';
import { approvalAnswered, type GoalId, type TaskId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { createHash } from 'node:crypto';
import { answerQuestion, type SharedText } from '../../domain/answer-question.js';
import type { GoalFacts, OpenQuestion } from '../../domain/facts.js';

/** More than a person asks between two looks. */
const AT_ONCE = 20;

/** What people asked about the goal's proposals and nobody has answered, the oldest first. */
export const readOpenQuestions = (tx: Tx, goalId: GoalId): Promise<OpenQuestion[]> =>
  tx.read<OpenQuestion>(sql`select m.id, m.approval_id as "approvalId", m.text from app.approval_mark m
    where m.team_id = ${tx.scopeId} and m.kind = 'asked' and m.approval_id = any (array(select a.id from app.approval a where a.team_id = ${tx.scopeId} and a.goal_id = ${goalId}))
      and not exists (select from app.approval_answer r where r.team_id = m.team_id and r.question_id = m.id) order by m.at limit ${AT_ONCE}`);

/** What the team shares with all, and with whoever does the goal's tasks, as it is now. */
export const readSharedTexts = (tx: Tx, goalId: GoalId): Promise<(SharedText & { readonly taskId: TaskId | null })[]> =>
  tx.read(sql`select c.name, c.version, c.task_id as "taskId", k.title as task from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id and v.version = c.version
    left join app.task k on k.team_id = c.team_id and k.id = c.task_id where c.team_id = ${tx.scopeId} and v.content is not null and (c.task_id is null or k.goal_id = ${goalId}) order by c.task_id is not null, c.changed_at desc, c.id limit 200`);

/** Answers them, in the manager's name; each once. */
export async function writeAnswers(tx: Tx, audit: Audit, facts: GoalFacts, questions: readonly OpenQuestion[]): Promise<void> {
  if (questions.length === 0) return;
  const { team, goal, managerId } = facts;
  const shared = await readSharedTexts(tx, goal.id);
  for (const { id, approvalId, text } of questions) {
    const answer = answerQuestion(facts, text, shared);
    tx.writeExpecting(1, 'answered_meanwhile', sql`insert into app.approval_answer (team_id, question_id, member_id, text) values (${team.id}, ${id}, ${managerId}, ${answer}) on conflict do nothing`);
    const said = { manager_id: managerId, question_id: id, approval_id: approvalId, goal_id: goal.id, answer_sha256: createHash('sha256').update(answer).digest('hex') };
    await audit(tx, 'MANAGER-QUESTION-ANSWERED', said, { actor: { kind: 'agent', id: managerId } });
    publish(tx, approvalAnswered, { teamId: team.id }, { epoch: team.epoch, goalId: goal.id, approvalId });
  }
}
