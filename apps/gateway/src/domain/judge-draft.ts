import { createHash } from 'node:crypto';
import { bundleChanges, bundleSchema, conforms, InvalidFileError, mapInYaml, readYaml, RefusedError, type Bundle, type BundleChange, type FileViolation, type RightsOf } from '@countersign/contracts';
import { platformRules, type BundleFacts } from './check-bundle.js';

/** A bundle that is being written: the text as its author left it, whole or not. */
export interface DraftRow {
  readonly id: string;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly hash: Buffer;
  /** Null: the operator's file. */
  readonly editedBy: string | null;
  /** Whoever wrote a part of it. */
  readonly draftedBy: readonly string[];
  readonly editedAt: Date;
  readonly reviewedBy: string | null;
  readonly reviewedAt: Date | null;
  /** The text that was reviewed; another one is not. */
  readonly reviewedHash: Buffer | null;
}

export interface JudgedDraft {
  /** What the text says, whatever is wrong with it; undefined where it is no map. Its author goes on with it as fields. */
  readonly document: Readonly<Record<string, unknown>> | undefined;
  /** What the text says, where it follows the bundle's own rules; it may still not fit this platform. */
  readonly bundle: Bundle | undefined;
  readonly faults: readonly FileViolation[];
  readonly changes: readonly BundleChange[];
}

const MOST_FAULTS = 100;
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Reads a draft by the file's rules and then by the platform's; each fault at its line, column and field. */
export function judgeDraft(text: string, facts: BundleFacts & { readonly live: { readonly doc: Bundle } | undefined; readonly rightsOf: RightsOf }): JudgedDraft {
  const document = mapInYaml(text);
  const bundle = document !== undefined && conforms(bundleSchema, document).length === 0 ? (document as unknown as Bundle) : undefined;
  let faults: readonly FileViolation[] = [];
  try {
    readYaml({ ...bundleSchema, rules: [...bundleSchema.rules!, ...platformRules(facts)] }, `${facts.id ?? 'bundle'}.yaml`, text, { most: MOST_FAULTS });
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    faults = error.violations;
  }
  return { document, bundle, faults, changes: bundle ? bundleChanges(facts.live?.doc, bundle, facts.rightsOf) : [] };
}

export const isReviewed = ({ hash, reviewedHash }: Pick<DraftRow, 'hash' | 'reviewedHash'>): boolean => reviewedHash?.equals(hash) === true;

/** What keeps a person from reviewing a draft. Where somebody else could, who wrote none of it, nobody reviews what they wrote. */
export function mayNotReview({ draftedBy }: Pick<DraftRow, 'draftedBy'>, by: string, otherGovernors: number): RefusedError | undefined {
  if (!draftedBy.includes(by) || otherGovernors === 0) return undefined;
  return new RefusedError('author_may_not_review', 'you wrote a part of this draft, and there is another governor of the platform who can review it');
}

/** A draft with faults goes no further; all of them are told. */
export const faulty = ({ faults }: Pick<JudgedDraft, 'faults'>, what = 'the draft'): RefusedError | undefined =>
  faults.length === 0 ? undefined : new RefusedError('invalid_bundle', `${what} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`, { errors: faults.map(({ pointer, rule, message, line, column }) => ({ pointer, rule, message, line, column })) });
