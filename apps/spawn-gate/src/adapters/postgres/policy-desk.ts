import {
  conforms, faultsTogether, firstOf, idOfDocument, InvalidInputError, MOST_TURNED, normalizeSpawnPolicy, normalizeTemplate, readYaml, spawnPolicySchema, templateSchema,
  stableJson, type AgentRole, type AppliedPolicies, type ApplyPolicies, type ChangePolicy, type FileSchema, type PolicyChanged, type PolicyDocument, type PolicySimulated, type SimulatePolicy, type SpawnPolicy, type SpawnPolicyFile, type SpawnVerdict, type Template, type TemplateFile, type TeamId, type TurnedDecision, type TurnedList,
} from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Inject, Injectable } from '@nestjs/common';
import type { Violation } from '../../domain/decide-spawn.js';
import { lostCaps } from '../../domain/lost-caps.js';
import { simulate, verdictOf, type Draft, type RecordedDecision, type Turned } from '../../domain/simulate.js';
import { mayGovernPolicies } from '../../domain/steer.js';
import { POLICIES_DIR, withSkills } from '../files/policy-files.js';
import { policyOf, templateOf, type Retired, type TemplateDoc } from './in-force.js';
import { PolicyStore, type Edit, type InForceNow, type Refused, type WrittenByPerson } from './policy-store.js';
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
  constructor(
    private readonly database: Database,
    private readonly store: PolicyStore,
    @Inject(POLICIES_DIR) private readonly folder: string,
  ) {}

  /** A new version of the policy or a template, in force at once. Throws `InvalidInputError` for a document that is not fit to be in force. */
  async change({ by, kind, id, change, document = {}, ifVersion }: ChangePolicy): Promise<PolicyChanged> {
    if (!mayGovernPolicies(by)) return refused('not_permitted', 'only the platform governor changes what is in force for every team');
    let written: object | undefined;
    const edited = await this.store.edit(by.personId, kind, id, async (now, version): Promise<Edit> => {
      if (ifVersion !== undefined && ifVersion !== version) return { refused: 'stale_version', message: `it is at version ${version} by now` };
      if (!now && change !== 'put') return { refused: kind === 'template' ? 'template_not_found' : 'policy_not_found', message: kind === 'template' ? 'template not found' : 'no spawn policy is in force' };
      if (change === 'drop') return 'drop';
      const doc = fit(kind, id, change === 'patch' ? { ...withoutDigests(now!), ...document } : document);
      written = doc;
      return { file: await this.written({ kind, document: doc }) };
    });
    if ('refused' in edited) return refused(edited.refused, edited.message);
    return { ...done('ok', ''), version: edited.version, sha256: edited.hash, ...(written ? { document: written } : {}) };
  }

  /** Several at once, all or none, by the revision the person saw. Throws `InvalidInputError` where one is not fit to be in force, or there twice. */
  async apply({ by, documents, ifRevision, dropCustomerBudgets = false, dryRun = false }: ApplyPolicies): Promise<AppliedPolicies> {
    if (!mayGovernPolicies(by)) return refused('not_permitted', 'only the platform governor changes what is in force for every team');
    const faults = faultsTogether(documents);
    if (faults.length > 0) throw new InvalidInputError('not all of these can be in force', faults);
    const files = await Promise.all(documents.map((each) => this.written(each)));
    const next = documents.find(({ kind }) => kind === 'spawn-policy')?.document;
    const against = ({ revision, policy }: InForceNow): Refused | undefined => {
      if (revision !== ifRevision) return { refused: 'stale_version', message: `the rules are at revision ${revision} by now, not ${ifRevision}` };
      const lost = policy && next && !dropCustomerBudgets ? lostCaps(policy, next) : [];
      return lost.length === 0 ? undefined : { refused: 'customer_budgets_lost', message: `customers would lose their caps, which this policy does not name: ${lost.join(', ')}` };
    };
    const settled = await this.store.together(by.personId, files, against, { dry: dryRun });
    return 'refused' in settled ? refused(settled.refused, settled.message) : { ...done('ok', ''), ...settled };
  }

  /** The document as a version of its own, a template with the digests of its skills. */
  private async written({ kind, document }: PolicyDocument): Promise<WrittenByPerson> {
    const file = { kind, id: idOfDocument({ kind, document }), doc: document, hash: sha256(stableJson(document)), source: '' };
    return kind === 'template' ? { ...(await withSkills(this.folder, file, document as TemplateFile, normalizeTemplate(document as TemplateFile).skills)), kind } : file;
  }

  /** Judges the newest decisions again under the draft. Reads only; throws `InvalidFileError` for a draft that is not fit to be in force. */
  simulate({ by, kind, draft, most }: SimulatePolicy): Promise<PolicySimulated> {
    return this.database.withPlatform(async (tx) => {
      if (!mayGovernPolicies(by)) return refused('not_permitted', 'only the platform governor tries a policy on everybody’s decisions');
      const [rows, kept] = await Promise.all([
        tx.read<DecisionRow>(sql`select team_id, id, decided_at, role, template_id, allowed, code, violations, policy_version, inputs from ops.recorded_decisions(${most})`),
        tx.read<KeptRow>(sql`select kind, id, version, doc from app.policy where kind in ('spawn-policy', 'template')`),
      ]);
      const rules = await this.readDraft(kind, draft);
      const { replayed, incomparable, turned } = simulate(rows.map(recordedIn(kept)), rules, sha256);
      const lists = (verdict: SpawnVerdict): TurnedList => listOf(turned.filter((each) => each.verdict === verdict));
      return { ...done('ok', ''), simulation: { kind, replayed, incomparable, newlyDenied: lists('denied'), newlyAsking: lists('asks'), newlyAllowed: lists('allowed') } };
    });
  }

  private async readDraft(kind: SimulatePolicy['kind'], draft: string): Promise<Draft> {
    if (kind === 'spawn-policy') return { policy: normalizeSpawnPolicy(readYaml(spawnPolicySchema, 'draft', draft)) };
    const doc = readYaml(templateSchema, 'draft', draft);
    const template = normalizeTemplate(doc);
    const { doc: judged } = await withSkills(this.folder, { kind, id: template.id, doc, hash: '', source: '' }, doc, template.skills);
    return { template, skillDigests: (judged as TemplateDoc).skill_digests ?? {} };
  }
}

const SCHEMAS: Readonly<Record<ChangePolicy['kind'], FileSchema<object>>> = { 'spawn-policy': spawnPolicySchema as FileSchema<object>, template: templateSchema as FileSchema<object> };

/** The document, if it could stand in a file of its kind and under this id. */
function fit(kind: ChangePolicy['kind'], id: string, doc: object): SpawnPolicyFile & TemplateFile {
  const broken = conforms(SCHEMAS[kind], doc);
  if (broken.length > 0) throw new InvalidInputError(`this is no ${SCHEMAS[kind].kind}`, broken);
  const own = kind === 'template' ? normalizeTemplate(doc as TemplateFile).id : 'spawn-policy';
  if (own !== id) throw new InvalidInputError('it has another id', [{ pointer: kind === 'template' ? '/templateID' : '', rule: 'id', message: `is ${own}, not ${id}` }]);
  return doc as SpawnPolicyFile & TemplateFile;
}

function withoutDigests(doc: object): object {
  const { skill_digests: _, ...file } = doc as TemplateDoc;
  return file;
}


/** Puts beside each decision the versions it was made under. */
function recordedIn(kept: readonly KeptRow[]): (row: DecisionRow) => Kept {
  const policies = new Map<number, SpawnPolicy>();
  const templates = new Map<string, Template>();
  for (const { kind, id, version, doc } of kept) {
    const template = kind === 'template' ? templateOf(doc as TemplateDoc | Retired) : undefined;
    const policy = kind === 'spawn-policy' && id === kind ? policyOf(doc as SpawnPolicyFile | Retired) : undefined;
    if (template) templates.set(`${id}@${version}`, template);
    if (policy) policies.set(version, policy);
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
  violations: decision.violations.map(({ code, message }) => ({ code, message: firstOf(message, 500) })),
});
