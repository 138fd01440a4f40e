export * from './export.js';
export { inTheWay, isFixed, parentsOf } from './in-the-way.js';
export * from './read.js';
export * from './run.js';
export * from './tree.js';
