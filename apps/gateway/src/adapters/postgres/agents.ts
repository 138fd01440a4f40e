import { MOST_LISTED, type AgentInstance, type GoalId, type InstanceId, type InstanceState, type MissionSummary, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import { instanceView, missionSummary, type InstanceRow, type MissionSummaryRow, type QuestionRow } from '../../domain/agent-view.js';
import { pageOfRows, type Page, type PageRequest } from './pages.js';

/** What is looked for; `missionId` null: the teams' default missions. */
export interface InstanceWish {
  readonly teamId?: TeamId;
  readonly id?: InstanceId;
  readonly missionId?: GoalId | null;
  readonly parentId?: InstanceId;
  readonly state?: InstanceState;
}
interface TemplateRow {
  readonly id: string;
  readonly doc: object & { readonly retired?: boolean; readonly skill_digests?: object };
}

/** Agents, their missions and the gate's questions, of every team the caller may see. */
@Injectable()
export class Agents {
  constructor(private readonly database: Database) {}

  /** The newest first. */
  async instances(by: Caller, { teamId, id, missionId, parentId, state }: InstanceWish, page: PageRequest = {}): Promise<Page<AgentInstance>> {
    const limit = limitIn(page);
    const rows = await this.database.ops<InstanceRow>('agent_instances', customerOf(by), teamId ?? null, id ?? null, missionId ?? null, missionId === null, parentId ?? null, state ?? null, ...placeIn(page), limit + 1);
    return pageOfRows(rows, limit, ({ at_us, id: last }) => `${at_us}_${last}`, instanceView);
  }

  /** Those first whose agents are the newest. */
  async missions(by: Caller, page: PageRequest, teamId?: TeamId): Promise<Page<MissionSummary>> {
    const limit = limitIn(page);
    const rows = await this.database.ops<MissionSummaryRow>('agent_missions', customerOf(by), teamId ?? null, ...placeIn(page), limit + 1);
    return pageOfRows(rows, limit, ({ at_us, goal_id, team_id }) => `${at_us}_${goal_id ?? team_id}`, missionSummary);
  }

  /** The oldest first. */
  async questions(by: Caller, page: PageRequest, teamId?: TeamId): Promise<Page<QuestionRow>> {
    const limit = limitIn(page);
    const rows = await this.database.ops<QuestionRow>('gate_questions', customerOf(by), teamId ?? null, ...placeIn(page), limit + 1);
    return pageOfRows(rows, limit, ({ at_us, id }) => `${at_us}_${id}`, (row) => row);
  }

  /** The templates in force, as their files wrote them, by id. */
  async templates(): Promise<object[]> {
    const rows = await this.database.ops<TemplateRow>('published_policies', 'template');
    return rows.filter(({ doc }) => doc.retired !== true).map(({ id, doc: { skill_digests: _, ...doc } }) => ({ templateID: id, ...doc }));
  }
}

/** The original lists as much as there is, up to here. */
const limitIn = ({ limit = MOST_LISTED }: PageRequest): number => limit;
const placeIn = ({ cursor }: PageRequest): [string | null, string | null] => {
  const [us, id] = cursor?.split('_') ?? [];
  return [us ?? null, id ?? null];
};
const customerOf = (by: Caller): string | null => (isStaff(by) ? null : by.customerId);
