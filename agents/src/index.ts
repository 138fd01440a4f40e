export * from './plugin.js';
export * from './runtime-files.js';
export { failedTitles, marksIn, unmark } from './test-writer-bot/unmark.js';
