export * from './database.js';
export * from './seed.js';
export * from './nats.js';
export * from './programs.js';
export * from './service-env.js';
export * from './stack.js';
export * from './until.js';
