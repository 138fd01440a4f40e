/** What a look at the target showed, compared with what the effect wants there. */
export type Sight =
  /** Our result is there, or something built on it. */
  | { readonly kind: 'ours' }
  /** The target is as it was when the effect was approved. */
  | { readonly kind: 'before' }
  /** Somebody else's doing, or a target that may not be touched; `code` says which. */
  | { readonly kind: 'foreign'; readonly code: string }
  /** It did not answer. */
  | { readonly kind: 'silent'; readonly why: string };

export interface Tries {
  /** Times the effect was begun, over all processes. */
  readonly acts: number;
  /** Looks without an answer, in a row. */
  readonly silences: number;
  /** The target answered the last act with a no. */
  readonly rejected: boolean;
  /** Why it may not be begun (again): the team was suspended, the bytes are no longer the approved ones. */
  readonly barred: string | undefined;
}

export type Step =
  | { readonly do: 'act' }
  | { readonly do: 'record' }
  | { readonly do: 'later'; readonly delayMs: number }
  | { readonly do: 'fail'; readonly code: string }
  | { readonly do: 'unknown'; readonly code: string };

export const MAX_ACTS = 5;
export const MAX_SILENCES = 6;
const FIRST_DELAY_MS = 500;

/**
 * What to do about an effect that was started: decided by looking at the target, never by repeating blindly (P5).
 *
 * Found there: record it. As before: act, unless something bars it or the target said no. Anything else there: fail, and
 * say what. No answer: later; in the end it failed if it was never begun, and is unknown, until a person settles it, if it was.
 */
export function resolveEffect(sight: Sight, { acts, silences, rejected, barred }: Tries): Step {
  switch (sight.kind) {
    case 'ours':
      return { do: 'record' };
    case 'foreign':
      return { do: 'fail', code: sight.code };
    case 'silent':
      if (silences < MAX_SILENCES) return { do: 'later', delayMs: FIRST_DELAY_MS * 2 ** silences };
      return resolveUnseen(acts, 'remote_silent');
    case 'before':
      if (barred !== undefined) return { do: 'fail', code: barred };
      if (rejected || acts >= MAX_ACTS) return { do: 'fail', code: 'push_rejected' };
      return { do: 'act' };
  }
}

/**
 * What a look says, that a person asked for, at an effect whose outcome was unknown; undefined while the target stays silent.
 * As before means that it did not happen: nobody acts on an unknown effect any more.
 */
export function resolveLook(sight: Sight): Extract<Step, { readonly do: 'record' | 'fail' }> | undefined {
  switch (sight.kind) {
    case 'ours':
      return { do: 'record' };
    case 'foreign':
      return { do: 'fail', code: sight.code };
    case 'before':
      return { do: 'fail', code: 'not_there' };
    case 'silent':
      return undefined;
  }
}

/** What to do when nothing can be seen: what was never begun did surely not happen; of anything else only a person can say (P5). */
export const resolveUnseen = (acts: number, code: string): Step & { readonly do: 'fail' | 'unknown' } => ({ do: acts === 0 ? 'fail' : 'unknown', code });
