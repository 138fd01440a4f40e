export * from './plugin.js';
export * from './runtime-files.js';
export { isMachinePath, isTestPath } from './source/files.js';
export { commandFor, detectFramework, isCompiled, testScript, type Framework } from './test-writer-bot/framework.js';
export { marksIn, unmark } from './test-writer-bot/unmark.js';
