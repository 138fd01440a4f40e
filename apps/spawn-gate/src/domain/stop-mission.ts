import type { MissionStopVerb } from '@countersign/contracts';
import type { MissionStop } from './decide-spawn.js';

export type StopDecision =
  | { readonly outcome: 'stopped'; readonly state: MissionStop }
  | { readonly outcome: 'lifted' }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly code: 'mission_cancelled'; readonly message: string };

/**
 * A mission's flag. Cancelled is for good; only the default mission, which has no goal that could be made anew, can be taken up
 * again.
 */
export function decideStop(verb: MissionStopVerb, now: MissionStop | null, isDefault: boolean): StopDecision {
  switch (verb) {
    case 'cancel':
      return now === 'cancelled' ? { outcome: 'unchanged' } : { outcome: 'stopped', state: 'cancelled' };
    case 'pause':
      if (now === 'cancelled') return { outcome: 'refused', code: 'mission_cancelled', message: 'a cancelled mission cannot be paused' };
      return now === 'paused' ? { outcome: 'unchanged' } : { outcome: 'stopped', state: 'paused' };
    case 'resume':
      if (now === 'cancelled' && !isDefault) return { outcome: 'refused', code: 'mission_cancelled', message: 'a cancelled mission does not go on' };
      return now === null ? { outcome: 'unchanged' } : { outcome: 'lifted' };
  }
}
