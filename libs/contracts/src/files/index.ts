export * from './approval-policy.js';
export * from './bundle.js';
export * from './deny-codes.js';
export * from './invalid-file.js';
export { amountsOfBudget, amountsOfLimit, limitOfAmounts, usdToMicros, type BudgetLimit, type BundleBudget } from './parts.js';
export { conforms, MAX_FILE_BYTES, readYaml, type FileSchema } from './read-yaml.js';
export * from './spawn-policy.js';
export * from './template.js';
export * from './capability-words.js';
