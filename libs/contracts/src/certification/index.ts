export * from './headings.js';
export * from './platform-facts.js';
export * from './scope.js';
export * from './checklists.js';
export * from './alignment.js';
export * from './assess.js';
export * from './evolution.js';
