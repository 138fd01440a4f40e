import type { EffectView } from '@countersign/contracts';
import { effectFaultWords, endedWords } from '@countersign/view';

/** Why an approved effect failed; what has `ended` without effect says that first. */
export const FaultReason = ({ effect, ended = false }: { effect: EffectView; ended?: boolean }) => (ended ? endedWords(effect) : effectFaultWords(effect.code ?? ''));
