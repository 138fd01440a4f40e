export * from './export.js';
export * from './read.js';
export * from './run.js';
export * from './tree.js';
