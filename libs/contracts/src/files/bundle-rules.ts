import type { Violation } from '../errors.js';

/** What a bundle can break beside its schema: in its file alone, and on a platform. */
export const BUNDLE_RULES = [
  'one-member-per-skill', 'own-skill', 'one-manager', 'unique-name', 'unique-key', 'known-skill', 'known-task', 'no-cycle', 'too-deep', 'unique-id', 'within-parent', 'can-count', 'needs-several',
  'same-id', 'next-version', 'team-size', 'trial-size', 'known-template', 'template-role', 'by-price-table', 'cost-ceiling',
] as const;

export interface BundleFault extends Violation {
  readonly rule: (typeof BUNDLE_RULES)[number];
}

/** The fault, if it is one. */
export const bundleFault = (broken: boolean, pointer: string, rule: BundleFault['rule'], message: string): BundleFault[] => (broken ? [{ pointer, rule, message }] : []);
