import type { ClarificationView } from '@countersign/contracts';

/** How a member's question stands. */
export function questionWords({ state, of, answeredBy }: Pick<ClarificationView, 'state' | 'of' | 'answeredBy'>): string {
  switch (state) {
    case 'open':
      return of === 'user' ? 'waits for one of you' : 'waits for who coordinates the team';
    case 'answered':
      return answeredBy === '' ? 'answered' : `answered by ${answeredBy}`;
    case 'timeout':
      return 'nobody answered in time';
    case 'withdrawn':
      return 'not waited for any more';
  }
}
