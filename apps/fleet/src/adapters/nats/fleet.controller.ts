import { adoptMirror, checksRequested, draftDecided, eraseArtifact, eraseContext, instanceEvent, stopMember, taskAssigned, taskWithdrawn, teamChanged, writeContext, type AdoptMirror, type AdoptReply, type CommandReply, type ContextWritten, type DraftDecided, type DraftRef, type EraseArtifact, type EraseContext, type InstanceEvent, type MemberId, type MemberStopped, type StopMember, type TaskRef, type TeamChanged, type WriteContext } from '@countersign/contracts';
import { Delivery, OnCommand, OnMessage } from '@countersign/bus';
import { Database } from '@countersign/database';
import { Controller } from '@nestjs/common';
import { ContextStore } from '../postgres/context-store.js';
import { MemberStop } from '../postgres/stop-member.js';
import { Fleet } from '../../fleet.js';

/** Every message says "look": rows decide what is done. */
@Controller()
export class FleetController {
  constructor(
    private readonly database: Database,
    private readonly fleet: Fleet,
    private readonly context: ContextStore,
    private readonly members: MemberStop,
  ) {}

  @OnMessage(taskAssigned)
  async assigned(body: TaskRef, delivery: Delivery): Promise<void> {
    const memberId = delivery.params['memberId'] as MemberId;
    await delivery.apply(this.database, async (tx) => {
      await this.fleet.runs.queueFirst(tx, { taskId: body.taskId, memberId, round: body.round, epoch: body.epoch });
    }, { fence: body.epoch });
    this.fleet.loop.look();
  }

  @OnMessage(taskWithdrawn)
  async withdrawn(_: TaskRef, delivery: Delivery): Promise<void> {
    await this.seen(delivery);
    await this.fleet.loop.beatTeam(delivery.teamId);
  }

  @OnMessage(checksRequested)
  async checks(body: DraftRef, delivery: Delivery): Promise<void> {
    await this.seen(delivery);
    this.fleet.desk.check(delivery.teamId, body.draftId, body.epoch);
  }

  @OnMessage(draftDecided)
  async decided(body: DraftDecided, delivery: Delivery): Promise<void> {
    await this.seen(delivery);
    if (body.decision === 'approved') this.fleet.desk.commit(delivery.teamId, body.draftId, body.epoch);
  }

  @OnMessage(teamChanged)
  async teamChanged(_: TeamChanged, delivery: Delivery): Promise<void> {
    await this.fleet.loop.beatTeam(delivery.teamId); // the news of a suspension may come when the team works again
    await delivery.apply(this.database, (tx) => Promise.resolve(this.fleet.runs.endStopped(tx)));
    this.fleet.loop.look();
  }

  @OnMessage(instanceEvent)
  async instance(_: InstanceEvent, delivery: Delivery): Promise<void> {
    await this.fleet.loop.beatTeam(delivery.teamId); // however often it is told: it looks at the rows
  }

  @OnCommand(adoptMirror)
  async adopt(request: AdoptMirror): Promise<AdoptReply> {
    return { ok: true, code: 'ok', message: '', heads: await this.fleet.adoption.adopt(request) };
  }

  @OnCommand(writeContext)
  writeContext(request: WriteContext): Promise<ContextWritten> {
    return this.context.write(request);
  }

  @OnCommand(eraseContext)
  eraseContext(request: EraseContext): Promise<CommandReply> {
    return this.context.erase(request);
  }

  @OnCommand(eraseArtifact)
  eraseArtifact(request: EraseArtifact): Promise<CommandReply> {
    return this.context.eraseArtifact(request);
  }

  @OnCommand(stopMember)
  stopMember(request: StopMember): Promise<MemberStopped> {
    return this.members.stop(request);
  }

  private async seen(delivery: Delivery): Promise<void> {
    await delivery.apply(this.database, (tx) => { tx.ledgerOnly(); return Promise.resolve(); });
  }
}
