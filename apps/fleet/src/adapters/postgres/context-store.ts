import { person, principalOf } from '@countersign/audit';
import type { CommandReply, ContextWritten, EraseArtifact, EraseContext, GoalState, Requester, WriteContext } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT, sharedHash, writeSharedVersion, type Audit } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { judgeContext, judgeErasure, type ContextFacts } from '../../domain/judge-context.js';

const done: CommandReply = { ok: true, code: 'ok', message: '' };
const no = (code: string, message: string): CommandReply => ({ ok: false, code, message });
const byPerson = ({ personId }: Requester) => ({ principal: principalOf({ kind: 'person', id: personId }) });

interface TeamRow {
  readonly customerId: string;
  readonly state: string;
  readonly entries: number;
  readonly taskKnown: boolean;
}
interface CurrentRow {
  readonly version: number;
  readonly sha256: string;
  readonly visibility: 'team' | 'task';
  readonly taskId: string | null;
  readonly erased: boolean;
}

/** What a team shares: versions that are only added to. Contents may be erased, hashes stay; two writers at once take turns, and the second is told what the first one left. */
@Injectable()
export class ContextStore {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  write(request: WriteContext): Promise<ContextWritten> {
    const { teamId, contextId, by, name, visibility, taskId, content, expected, overwrite } = request;
    const sha256 = sharedHash(content);
    return this.database.withTeam(teamId, async (tx) => {
      const [team, current] = [await readTeam(tx, taskId), await lockCurrent(tx, contextId)];
      const judged = judgeContext({ ...factsOf(team, by), current }, { visibility, hasTask: taskId !== undefined, expected, overwrite, sha256 });
      tx.ledgerOnly();
      if (!judged.ok) return { ...judged, ...(judged.code === 'stale_version' ? { current: { version: current!.version, sha256: current!.sha256 } } : {}) };
      if (judged.unchanged) return { ...done, code: 'unchanged', version: judged.version };
      writeSharedVersion(tx, { contextId, name, visibility, taskId: taskId ?? null, version: judged.version, content, writer: `person:${by.personId}`, provenance: { by: 'person', expected }, replaced: judged.replaced });
      await this.audit(tx, 'TEAM-SHARED-CONTEXT-WRITE', { agent_id: person(by.personId), team_id: teamId, artifact_id: contextId, hash: sha256, version: judged.version, ...(judged.replaced === null ? {} : { replaced_hash: judged.replaced }) });
      return { ...done, version: judged.version };
    }, byPerson(by));
  }

  erase({ teamId, contextId, by, version }: EraseContext): Promise<CommandReply> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, row] = await Promise.all([readTeam(tx), tx.one<{ sha256: string; erased: boolean }>(sql`select encode(sha256, 'hex') as sha256, erased_at is not null as erased from app.context_version where team_id = ${teamId} and context_id = ${contextId} and version = ${version} for update`)]);
      const facts = factsOf(team, by);
      tx.ledgerOnly();
      if (!facts.customerMatches || !row) return no('not_found', 'The team shares no such version.');
      if (!facts.governs) return no('not_permitted', 'Only a governor of the customer has content erased.');
      if (row.erased) return { ...done, code: 'unchanged' };
      tx.write(sql`update app.context_version set content = null, erased_at = clock_timestamp() where team_id = ${teamId} and context_id = ${contextId} and version = ${version}`);
      await this.audit(tx, 'TEAM-SHARED-CONTEXT-ERASED', { team_id: teamId, artifact_id: contextId, hash: row.sha256, version });
      return done;
    }, byPerson(by));
  }

  /** The bytes of a file that a member made, and those that it replaced; what was pushed, published or committed lies elsewhere and stays there. */
  eraseArtifact({ teamId, artifactId, by, version }: EraseArtifact): Promise<CommandReply> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, file] = await Promise.all([readTeam(tx), tx.one<{ sha256: string; kept: boolean; goalState: GoalState }>(sql`
        select encode(f.sha256, 'hex') as sha256, f.content is not null or f.base_content is not null as kept, g.state as "goalState" from app.artifact f join app.draft d on d.team_id = f.team_id and d.id = f.draft_id
          join app.task k on k.team_id = d.team_id and k.id = d.task_id join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where f.team_id = ${teamId} and f.id = ${artifactId} and f.version = ${version} for update of f`)]);
      const { customerMatches, governs } = factsOf(team, by);
      const refused = judgeErasure({ customerMatches, governs, goalState: file?.goalState ?? null });
      tx.ledgerOnly();
      if (refused) return no(refused.code, refused.message);
      if (!file!.kept) return { ...done, code: 'unchanged' };
      tx.write(sql`update app.artifact set content = null, base_content = null where team_id = ${teamId} and id = ${artifactId}`);
      await this.audit(tx, 'ARTIFACT-ERASED', { team_id: teamId, artifact_id: artifactId, hash: file!.sha256, version });
      return done;
    }, byPerson(by));
  }
}

const factsOf = (team: TeamRow | undefined, { customerId, roles }: Requester): Omit<ContextFacts, 'current'> => ({
  customerMatches: team?.customerId === customerId, governs: roles.includes('customer_governor'), teamState: team?.state ?? '', entries: team?.entries ?? 0, taskKnown: team?.taskKnown ?? false,
});

/** An active team is fenced as it is read (P9). What was erased, or is for a task that is over, fills no place. */
const readTeam = (tx: Tx, taskId?: string): Promise<TeamRow | undefined> =>
  tx.one<TeamRow>(sql`
    select t.customer_id as "customerId", t.state, case when t.state = 'active' then sec.fence(t.epoch) end as fenced, (select count(*)::int from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id and v.version = c.version
        left join app.task k on k.team_id = c.team_id and k.id = c.task_id where c.team_id = t.team_id and v.content is not null and coalesce(k.state, 'todo') not in ('done', 'cancelled')) as entries,
      ${taskId ?? null}::uuid is null or exists (select from app.task k where k.team_id = t.team_id and k.id = ${taskId ?? null}::uuid) as "taskKnown"
    from app.team t where t.team_id = ${tx.scopeId}`);

const lockCurrent = async (tx: Tx, contextId: string): Promise<CurrentRow | null> =>
  (await tx.one<CurrentRow>(sql`select c.version, encode(c.sha256, 'hex') as sha256, c.visibility, c.task_id as "taskId", v.content is null as erased from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id and v.version = c.version
    where c.team_id = ${tx.scopeId} and c.id = ${contextId} for update of c`)) ?? null;
