import type { ApprovalState, ApprovalView, EffectState, Fact, Manifest } from '@countersign/contracts';
import { placeFacts } from './effect-words.js';

/** Stored state and effect together are what people see (design §2). */
export function viewOf(state: ApprovalState, effect: EffectState | undefined): ApprovalView {
  if (state !== 'approved' || effect === undefined) return state;
  return effect === 'started' ? 'executing' : effect === 'refused' ? 'failed' : effect;
}

export const whatHappens = (manifest: Manifest): string => manifest.effects.map((effect) => effect.plain).join(' ');

const RISK = ['inside the team, reversible', 'low', 'leaves the team', 'irreversible or above a limit'];

/** At most seven facts, each from the manifest alone. */
export function factsOf(manifest: Manifest): Fact[] {
  const passed = manifest.checks.filter((check) => check.passed).length;
  return [
    ...placeFacts(manifest),
    { label: 'Files', value: String(manifest.artifacts.length) },
    { label: 'Checks', value: `${passed} of ${manifest.checks.length} passed` },
    { label: 'Can be undone', value: manifest.effects.every((effect) => effect.reversible) ? 'yes' : 'no' },
    { label: 'Cost so far', value: `${dollars(manifest.cost.amount_micros)}${manifest.cost.rehearsal ? ', at made-up prices of the rehearsal' : ''}` },
    { label: 'Risk', value: `tier ${manifest.tier}: ${RISK[Number(manifest.tier)] ?? 'unknown'} (policy ${manifest.policy.id} v${manifest.policy.version})` },
  ];
}

/** Micro-dollars as dollars, exact to the cent; below one cent to as many digits as show that it is not nothing. */
export function dollars(micros: string): string {
  const value = BigInt(micros);
  const digits = value === 0n || value >= 10_000n ? 2 : value < 100n ? 6 : 4;
  const unit = 10n ** BigInt(6 - digits);
  const rounded = (value + unit / 2n) / unit;
  const scale = 10n ** BigInt(digits);
  return `$${rounded / scale}.${String(rounded % scale).padStart(digits, '0')}`;
}
