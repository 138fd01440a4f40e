import { CommandClient } from '@countersign/bus';
import { RefusedError, type Command, type CommandReply, type CustomerId, type PersonId, type Requester } from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import type { Caller } from '../../domain/access.js';

/** The person behind a command, from the session and from nothing else. */
export const requester = (by: Caller): Requester => ({ personId: by.personId as PersonId, customerId: by.customerId as CustomerId, roles: [...by.roles] });

/** Carries people's wishes to the services that decide about them. */
@Injectable()
export class Commands {
  constructor(
    private readonly client: CommandClient,
    private readonly config: GatewayConfig,
  ) {}

  /** Returns the reply. A service that said no said why: its code and words become the caller's answer (`RefusedError`). */
  async carry<Q extends object, R extends CommandReply>(command: Command<Q, R>, body: NoInfer<Q>, { timeoutMs = this.config.commandTimeoutMs } = {}): Promise<R> {
    const reply = await this.ask(command, body, { timeoutMs });
    if (!reply.ok) throw new RefusedError(reply.code, reply.message);
    return reply;
  }

  /** The same, where a no is an answer that the caller reads. */
  ask<Q extends object, R extends CommandReply>(command: Command<Q, R>, body: NoInfer<Q>, { timeoutMs = this.config.commandTimeoutMs } = {}): Promise<R> {
    return this.client.request(command, body, { timeoutMs });
  }
}
