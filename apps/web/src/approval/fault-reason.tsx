import { effectFaultWords } from '@countersign/view';

/** Why an approved effect failed. */
export const FaultReason = ({ code }: { code: string }) => effectFaultWords(code);
