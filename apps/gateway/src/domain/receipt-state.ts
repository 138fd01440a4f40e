import type { ReceiptState } from '@countersign/contracts';

export interface ReceiptTimes {
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
  readonly answeredAt: Date | null;
}

/** The furthest step that a message has come with a member; a step is only what its row can show. */
export function receiptState({ deliveredAt, readAt, answeredAt }: ReceiptTimes): ReceiptState {
  if (answeredAt !== null) return 'answered';
  if (readAt !== null) return 'read';
  return deliveredAt === null ? 'accepted' : 'delivered';
}
