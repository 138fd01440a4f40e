import { MOST_INSTANCES, MOST_MISSIONS, MOST_QUESTIONS, type GoalId, type InstanceId, type InstanceState, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import type { InstanceRow, MissionSummaryRow, QuestionRow } from '../../domain/agent-view.js';

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

  instances(by: Caller, { teamId, id, missionId, parentId, state }: InstanceWish): Promise<InstanceRow[]> {
    return this.database.ops('agent_instances', customerOf(by), teamId ?? null, id ?? null, missionId ?? null, missionId === null, parentId ?? null, state ?? null, MOST_INSTANCES);
  }

  missions(by: Caller, teamId?: TeamId): Promise<MissionSummaryRow[]> {
    return this.database.ops('agent_missions', customerOf(by), teamId ?? null, MOST_MISSIONS);
  }

  questions(by: Caller, teamId?: TeamId): Promise<QuestionRow[]> {
    return this.database.ops('gate_questions', customerOf(by), teamId ?? null, MOST_QUESTIONS);
  }

  /** The templates in force, as their files wrote them, by id. */
  async templates(): Promise<object[]> {
    const rows = await this.database.ops<TemplateRow>('published_policies', 'template');
    return rows.filter(({ doc }) => doc.retired !== true).map(({ id, doc: { skill_digests: _, ...doc } }) => ({ templateID: id, ...doc }));
  }
}

const customerOf = (by: Caller): string | null => (isStaff(by) ? null : by.customerId);
