export * from './errors.js';
export { modelsFromEnv } from './from-env.js';
export { modelText, parseModelName, REHEARSAL } from './model-name.js';
export { Models, type ModelsOptions } from './models.js';
export * from './port.js';
export { costMicros, PriceBook, readPrices, SHIPPED_PRICES, type PriceEntry } from './price-book.js';
export { rehearsal } from './rehearsal.js';
export type { Vendor, VendorAnswer } from './vendor.js';
