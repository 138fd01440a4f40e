import type { AskedOf, ClarificationState, ClarificationView, CustomerId, SenderKind, TeamId } from '@countersign/contracts';
import { Database, sql, type Statement, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso, isoOrNull, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

interface QuestionRow {
  readonly id: string;
  readonly state: ClarificationState;
  readonly of: AskedOf;
  readonly memberId: string;
  readonly memberName: string;
  readonly taskId: string;
  readonly goalId: string;
  readonly title: string;
  readonly question: string;
  readonly choices: string[];
  readonly at: Date;
  readonly dueAt: Date;
  readonly answeredAt: Date | null;
  readonly fromKind: SenderKind | null;
  readonly fromId: string | null;
  readonly leadName: string | null;
  readonly answer: string;
}

/** What became of the question `c`, whose answer is `a`: it is open only while its time lasts and whoever asked works on. */
export const STATE_OF_QUESTION: Statement = sql`case when a.id is not null then 'answered' when c.given_up_at is not null then c.given_up_for
  when not exists (select from app.instance i join app.team t on t.team_id = i.team_id where i.team_id = c.team_id and i.id = c.instance_id and i.state = 'running' and i.epoch = t.epoch) then 'withdrawn' when c.due_at <= clock_timestamp() then 'timeout' else 'open' end`;

/** Whose answer the question waits for now: of which customer, and of which team. Undefined when it waits for none. */
export const readOpenQuestion = (tx: Tx, questionId: string): Promise<{ readonly customerId: CustomerId; readonly teamName: string } | undefined> =>
  tx.one(sql`select t.customer_id as "customerId", t.name as "teamName" from app.clarification c join app.team t on t.team_id = c.team_id left join app.member_message a on a.team_id = c.team_id and a.answers = c.id
    where c.team_id = ${tx.scopeId} and c.id = ${questionId} and t.state = 'active' and ${STATE_OF_QUESTION} = 'open'`);

/** What members ask about their tasks, and what became of it. */
@Injectable()
export class Clarifications {
  constructor(private readonly database: Database) {}

  async page(teamId: TeamId, customerId: CustomerId, { cursor, open, ...page }: PageRequest & { readonly open: boolean }): Promise<Page<ClarificationView>> {
    const limit = limitOf(page);
    const people = await this.database.withCustomer(customerId, (tx) => tx.read<{ id: string; name: string }>(sql`select id, display_name as name from app.person where customer_id = ${customerId}`));
    const names = new Map(people.map(({ id, name }) => [id, name]));
    const rows = await this.database.withTeam(teamId, (tx) => tx.read<QuestionRow>(sql`
      select q.* from (
        select c.id, ${STATE_OF_QUESTION} as state, c.asked_of as of, c.member_id as "memberId", m.name as "memberName", c.task_id as "taskId", k.goal_id as "goalId", k.title, c.question, c.choices, c.at, c.due_at as "dueAt",
          a.at as "answeredAt", a.from_kind as "fromKind", a.from_id as "fromId", l.name as "leadName", coalesce(a.text, '') as answer
        from app.clarification c join app.member m on m.team_id = c.team_id and m.id = c.member_id join app.task k on k.team_id = c.team_id and k.id = c.task_id
          left join app.member_message a on a.team_id = c.team_id and a.answers = c.id left join app.member l on l.team_id = a.team_id and l.id = a.from_id and a.from_kind = 'lead'
        where c.team_id = ${teamId} and (${cursor ?? null}::uuid is null or c.id < ${cursor ?? null}::uuid)) q
      where not ${open} or q.state = 'open' order by q.id desc limit ${limit + 1}`));
    return pageOfRows(rows, limit, ({ id }) => id, (row) => viewOf(row, names));
  }
}

const viewOf = ({ memberId, memberName, at, dueAt, answeredAt, fromKind: _, fromId, leadName, ...row }: QuestionRow, names: ReadonlyMap<string, string>): ClarificationView => ({
  ...row, member: { id: memberId, name: memberName }, at: iso(at), dueAt: iso(dueAt), answeredAt: isoOrNull(answeredAt), answeredBy: leadName ?? (fromId === null ? '' : (names.get(fromId) ?? '')),
});
