import type { BodyClass } from './message.js';
import type { Service } from './services.js';

/** A request that is answered: `cmd.<service>.<verb>`, one caller, so the subject's allow-list is the caller's identity (P12). */
export interface Command<Q extends object = object, R extends object = object> {
  readonly service: Service;
  readonly verb: string;
  readonly caller: Service;
  readonly request: BodyClass<Q>;
  readonly reply: BodyClass<R>;
}

const registry: Command[] = [];

export function defineCommand<Q extends object, R extends object>(command: Command<Q, R>): Command<Q, R> {
  registry.push(command as Command);
  return command;
}

export const commands = (): readonly Command[] => registry;

export const commandSubject = (command: Command): string => `cmd.${command.service}.${command.verb}`;
