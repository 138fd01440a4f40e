/** What a browser needs to check proofs and signed heads: WebCrypto, and nothing of Node. */
export * from './proof.js';
export * from './web-head.js';
