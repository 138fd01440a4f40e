import { Delivery, OnCommand, OnMessage } from '@countersign/bus';
import { askHelpdesk, leaveNote, teamChanged, type AskHelpdesk, type CommandReply, type HelpdeskAnswer, type LeaveNote, type TeamChanged, type TeamState } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { AUDIT, type Audit } from '@countersign/service';
import { Controller, Inject } from '@nestjs/common';
import { Helpdesk } from '../postgres/ask.js';
import { tellEnd, tellOpening } from '../postgres/tell.js';

const TELLS: Readonly<Partial<Record<TeamState, typeof tellEnd>>> = { suspended: tellOpening, completed: tellEnd, dissolved: tellEnd };

/** The helpdesk speaks, and takes a message for a person; it has no other verb. */
@Controller()
export class HelpdeskController {
  constructor(
    private readonly helpdesk: Helpdesk,
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  @OnCommand(askHelpdesk)
  ask(request: AskHelpdesk): Promise<HelpdeskAnswer> {
    return this.helpdesk.ask(request);
  }

  @OnCommand(leaveNote)
  leave(request: LeaveNote): Promise<CommandReply> {
    return this.helpdesk.leave(request);
  }

  /** A session that opened, or closed for good, is the news' row: the customer is told once. */
  @OnMessage(teamChanged)
  async teamChanged({ state }: TeamChanged, delivery: Delivery): Promise<void> {
    await delivery.apply(this.database, (tx) => TELLS[state]?.(tx, this.audit) ?? Promise.resolve(tx.ledgerOnly()));
  }
}
