import { IdPath, lintFile, routes, simulatePolicy, SimulateBody, SIMULATED_KINDS, type PolicyFileKind, type SimulatedKind, type Simulation, type SpawnDecisionView } from '@countersign/contracts';
import { Body, Controller, Param } from '@nestjs/common';
import { HttpRefusal } from '../../domain/problem.js';
import { SpawnDecisions } from '../postgres/spawn-decisions.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, Operation, type Session } from './operation.js';

const DECISIONS_REPLAYED = 2_000;
/** Thousands of decisions are judged again; nobody waits for them but the person who asked. */
const SIMULATION_MS = 60_000;

/** The rules of the spawn gate, seen by people: why it decided so, and what it would decide. */
@Controller()
export class PoliciesController {
  constructor(
    private readonly access: TeamAccess,
    private readonly decisions: SpawnDecisions,
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
