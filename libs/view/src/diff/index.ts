export * from './file-diff.js';
export * from './rows.js';
