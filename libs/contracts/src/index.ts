import 'reflect-metadata';

export * from './ids.js';
export * from './wire-ids.js';
export * from './errors.js';
export * from './services.js';
export * from './states.js';
export * from './message.js';
export * from './command.js';
export * from './rules.js';
export * from './effects.js';
export * from './git-names.js';
export * from './messages/team.js';
export * from './commands/fleet.js';
export * from './commands/gateway.js';
export * from './commands/spawning.js';
export * from './http/index.js';
export * from './files/index.js';
export * from './worker/index.js';
