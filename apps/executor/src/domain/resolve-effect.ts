import type { EffectFault } from '@countersign/contracts';

/** What a look at the target showed, compared with what the effect wants there. */
export type Sight =
  /** Our result is there, or something built on it. */
  | { readonly kind: 'ours' }
  /** The target is as it was when the effect was approved. */
  | { readonly kind: 'before' }
  /** Somebody else's doing, or a target that may not be touched; `code` says which. */
  | { readonly kind: 'foreign'; readonly code: EffectFault }
  /** It did not answer. */
  | { readonly kind: 'silent'; readonly why: string }
  /** It is one that cannot be asked: what it answered to the act is all there is. */
  | { readonly kind: 'blind' };

export interface Tries {
  /** Times the effect may have reached the target, over all processes. */
  readonly acts: number;
  /** Looks without an answer, or acts that did not reach the target, in a row. */
  readonly silences: number;
  /** The target answered the last act with a no: which. */
  readonly rejected: EffectFault | undefined;
  /** The last act surely never reached the target: why. */
  readonly unsent: EffectFault | undefined;
  /** How long the target asked to be left alone, when it said that it may come again. */
  readonly afterMs?: number;
  /** Why it may not be begun (again): the team was suspended, the bytes are no longer the approved ones. */
  readonly barred: EffectFault | undefined;
}

export type Step =
  | { readonly do: 'act' }
  | { readonly do: 'record' }
  | { readonly do: 'later'; readonly delayMs: number }
  | { readonly do: 'fail'; readonly code: EffectFault }
  | { readonly do: 'unknown'; readonly code: EffectFault };

export const MAX_ACTS = 5;
export const MAX_SILENCES = 6;
const FIRST_DELAY_MS = 500;
/** Who asks for more is not waited for: a person may ask again. */
export const MOST_DELAY_MS = 5 * 60_000;

/**
 * What to do about an effect that was started: decided by looking at the target, never by repeating blindly (P5).
 *
 * Found there: record it. As before: act, unless something bars it or the target said no. Anything else there: fail, and
 * say what. No answer: later; in the end it failed if it was never begun, and is unknown, until a person settles it, if it was.
 * Where nothing can be seen, an act whose answer is lost is the last one.
 */
export function resolveEffect(sight: Sight, tries: Tries): Step {
  const { acts, silences, rejected, barred } = tries;
  switch (sight.kind) {
    case 'ours':
      return { do: 'record' };
    case 'foreign':
      return { do: 'fail', code: sight.code };
    case 'silent':
      return silences < MAX_SILENCES ? later(silences) : resolveUnseen(acts, 'remote_silent');
    case 'before':
      if (barred !== undefined) return { do: 'fail', code: barred };
      if (rejected !== undefined || acts >= MAX_ACTS) return { do: 'fail', code: rejected ?? 'gave_up' };
      return actAgain(tries);
    case 'blind':
      if (acts > 0) return rejected === undefined ? { do: 'unknown', code: 'answer_lost' } : { do: 'fail', code: rejected };
      return barred === undefined ? actAgain(tries) : { do: 'fail', code: barred };
  }
}

/** What surely did not get there may be repeated, in time. */
function actAgain({ unsent, silences, afterMs = 0 }: Tries): Step {
  if (unsent === undefined) return { do: 'act' };
  return silences < MAX_SILENCES && afterMs <= MOST_DELAY_MS ? later(silences, afterMs) : { do: 'fail', code: unsent };
}

const later = (silences: number, afterMs = 0): Step => ({ do: 'later', delayMs: Math.max(afterMs, FIRST_DELAY_MS * 2 ** silences) });

/**
 * What a look says, that a person asked for, at an effect whose outcome was unknown; undefined where nothing is to be seen.
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
    case 'blind':
      return undefined;
  }
}

/** What to do when nothing can be seen: what was never begun did surely not happen; of anything else only a person can say (P5). */
export const resolveUnseen = (acts: number, code: EffectFault): Step & { readonly do: 'fail' | 'unknown' } => ({ do: acts === 0 ? 'fail' : 'unknown', code });
