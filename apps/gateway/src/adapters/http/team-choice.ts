import { DEFAULT_MISSION, fromWireId, GoalId, InstanceId, MalformedIdError, NotFoundError, TeamId, type GateApprovalKind, type WireIdKind } from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import { HttpRefusal } from '../../domain/problem.js';
import { TeamAccess, type VisibleTeam } from '../postgres/team-access.js';
import { Teams } from '../postgres/teams.js';
import type { GatewayRequest, Session } from './operation.js';

/** Says which team is meant where a request names none. */
export const TEAM_HEADER = 'x-countersign-team';

/** The original knows one team. Here the thing that is named leads to its team; where nothing is named, a header or `?team=` says it, or there is only one. */
@Injectable()
export class TeamChoice {
  constructor(
    private readonly access: TeamAccess,
    private readonly teams: Teams,
  ) {}

  /** The team that the request names, if it names one. */
  async named(by: Session, request: GatewayRequest, query?: string): Promise<TeamId | undefined> {
    const header = request.headers[TEAM_HEADER];
    const name = query ?? (typeof header === 'string' ? header : undefined);
    if (name === undefined) return undefined;
    return (await this.access.team(by, TeamId.parse(name))).teamId;
  }

  /** The one that is named, else the only one that works. */
  async one(by: Session, request: GatewayRequest, query?: string): Promise<TeamId> {
    const named = await this.named(by, request, query);
    if (named !== undefined) return named;
    const active = (await this.teams.visibleTo(by)).filter(({ state }) => state === 'active');
    if (active.length === 0) throw new HttpRefusal('team_not_active', 'no team of yours is active: deploy one that is certified, or have one that is suspended reactivated (GET /v1/teams lists them)');
    if (active.length > 1) throw new HttpRefusal('team_required', `more than one team is active: say which in the header ${TEAM_HEADER}, or as ?team=`, { teams: active.slice(0, MOST_SHOWN).map(({ id, name }) => ({ id, name })) });
    return TeamId.parse(active[0]!.id);
  }

  /** Undefined for the default mission; what is not the caller's to see is not there. */
  async mission(by: Session, text: string): Promise<{ readonly teamId: TeamId; readonly goalId: GoalId } | undefined> {
    if (text === DEFAULT_MISSION) return undefined;
    const goalId = await orUnknown('mission', text, () => Promise.resolve(GoalId.parse(text)));
    const { teamId } = await orUnknown('mission', text, () => this.access.goal(by, goalId));
    return { teamId, goalId };
  }

  async instance(by: Session, text: string): Promise<{ readonly teamId: TeamId; readonly instanceId: InstanceId }> {
    const instanceId = idOf('instance', text);
    const { teamId } = await orUnknown('instance', text, () => this.access.instance(by, instanceId as InstanceId));
    return { teamId, instanceId: instanceId as InstanceId };
  }

  async question(by: Session, kind: GateApprovalKind, text: string): Promise<{ readonly teamId: TeamId; readonly approvalId: string }> {
    const approvalId = idOf(`${kind}Approval`, text);
    const { teamId } = await orUnknown('approval', text, (): Promise<VisibleTeam> => this.access.question(by, kind, approvalId));
    return { teamId, approvalId };
  }
}

const MOST_SHOWN = 20;
const WHAT = { instance: ['instanceID', 'Agent instance not found'], approval: ['approvalID', 'Approval not found'], mission: ['missionID', 'Mission not found'] } as const;

function idOf(kind: WireIdKind, text: string): string {
  try {
    return fromWireId(kind, text);
  } catch (error) {
    if (error instanceof MalformedIdError) throw unknown(kind === 'instance' ? 'instance' : 'approval', text);
    throw error;
  }
}

/** `INSTANCE_NOT_FOUND` and its like, naming what was asked for in the words it was asked for. */
export const unknown = (what: keyof typeof WHAT, text: string): HttpRefusal => new HttpRefusal(`${what}_not_found`, WHAT[what][1], { [WHAT[what][0]]: text });

async function orUnknown<T>(what: keyof typeof WHAT, text: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof MalformedIdError) throw unknown(what, text);
    throw error;
  }
}
