export * from './protocol.js';
export * from './schemas.js';
export * from './lines.js';
export * from './validate.js';
export * from './agent-spec.js';
export * from './agent-spec-schema.js';
export * from './secret-variables.js';
