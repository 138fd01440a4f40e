/** Doubles of what lies outside, for tests and for a stack on one's own machine. Each speaks the real protocol and fails on demand; nothing goes further. */
export * from './certificate.js';
export type { DoubleFault } from './http-double.js';
export * from './fcm-service.js';
export * from './letter.js';
export * from './mail-server.js';
export * from './push-service.js';
export * from './sms-service.js';
export * from './webhook-receiver.js';
