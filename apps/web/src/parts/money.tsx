import type { Money as Amount } from '@countersign/contracts';
import { moneyWords } from '@countersign/view';

/** An amount in figures of equal width; a change is not read out, it ticks. */
export const Money = ({ amount }: { amount: Amount }) => <span className="num">{moneyWords(amount)}</span>;
