export * from './database.js';
export * from './seed.js';
