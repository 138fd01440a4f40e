import { person, principalOf } from '@countersign/audit';
import type { CommandReply, ContextWritten, EraseContext, Requester, WriteContext } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT, type Audit } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { judgeContext, type ContextFacts } from '../../domain/judge-context.js';

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
    const bytes = Buffer.from(content);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return this.database.withTeam(teamId, async (tx) => {
      const [team, current] = [await readTeam(tx, taskId), await lockCurrent(tx, contextId)];
      const judged = judgeContext({ ...factsOf(team, by), current }, { visibility, hasTask: taskId !== undefined, expected, overwrite, sha256 });
      tx.ledgerOnly();
      if (!judged.ok) return { ...judged, ...(judged.code === 'stale_version' ? { current: { version: current!.version, sha256: current!.sha256 } } : {}) };
      if (judged.unchanged) return { ...done, code: 'unchanged', version: judged.version };
      const hash = Buffer.from(sha256, 'hex');
      if (current) tx.writeExpecting(1, 'stale_version', sql`update app.context set version = ${judged.version}, sha256 = ${hash}, size = ${bytes.length}, changed_at = clock_timestamp() where team_id = ${teamId} and id = ${contextId} and version = ${current.version}`);
      else tx.write(sql`insert into app.context (team_id, id, name, visibility, task_id, version, sha256, size) values (${teamId}, ${contextId}, ${name}, ${visibility}, ${taskId ?? null}, 1, ${hash}, ${bytes.length})`);
      tx.write(sql`insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance, replaced)
        values (${teamId}, ${contextId}, ${judged.version}, ${hash}, ${bytes.length}, ${bytes}, ${`person:${by.personId}`}, ${json({ by: 'person', expected })}, ${judged.replaced === null ? null : Buffer.from(judged.replaced, 'hex')})`);
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
}

const factsOf = (team: TeamRow | undefined, { customerId, roles }: Requester): Omit<ContextFacts, 'current'> => ({
  customerMatches: team?.customerId === customerId, governs: roles.includes('customer_governor'), teamState: team?.state ?? '', entries: team?.entries ?? 0, taskKnown: team?.taskKnown ?? false,
});

/** An active team is fenced as it is read (P9). */
const readTeam = (tx: Tx, taskId?: string): Promise<TeamRow | undefined> =>
  tx.one<TeamRow>(sql`
    select t.customer_id as "customerId", t.state, case when t.state = 'active' then sec.fence(t.epoch) end as fenced, (select count(*)::int from app.context c where c.team_id = t.team_id) as entries,
      ${taskId ?? null}::uuid is null or exists (select from app.task k where k.team_id = t.team_id and k.id = ${taskId ?? null}::uuid) as "taskKnown"
    from app.team t where t.team_id = ${tx.scopeId}`);

const lockCurrent = async (tx: Tx, contextId: string): Promise<CurrentRow | null> =>
  (await tx.one<CurrentRow>(sql`select version, encode(sha256, 'hex') as sha256, visibility, task_id as "taskId" from app.context where team_id = ${tx.scopeId} and id = ${contextId} for update`)) ?? null;
