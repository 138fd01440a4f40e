export * from './plugin.js';
export * from './runtime-files.js';
