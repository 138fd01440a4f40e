import type { ClarificationView } from '@countersign/contracts';
import { inSight } from './invisible.js';

/** How a member's question stands. */
export function questionWords({ state, answeredBy }: Pick<ClarificationView, 'state' | 'answeredBy'>): string {
  switch (state) {
    case 'open':
      return 'waits for one of you';
    case 'answered':
      return answeredBy === '' ? 'answered' : `answered by ${inSight(answeredBy)}`;
    case 'timeout':
      return 'nobody answered in time';
    case 'withdrawn':
      return 'not waited for any more';
  }
}
