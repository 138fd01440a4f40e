import { RemoteError } from '@countersign/bus';
import {
  applyPolicies, ApplyPoliciesBody, changePolicy, conforms, faultsTogether, IdPath, InvalidInputError, liftRecall, lintFile, PutPolicyBody, RecallBody, recallSkill, routes, simulatePolicy, SimulateBody, SIMULATED_KINDS, SkillPath, SkillTraceQuery, spawnPolicySchema, TemplateBody, TemplatePatchBody, templateSchema, traceSkill, WireIdPath,
  type ChangePolicy, type FileSchema, type PoliciesApplied, type PoliciesView, type PolicyChanged, type PolicyFileKind, type PolicyView, type TemplateDeleted, type TemplateSaved, type SimulatedKind, type Simulation, type SkillTrace, type SpawnDecisionView,
} from '@countersign/contracts';
import { Body, Controller, Headers, Param, Query, Res } from '@nestjs/common';
import { policyFor } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Policies } from '../postgres/policies.js';
import { SpawnDecisions } from '../postgres/spawn-decisions.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';

const DECISIONS_REPLAYED = 2_000;
/** Thousands of decisions are judged again; nobody waits for them but the person who asked. */
const SIMULATION_MS = 60_000;
/** One transaction for each instance that is stopped. */
const EVERYBODY_MS = 60_000;

/** The rules of the spawn gate, seen by people: why it decided so, and what it would decide. */
@Controller()
export class PoliciesController {
  constructor(
    private readonly access: TeamAccess,
    private readonly decisions: SpawnDecisions,
    private readonly policies: Policies,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.readSpawnDecision)
  async explain(@By() by: Session, @Param() { id }: IdPath): Promise<SpawnDecisionView> {
    const { teamId } = await this.access.decision(by, id);
    return this.decisions.read(teamId, id);
  }

  @Operation(routes.simulatePolicy)
  async simulate(@By() by: Session, @Body() { draft, kind, most = DECISIONS_REPLAYED }: SimulateBody): Promise<Simulation> {
    const { simulation } = await this.commands.carry(simulatePolicy, { by: requester(by), kind: fitDraft(draft, kind), draft, most }, { timeoutMs: SIMULATION_MS });
    return simulation!;
  }

  @Operation(routes.readPolicy)
  async read(@By() by: Session, @Res({ passthrough: true }) reply: GatewayReply): Promise<PolicyView> {
    return tagged(reply, policyFor(by, await this.policies.spawnPolicy()));
  }

  @Operation(routes.readPolicies)
  async readAll(@By() by: Session, @Res({ passthrough: true }) reply: GatewayReply): Promise<PoliciesView> {
    const { revision, spawnPolicy } = await this.policies.all();
    void reply.header('etag', `"${revision}"`);
    return { revision, spawnPolicy: policyFor(by, spawnPolicy) };
  }

  @Operation(routes.applyPolicies)
  async apply(@By() by: Session, @Body() body: ApplyPoliciesBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<PoliciesApplied> {
    const faults = faultsTogether(body.documents);
    if (faults.length > 0) throw new InvalidInputError('not all of these can be in force', faults);
    if (Buffer.byteLength(JSON.stringify(body)) > MOST_APPLIED_BYTES) throw new HttpRefusal('body_too_large', `more than ${MOST_APPLIED_BYTES / 1024} KiB together; put them in force in parts`);
    const { revision, applied } = await this.commands.carry(applyPolicies, { ...body, by: requester(by), ifRevision: versionIn(ifMatch) });
    void reply.header('etag', `"${revision!}"`);
    return { revision: revision!, applied: applied! };
  }

  @Operation(routes.putPolicy)
  async put(@By() by: Session, @Body() { document }: PutPolicyBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<PolicyView> {
    fit(spawnPolicySchema, document);
    const { version, sha256 } = await this.change({ by: requester(by), kind: 'spawn-policy', id: 'spawn-policy', change: 'put', document, ifVersion: versionIn(ifMatch) });
    return tagged(reply, { version: version!, sha256: sha256!, document });
  }

  @Operation(routes.dropPolicy)
  async drop(@By() by: Session, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<PolicyView> {
    const { version } = await this.change({ by: requester(by), kind: 'spawn-policy', id: 'spawn-policy', change: 'drop', ifVersion: versionIn(ifMatch) });
    return tagged(reply, { version: version!, sha256: null, document: null });
  }

  @Operation(routes.traceSkill)
  async trace(@By() by: Session, @Param() { sha256 }: SkillPath, @Query() from: SkillTraceQuery): Promise<SkillTrace> {
    return (await this.commands.carry(traceSkill, { by: requester(by), sha256, ...from })).trace!;
  }

  @Operation(routes.recallSkill)
  async recall(@By() by: Session, @Body() { sha256, reason }: RecallBody): Promise<SkillTrace> {
    return (await this.commands.carry(recallSkill, { by: requester(by), sha256, reason }, { timeoutMs: EVERYBODY_MS })).trace!;
  }

  @Operation(routes.liftRecall)
  async lift(@By() by: Session, @Body() { sha256, reason }: RecallBody): Promise<SkillTrace> {
    return (await this.commands.carry(liftRecall, { by: requester(by), sha256, reason })).trace!;
  }

  @Operation(routes.createTemplate)
  async createTemplate(@By() by: Session, @Body() { template }: TemplateBody): Promise<TemplateSaved> {
    const { templateID, template_id } = template as { templateID?: unknown; template_id?: unknown };
    const id = templateID ?? template_id;
    if (typeof id !== 'string' || id.trim() === '' || id.length > MOST_ID) throw new HttpRefusal('invalid_template_id', 'template_id is required');
    fit(templateSchema, template);
    return { ok: true, template: named(id, await this.save({ by: requester(by), kind: 'template', id, change: 'put', document: template })) };
  }

  @Operation(routes.patchTemplate)
  async patchTemplate(@By() by: Session, @Param() { id }: WireIdPath, @Body() changes: TemplatePatchBody): Promise<TemplateSaved> {
    return { ok: true, template: named(id, await this.save({ by: requester(by), kind: 'template', id, change: 'patch', document: { ...changes } })) };
  }

  @Operation(routes.deleteTemplate)
  async deleteTemplate(@By() by: Session, @Param() { id }: WireIdPath): Promise<TemplateDeleted> {
    await this.save({ by: requester(by), kind: 'template', id, change: 'drop' }, 'template_delete_failed');
    return { ok: true, deleted: true, templateID: id };
  }

  /** What the gate could not write down it has not done: the original's word for that. */
  private async save(wanted: ChangePolicy, failed = 'template_persist_failed'): Promise<object> {
    try {
      return (await this.change(wanted)).document ?? {};
    } catch (error) {
      if (error instanceof HttpRefusal && error.code === 'template_not_found') throw new HttpRefusal(error.code, error.message, { templateID: wanted.id });
      if (error instanceof RemoteError && error.code === 'invalid_input') throw new HttpRefusal('invalid_template', 'with these changes it is no template');
      if (error instanceof RemoteError) throw new HttpRefusal(failed, 'the template could not be written');
      throw error;
    }
  }

  private async change(wanted: ChangePolicy): Promise<PolicyChanged> {
    const reply = await this.commands.ask(changePolicy, wanted);
    if (!reply.ok) throw new HttpRefusal(reply.code, reply.message);
    return reply;
  }
}

const MOST_ID = 120;
/** One message to the gate holds 256 KiB. */
const MOST_APPLIED_BYTES = 240 * 1024;
const named = (id: string, template: object): object => ({ templateID: id, ...template });

function fit(schema: FileSchema<object> | FileSchema<never>, document: object): void {
  const broken = conforms(schema as FileSchema<object>, document);
  if (broken.length > 0) throw new InvalidInputError(`this is no ${schema.kind}`, broken);
}

function tagged(reply: GatewayReply, view: PolicyView): PolicyView {
  void reply.header('etag', `"${view.version}"`);
  return view;
}

function versionIn(ifMatch: string | undefined): number {
  if (ifMatch === undefined) throw new HttpRefusal('if_match_missing', 'send If-Match with the ETag of the policy as you saw it');
  const version = /^"(\d{1,9})"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw new HttpRefusal('stale_version', 'If-Match does not name a version of the policy');
  return Number(version);
}

/** A draft that could not be in force is refused with all its faults, at their lines. */
function fitDraft(draft: string, named: SimulatedKind | undefined): SimulatedKind {
  const { kind, faults } = lintFile('draft', draft, named);
  if (faults.length > 0) {
    const errors = faults.slice(0, MOST_ERRORS).map(({ pointer, rule, message, line, column }) => ({ pointer, rule, message, line, column }));
    throw new HttpRefusal('invalid_policy', `the draft has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`, { errors });
  }
  if (!isSimulated(kind)) throw new HttpRefusal('invalid_policy', `no spawn is judged by a file of the kind ${kind}`);
  return kind;
}

const MOST_ERRORS = 100;
const isSimulated = (kind: PolicyFileKind): kind is SimulatedKind => SIMULATED_KINDS.some((known) => known === kind);
