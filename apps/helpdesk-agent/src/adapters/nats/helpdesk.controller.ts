import { OnCommand } from '@countersign/bus';
import { askHelpdesk, type AskHelpdesk, type HelpdeskAnswer } from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { Helpdesk } from '../postgres/ask.js';

/** The only verb the helpdesk has. */
@Controller()
export class HelpdeskController {
  constructor(private readonly helpdesk: Helpdesk) {}

  @OnCommand(askHelpdesk)
  ask(request: AskHelpdesk): Promise<HelpdeskAnswer> {
    return this.helpdesk.ask(request);
  }
}
