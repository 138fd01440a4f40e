/** What a browser needs to check proofs, signed heads and receipts: WebCrypto, and nothing of Node. */
export * from './decision-receipt.js';
export { findingCodeOf } from './errors.js';
export { describeFinding, type Finding, type FindingCode } from './finding.js';
export * from './origin.js';
export * from './proof.js';
export { isReceipt, RECEIPT_EXTENSION, verifyReceipt, type ReceiptReport } from './receipt.js';
export * from './receipt-words.js';
export * from './web-head.js';
export * from './witness.js';
export * from './witness-reply.js';
