export { DEFAULT_MAX_DENIALS } from './types.js';
export type * from './types.js';
export * from './errors.js';
export { checkSyscalls, forbiddenSyscalls } from './filter.js';
export { placeInside } from './host-view.js';
export { establishLevel } from './level.js';
export type { EstablishOptions } from './level.js';
export { processIsAlive } from './process-group.js';
export { startSandboxed } from './start.js';
