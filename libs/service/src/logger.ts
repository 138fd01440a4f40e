import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { ServiceConfig } from './config.js';

export type { Logger } from 'pino';

/** JSON lines on stdout, one per event, with the chain of causes of an error. */
export const createLogger = ({ service, logLevel }: Pick<ServiceConfig, 'service' | 'logLevel'>): Logger =>
  pino({ level: logLevel, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } });

/** Nest's own lines in the same stream. Its start-up chatter is for debugging. */
export function nestLogger(log: Logger): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void =>
      log[level]({ context: rest.at(-1), ...(message instanceof Error ? { err: message } : {}) }, String(message));
  return { log: at('debug'), debug: at('debug'), verbose: at('debug'), warn: at('warn'), error: at('error'), fatal: at('fatal') };
}
