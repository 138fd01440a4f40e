export * from './bytes.js';
export * from './preimages.js';
export * from './assertion.js';
export * from './public-key.js';
export * from './check-assertion.js';
export * from './check-registration.js';
export * from './signing-key.js';
export * from './web-check.js';
