import { personal, principalOf, type Audit, type Personal } from '@countersign/audit';
import { CANCELLED_BY_PERSON, defaultMissionId, NotFoundError, wireMission, type CancelInstance, type GoalId, type HaltMission, type InstanceCancelled, type MissionStopped, type PersonId, type StopMission } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { MissionStop } from '../../domain/decide-spawn.js';
import { decideStop } from '../../domain/stop-mission.js';
import { maySteer } from '../../domain/steer.js';
import { AccountBook, takeTurn } from './account-book.js';
import { endOpen } from './end-instance.js';
import { withdrawQuestions } from './gate-approvals.js';
import { accountPath, accountsOfOpen, instanceById, isManager, isOpen, openInstances } from './instances.js';
import { done, refused } from './replies.js';
import { flagMission, readMission, readTeam, type MissionRow } from './spawn-rows.js';

/** Who stops something, and with which words; without a person it is the mission's own reducer. */
interface Will {
  readonly personId?: PersonId;
  readonly words: string;
}

/** How people stop what runs: one instance, or a whole mission. Everything ends in the same transaction that says so (B-5). */
@Injectable()
export class SteeringDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Ends an instance and what it started. Idempotent: one that has ended stays as it ended. */
  cancelInstance({ teamId, instanceId, by, reason }: CancelInstance): Promise<InstanceCancelled> {
    return this.database.withTeam(
      teamId,
      async (tx) => {
        const [, team, instance, book] = await Promise.all([tx.read(takeTurn(tx)), readTeam(tx), instanceById(tx, instanceId), AccountBook.read(tx, accountPath(tx, instanceId))]);
        if (!team || !instance) throw new NotFoundError('instance');
        if (!maySteer(by, team.customer_id)) return refused('not_permitted', 'this person may not stop agents of the team');
        if (isManager(instance)) return { ...refused('manager_not_cancellable', 'a manager ends with its team: suspend the team instead'), status: instance.state };
        if (!isOpen(instance)) return { ...done('unchanged', `the instance is ${instance.state}`), status: instance.state };
        await endOpen(tx, this.audit, book, instance, { state: 'cancelled', reason: CANCELLED_BY_PERSON, by: { personId: by.personId, words: reason } });
        book.save(tx);
        return { ...done('ok', 'the instance is cancelled'), status: 'cancelled' };
      },
      { principal: principalOf({ kind: 'person', id: by.personId }) },
    );
  }

  /** A person stops a mission, or lifts a pause. */
  stop(request: StopMission): Promise<MissionStopped> {
    const { by } = request;
    return this.database.withTeam(
      request.teamId,
      async (tx) => {
        const [, team] = await Promise.all([tx.read(takeTurn(tx)), readTeam(tx)]);
        if (!team) throw new NotFoundError('mission');
        if (!maySteer(by, team.customer_id)) return { ...refused('not_permitted', 'this person may not stop missions of the team'), cancelledInstances: 0 };
        return this.flag(tx, request, { personId: by.personId, words: request.reason });
      },
      { principal: principalOf({ kind: 'person', id: by.personId }) },
    );
  }

  /** The mission's own reducer stops it, or lifts a pause. */
  halt(request: HaltMission): Promise<MissionStopped> {
    return this.database.withTeam(request.teamId, async (tx) => {
      await tx.read(takeTurn(tx));
      return this.flag(tx, request, { words: request.reason });
    });
  }

  private async flag(tx: Tx, { teamId, missionId, verb }: HaltMission, will: Will): Promise<MissionStopped> {
    const mission = await readMission(tx, sql`${missionId ?? null}::uuid`);
    if (mission.goal_id !== null && mission.goal_state === null) throw new NotFoundError('mission');
    const id = missionId ?? defaultMissionId(teamId);
    const decision = decideStop(verb, mission.stop, missionId === undefined);
    if (decision.outcome === 'refused') return { ...refused(decision.code, decision.message), cancelledInstances: 0 };
    if (decision.outcome === 'lifted') await this.lift(tx, id, mission, will);
    if (decision.outcome === 'stopped') this.raise(tx, id, decision.state, will);
    const ended = verb === 'cancel' ? await this.endAll(tx, missionId ?? null, will) : 0;
    if (decision.outcome === 'stopped') await this.audit(tx, 'MISSION-STOPPED', { mission_id: wireMission(mission.goal_id), state: decision.state, reason: saidBy(will), instances: ended });
    return { ...done(decision.outcome === 'unchanged' && ended === 0 ? 'unchanged' : 'ok', WORDS[verb]), cancelledInstances: ended };
  }

  private raise(tx: Tx, missionId: string, state: MissionStop, { personId, words }: Will): void {
    flagMission(tx, { missionId, state, reason: words, by: personId === undefined ? 'service' : principalOf({ kind: 'person', id: personId }) });
  }

  private async lift(tx: Tx, missionId: string, { goal_id }: MissionRow, will: Will): Promise<void> {
    tx.write(sql`select sec.thaw_default(${missionId})`);
    tx.writeExpecting(1, 'mission_resumed', sql`delete from app.mission_stop where team_id = ${tx.scopeId} and mission_id = ${missionId}`);
    await this.audit(tx, 'MISSION-RESUMED', { mission_id: wireMission(goal_id), reason: saidBy(will) });
  }

  /** Ends every open instance of the mission and withdraws its questions; returns how many ended. */
  private async endAll(tx: Tx, goalId: GoalId | null, { personId, words }: Will): Promise<number> {
    const [open, book] = await Promise.all([openInstances(tx, goalId), AccountBook.read(tx, accountsOfOpen(tx))]);
    const by = personId === undefined ? {} : { by: { personId, words } };
    for (const instance of open) await endOpen(tx, this.audit, book, instance, { state: 'cancelled', reason: 'mission_cancelled', ...by });
    await withdrawQuestions(tx, this.audit, sql`q.goal_id is not distinct from ${goalId}::uuid and not coalesce(q.instance_id = any (${open.map(({ id }) => id)}::uuid[]), false)`, 'mission_cancelled');
    book.save(tx);
    return open.length;
  }
}

const WORDS = { cancel: 'the mission is cancelled', pause: 'the mission is paused', resume: 'the mission goes on' } as const;

const saidBy = ({ personId, words }: Will): Personal | string => (words.trim() === '' ? 'unspecified' : personId === undefined ? 'mission_event' : personal(personId, words));
