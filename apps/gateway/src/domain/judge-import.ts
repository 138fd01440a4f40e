import type { Bundle, FileViolation } from '@countersign/contracts';
import type { JudgedDraft } from './judge-draft.js';

/** What is known of a bundle whose file is to be brought in. */
export interface ImportFacts {
  /** Of the version that the file has: SHA-256 of what is published, hex; undefined where it is not. */
  readonly published: string | undefined;
  /** Of what the file says. */
  readonly sha256: string;
  /** A person has published a version of it: from then on it is theirs. */
  readonly byPerson: boolean;
  /** Whether somebody writes at it: its draft is this file, or another text. */
  readonly draft?: 'this' | 'another' | undefined;
  /** The file was its draft before: what became of it, governors have decided. */
  readonly drafted?: boolean;
}
export type ImportDecision =
  | { readonly outcome: 'published'; readonly bundle: Bundle }
  | { readonly outcome: 'unchanged' }
  /** It becomes the draft of its bundle, which a governor reviews and publishes. */
  | { readonly outcome: 'drafted' }
  /** Not before the file, or what it is held against, is another. `settled`: there is nothing to look at again. */
  | { readonly outcome: 'refused'; readonly message: string; readonly violations?: readonly FileViolation[]; readonly settled?: true };

/** The operator's file is held against the same rules as a governor's draft, and publishes nothing where governors do: there it is a draft. */
export function judgeImport({ bundle, faults }: Pick<JudgedDraft, 'bundle' | 'faults'>, { published, sha256, byPerson, draft, drafted = false }: ImportFacts): ImportDecision {
  if (published !== undefined && published !== sha256 && byPerson) return { outcome: 'refused', message: `a governor of the platform publishes this bundle, and there is another version ${bundle?.version} of it: raise the number`, settled: true };
  if (published !== undefined) return published === sha256 ? { outcome: 'unchanged' } : { outcome: 'refused', message: 'it changed without a new version: a published version never changes' };
  if (byPerson && drafted) return { outcome: 'unchanged' };
  if (byPerson && draft === 'another') return { outcome: 'refused', message: 'a governor of the platform publishes this bundle, and there is another draft of it: publish or drop that one first' };
  if (byPerson) return { outcome: draft === 'this' ? 'unchanged' : 'drafted' };
  if (faults.length > 0 || !bundle) return { outcome: 'refused', message: `it has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`, violations: faults };
  return { outcome: 'published', bundle };
}
