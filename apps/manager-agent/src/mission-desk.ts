import {
  readMissionEvent,
  uuidv7,
  type CancelGoal,
  type CommandReply,
  type CreateMission,
  type MissionCommand,
  type MissionEvent,
  type MissionReply,
  type PauseAgent,
  type PauseGoal,
  type PostMissionEvent,
  type ResumeGoal,
} from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT, type Audit } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { byPerson } from './adapters/postgres/by-person.js';
import { guideGoal } from './adapters/postgres/guide-goal.js';
import { readMission, readMissionView, type StoredMission } from './adapters/postgres/mission-rows.js';
import { keepEvent, MissionWriter, type KeptReply } from './adapters/postgres/mission-writer.js';
import { storeNewMission } from './adapters/postgres/new-mission.js';
import { pauseAgent } from './adapters/postgres/pause-agent.js';
import { readWorkTerms } from './adapters/postgres/work-terms.js';
import { mayPost, type RightsRefusal } from './domain/mission-rights.js';
import { beginsMission, refusesWork } from './domain/new-work.js';
import { reduceMission } from './domain/reduce-mission.js';
import { MissionBridge } from './mission-bridge.js';

interface Earlier {
  readonly body: MissionEvent;
  readonly actor: string;
  readonly reply: KeptReply;
}
interface Taken {
  readonly ok: true;
  readonly reply: KeptReply;
  readonly replayed: boolean;
}
type Outcome = Taken | (MissionReply & { readonly ok: false });

const refused = (code: string, message: string, more: Partial<MissionReply> = {}): MissionReply & { ok: false } => ({ ...more, ok: false, code, message });
/** What only takes authority away is also taken in a team that is stopped. */
const STOPS: readonly MissionEvent['type'][] = ['mission_paused', 'mission_canceled'];

/** Missions, and goals as missions: made, told what happened, paused, resumed, cancelled. One event is one transaction; what follows at the gate comes after it. */
@Injectable()
export class MissionDesk {
  constructor(
    private readonly database: Database,
    private readonly bridge: MissionBridge,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** The same mission id again is answered with the mission as it is and changes nothing. */
  async create(request: CreateMission): Promise<MissionReply> {
    const { teamId, missionId } = request;
    const stored = await this.database.withTeam(teamId, (tx) => storeNewMission(tx, this.audit, request), byPerson(request.by));
    if ('code' in stored) return refused(stored.code, stored.message);
    const mission = await this.database.withTeam(teamId, (tx) => readMissionView(tx, missionId));
    return { ok: true, code: stored.stored ? 'ok' : 'unchanged', message: '', ...(mission ? { mission } : {}) };
  }

  async post(request: PostMissionEvent): Promise<MissionReply> {
    const read = readMissionEvent(request.event);
    if ('missing' in read) return refused('mission_event_invalid', `An event ${request.event.type} needs ${read.missing}.`);
    const { event } = read;
    if (event.mission_id.toLowerCase() !== request.missionId) return refused('mission_event_mismatch', 'The event is about another mission.');
    const outcome = await this.database.withTeam(request.teamId, (tx) => this.take(tx, request, event), byPerson(request.by));
    return outcome.ok ? this.answer(request, event, outcome) : outcome;
  }

  pause({ reason, ...goal }: PauseGoal): Promise<CommandReply> {
    return this.guide(goal, { type: 'mission_paused', mission_id: goal.goalId, reason });
  }

  resume(goal: ResumeGoal): Promise<CommandReply> {
    return this.guide(goal, { type: 'mission_resumed', mission_id: goal.goalId });
  }

  /** What the gateway's alert stops, stands still in rows first, then at the gate; again changes nothing. */
  async pauseAgent({ teamId, alertId }: PauseAgent): Promise<CommandReply> {
    const paused = await this.database.withTeam(teamId, (tx) => pauseAgent(tx, this.audit, alertId));
    for (const goalId of paused) await this.bridge.follow(teamId, goalId, 'paused');
    return { ok: true, code: paused.length > 0 ? 'ok' : 'unchanged', message: '' };
  }

  /** Cancelling twice changes nothing; also in a suspended team. */
  cancel({ reason, ...goal }: CancelGoal): Promise<CommandReply> {
    return this.guide(goal, { type: 'mission_canceled', mission_id: goal.goalId, reason });
  }

  /** A person's wish about a goal of either origin. It leads to a state, so a repeat needs no key. */
  private async guide({ teamId, goalId, by }: Pick<ResumeGoal, 'teamId' | 'goalId' | 'by'>, event: PostMissionEvent['event']): Promise<CommandReply> {
    const { ok, code, message } = await this.post({ teamId, missionId: goalId, by, eventKey: `${event.type}:${uuidv7()}`, event });
    return { ok, code, message };
  }

  /** Judges and writes one event under the mission's lock. */
  private async take(tx: Tx, { teamId, missionId, by, eventKey, expectedRevision }: PostMissionEvent, event: MissionEvent): Promise<Outcome> {
    const [stored, earlier] = await Promise.all([
      readMission(tx, missionId),
      tx.one<Earlier>(sql`select body, actor, reply from app.mission_event where team_id = ${teamId} and goal_id = ${missionId} and event_key = ${eventKey}`),
    ]);
    if (!stored) return refused('not_found', 'There is no such mission.');
    const forbidden = mayPost(by, stored.team.customerId, event, 'work_item_id' in event ? stored.authorsOf(event.work_item_id) : []);
    if (forbidden) return this.forbid(tx, stored, event, forbidden);
    if (earlier) return replay(earlier, event, by.personId);
    const { row, team } = stored;
    if (expectedRevision !== undefined && expectedRevision !== row.revision) {
      return refused('revision_conflict', `The mission is at revision ${row.revision}, not ${expectedRevision}.`, { expectedRevision, currentRevision: row.revision, mission: stored.facts.mission });
    }
    if (team.state !== 'active' && !STOPS.includes(event.type)) return refused('team_not_active', `The team is ${team.state}; its missions stand still.`);
    return this.apply(tx, stored, { key: eventKey, event, by: by.personId });
  }

  private async apply(tx: Tx, stored: StoredMission, kept: { readonly key: string; readonly event: MissionEvent; readonly by: PostMissionEvent['by']['personId'] }): Promise<Outcome> {
    const { event, by } = kept;
    let commands: readonly MissionCommand[] = [];
    let changed: boolean;
    if (stored.row.origin === 'mission') {
      const late = beginsMission(stored.facts.mission.status, event) ? refusesWork(await readWorkTerms(tx), 0, 'mission') : undefined; // its items were counted when it was made
      if (late) return refused(late.code, late.message);
      const reduction = reduceMission(stored.facts, event);
      if (!reduction.ok) return refused(reduction.code, reduction.message);
      ({ commands, changed } = reduction);
      if (changed) await new MissionWriter(tx, this.audit, stored, by).apply(kept, reduction);
    } else {
      const guided = await guideGoal(tx, this.audit, stored, event, by);
      if (!guided.ok) return refused(guided.code, guided.message);
      ({ changed } = guided);
    }
    if (!changed) tx.ledgerOnly();
    const reply = { changed, commands };
    keepEvent(tx, stored, kept, reply);
    return { ok: true, reply, replayed: false };
  }

  /** Who tries to approve what they may not approve is on record. */
  private async forbid(tx: Tx, { row, tasks }: StoredMission, event: MissionEvent, { code, message }: RightsRefusal): Promise<Outcome> {
    if (event.type === 'approval_granted' && code !== 'not_found') {
      const item = tasks.find(({ id, key }) => key === event.work_item_id || id === event.work_item_id);
      await this.audit(tx, 'MISSION-EVENT-REFUSED', { goal_id: row.id, event: event.type, code, ...(item ? { work_item: item.id } : {}) }, { result: 'denied' });
    }
    return refused(code, message);
  }

  /** What follows is done at the gate first, so that the answer says what came of it. A repeat of the event finds the same rows. */
  private async answer({ teamId, missionId }: PostMissionEvent, event: MissionEvent, { reply, replayed }: Taken): Promise<MissionReply> {
    const turned = reply.changed && event.type.startsWith('mission_');
    if (turned) await this.bridge.follow(teamId, missionId, 'reason' in event ? event.reason : '');
    const starts = turned && (event.type === 'mission_started' || event.type === 'mission_resumed');
    const still = turned && STOPS.includes(event.type) ? await this.bridge.stopped(teamId, missionId) : 0;
    return {
      ok: true,
      code: reply.changed ? 'ok' : 'unchanged',
      message: still === 0 ? '' : `${still} of its workers are still being stopped.`,
      ...(await this.seen(teamId, missionId)),
      commands: [...reply.commands],
      orchestratorSpawns: starts ? await this.bridge.spawns(teamId, missionId) : [],
      orchestratorCancellations: turned && event.type === 'mission_canceled' ? await this.bridge.cancellations(teamId, missionId, event.reason) : { triggered: false, cancelledInstances: 0 },
      replayed,
    };
  }

  private async seen(teamId: PostMissionEvent['teamId'], missionId: PostMissionEvent['missionId']): Promise<Pick<MissionReply, 'mission'>> {
    const mission = await this.database.withTeam(teamId, (tx) => readMissionView(tx, missionId));
    return mission ? { mission } : {};
  }
}

/** The key was used before: by this person for this event, or the request is a mistake. */
function replay({ body, actor, reply }: Earlier, event: MissionEvent, by: string): Outcome {
  if (actor !== by || !isDeepStrictEqual(body, event)) return refused('event_key_reused', 'This event key stands for another event.');
  return { ok: true, reply, replayed: true };
}
