import { NotFoundError, RefusedError, type ApprovalId, type DecideBody, type DecisionRecorded, type TeamId } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { isStaff } from '../../domain/access.js';
import { isMark, misfit } from '../../domain/decision-parts.js';
import { Approvals, type DecisionBy } from '../postgres/approvals.js';
import { Decide } from '../postgres/decide.js';
import { Devices } from '../postgres/devices.js';
import { Haste } from '../postgres/haste.js';
import { MarkApproval } from '../postgres/mark.js';
import { People } from '../postgres/people.js';
import { TeamAccess } from '../postgres/team-access.js';
import type { Session } from './operation.js';

export interface Given {
  readonly approvalId: ApprovalId;
  /** Undefined: whichever team's it is. */
  readonly teamId?: string | undefined;
  readonly body: DecideBody;
  readonly version: number;
  readonly decisionId: string;
  /** By the device's clock, of a decision that waited there for a connection. */
  readonly decidedOfflineAt?: Date;
}

/** Where every decision of a person arrives, and every mark, alone or with others. */
@Injectable()
export class DecisionDesk {
  constructor(
    private readonly access: TeamAccess,
    private readonly approvals: Approvals,
    private readonly decisions: Decide,
    private readonly marks: MarkApproval,
    private readonly devices: Devices,
    private readonly people: People,
    private readonly haste: Haste,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Records it, by the device that the session is bound to. Throws `RefusedError`; of what was decided already it says by whom and when. */
  async take(by: Session, { teamId: named, ...given }: Given): Promise<DecisionRecorded> {
    const unfit = misfit(given.body);
    if (unfit) throw new RefusedError(unfit.code, unfit.message);
    const [{ teamId }, device] = await Promise.all([this.access.approval(by, given.approvalId), this.devices.ofSession(by, by.key)]);
    if (named !== undefined && named !== teamId) throw new NotFoundError('approval');
    try {
      const request = { teamId, caller: by, device, ...given };
      const recorded = await (isMark(given.body.decision) ? this.marks.mark(request) : this.decisions.decide(request));
      if (given.body.decision === 'approve') this.lookAtHaste(by);
      return recorded;
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== 'already_decided') throw error;
      throw new RefusedError(error.code, error.message, { ...error.details, decision: await this.standing(by, teamId, given.approvalId) });
    }
  }

  /** Beside the answer, which does not wait for it. */
  private lookAtHaste(by: Session): void {
    this.haste.tell(by).catch((error: unknown) => this.log.error({ err: error }, 'whether somebody approves too fast could not be looked at; with their next yes it is again'));
  }

  /** Who decided and on what, by name; the device's name is the customer's own business. */
  async names(by: Session, { personId, deviceId }: DecisionBy): Promise<{ by: string | null; device: string | null }> {
    const [person, device] = await Promise.all([personId === null ? undefined : this.people.byId(personId), deviceId === null || isStaff(by) ? undefined : this.devices.find(by, deviceId)]);
    return { by: person?.displayName ?? null, device: device?.name ?? null };
  }

  private async standing(by: Session, teamId: TeamId, approvalId: ApprovalId): Promise<object | null> {
    const { detail, by: decided } = await this.approvals.detail(by, teamId, approvalId);
    if (!detail.decision || !decided) return null;
    const { decision, at } = detail.decision;
    return { decision, at, mine: decided.personId === by.personId, ...(await this.names(by, decided)) };
  }
}
