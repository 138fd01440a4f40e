export * from './context.js';
export * from './database.js';
export * from './errors.js';
export * from './grants.js';
export * from './overshoot.js';
export * from './prepare.js';
export * from './sql.js';
export * from './tables.js';
export { Tx, type Batch, type Row } from './unit-of-work.js';
