import {
  MOST_TURNED, normalizeSpawnPolicy, normalizeTemplate, readYaml, spawnPolicySchema, templateSchema,
  type AgentRole, type PolicySimulated, type SimulatePolicy, type SpawnPolicy, type SpawnPolicyFile, type SpawnVerdict, type Template, type TeamId, type TurnedDecision, type TurnedList,
} from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import type { Violation } from '../../domain/decide-spawn.js';
import { simulate, verdictOf, type Draft, type RecordedDecision, type Turned } from '../../domain/simulate.js';
import { mayGovernPolicies } from '../../domain/steer.js';
import { isRetired, type Retired, type TemplateDoc } from './in-force.js';
import { done, refused } from './replies.js';
import { sha256 } from './spawn-order.js';

interface DecisionRow {
  readonly team_id: TeamId;
  readonly id: string;
  readonly decided_at: Date;
  readonly role: AgentRole;
  readonly template_id: string;
  readonly allowed: boolean;
  readonly code: string;
  readonly violations: readonly Violation[];
  readonly policy_version: number;
  readonly inputs: Pick<RecordedDecision, 'ask' | 'facts'> & { readonly templates: Readonly<Record<string, number>> };
}

interface KeptRow {
  readonly kind: 'spawn-policy' | 'template';
  readonly id: string;
  readonly version: number;
  readonly doc: SpawnPolicyFile | TemplateDoc | Retired;
}

interface Kept extends RecordedDecision {
  readonly row: DecisionRow;
}

/** What people do with policies through the gateway. */
@Injectable()
export class PolicyDesk {
  constructor(private readonly database: Database) {}

  /** Judges the newest decisions again under the draft. Reads only; throws `InvalidFileError` for a draft that is not fit to be in force. */
  simulate({ by, kind, draft, most }: SimulatePolicy): Promise<PolicySimulated> {
    const rules = readDraft(kind, draft);
    return this.database.withPlatform(async (tx) => {
      if (!mayGovernPolicies(by)) return refused('not_permitted', 'only the platform governor tries a policy on everybody’s decisions');
      const [rows, kept] = await Promise.all([
        tx.read<DecisionRow>(sql`select team_id, id, decided_at, role, template_id, allowed, code, violations, policy_version, inputs from ops.recorded_decisions(${most})`),
        tx.read<KeptRow>(sql`select kind, id, version, doc from app.policy where kind in ('spawn-policy', 'template')`),
      ]);
      const { replayed, incomparable, turned } = simulate(rows.map(recordedIn(kept)), rules, sha256);
      const lists = (verdict: SpawnVerdict): TurnedList => listOf(turned.filter((each) => each.verdict === verdict));
      return { ...done('ok', ''), simulation: { kind, replayed, incomparable, newlyDenied: lists('denied'), newlyAsking: lists('asks'), newlyAllowed: lists('allowed') } };
    });
  }
}

const readDraft = (kind: SimulatePolicy['kind'], draft: string): Draft =>
  kind === 'spawn-policy' ? { policy: normalizeSpawnPolicy(readYaml(spawnPolicySchema, 'draft', draft)) } : { template: normalizeTemplate(readYaml(templateSchema, 'draft', draft)) };

/** Puts beside each decision the versions it was made under. */
function recordedIn(kept: readonly KeptRow[]): (row: DecisionRow) => Kept {
  const policies = new Map<number, SpawnPolicy>();
  const templates = new Map<string, Template>();
  for (const { kind, id, version, doc } of kept) {
    if (isRetired(doc)) continue;
    if (kind === 'template') templates.set(`${id}@${version}`, normalizeTemplate(doc as TemplateDoc));
    else if (id === 'spawn-policy') policies.set(version, normalizeSpawnPolicy(doc as SpawnPolicyFile));
  }
  return (row) => {
    const policy = policies.get(row.policy_version);
    return {
      row,
      id: row.id,
      role: row.role,
      verdict: verdictOf({ allowed: row.allowed, requiresUserApproval: row.violations.every(({ code }) => code === 'spawn_requires_approval') }),
      code: row.code,
      ask: row.inputs.ask,
      facts: row.inputs.facts,
      ...(policy ? { policy } : {}),
      templates: Object.entries(row.inputs.templates).flatMap(([id, version]) => templates.get(`${id}@${version}`) ?? []),
    };
  };
}

const listOf = (turned: readonly Turned<Kept>[]): TurnedList => ({ count: turned.length, newest: turned.slice(0, MOST_TURNED).map(view) });

const view = ({ recorded: { row }, decision }: Turned<Kept>): TurnedDecision => ({
  id: row.id,
  teamId: row.team_id,
  decidedAt: row.decided_at.toISOString(),
  role: row.role,
  templateId: row.template_id || null,
  was: row.code,
  code: decision.code,
  violations: decision.violations.map(({ code, message }) => ({ code, message: message.slice(0, 500) })),
});
