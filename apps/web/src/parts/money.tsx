import type { Money as Amount } from '@countersign/contracts';
import { moneyWords } from '@countersign/view';

/** An amount in figures of equal width; a change is not read out, it ticks. */
export const Money = ({ amount }: { amount: Amount }) => (
  <span className="num">
    {moneyWords(amount)}
    {amount.rehearsal && (
      <span className="soft small" title="Made-up prices of the rehearsal, which is no model. Nobody bills them.">
        {' '}
        rehearsal
      </span>
    )}
  </span>
);
