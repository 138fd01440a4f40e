import { beyondTrialWords, usdToMicros, type TrialTerms } from '@countersign/contracts';
import type { Full } from './amounts.js';
import { raise, type Chain } from './budget.js';
import { mayGovernPolicies, steersAsStaff, type Person } from './steer.js';

export interface TrialCap {
  readonly usdMicros: number;
  /** What a customer can do who needs more. */
  readonly beyond: string;
}
/** A trial's money is the platform's: what the policy says, and what it says for each time the trial was made longer. */
export function trialCap(terms: Pick<TrialTerms, 'usd' | 'extension'>, extensions: number): TrialCap {
  const { usd, extension } = terms;
  return { usdMicros: usdToMicros(usd) + extensions * usdToMicros(extension.usd), beyond: beyondTrialWords(terms, extensions) };
}

export interface TrialCapped {
  readonly code: 'trial_capped';
  readonly message: string;
}

/** A trial's money is asked for by those of the platform who steer teams, and given by its governor alone. */
const BEYOND: Readonly<Record<'ask' | 'give', (by: Person) => boolean>> = { ask: steersAsStaff, give: mayGovernPolicies };

/**
 * Why this person may not ask for so much, or give it, for the first account of the chain; undefined: they may. While a trial runs, its
 * team is granted no more money than the cap by anybody but a governor of the platform, whose money it is; what the
 * customer's people could never be given they do not ask for. What is free in the team already, and units that cost no money by
 * themselves, they ask for and give as always. `cap` undefined: no trial runs.
 */
export function refusesBeyondTrial(deed: keyof typeof BEYOND, by: Person, cap: TrialCap | undefined, chain: Chain, amounts: Full): TrialCapped | undefined {
  if (cap === undefined || BEYOND[deed](by)) return undefined;
  const [before, after] = [chain.at(-1)!, raise(chain, amounts).at(-1)!].map(({ granted }) => granted.usd_micros) as [number, number];
  if (after <= before || after <= cap.usdMicros) return undefined;
  return { code: 'trial_capped', message: `a trial costs the platform at most ${cap.usdMicros / 1_000_000} dollars: ${cap.beyond}` };
}
