import type { SandboxProduct } from '@countersign/contracts';
import { userInfo } from 'node:os';

/** Which sandbox the workers of a stack are to have, and who asked for less than the policy does. */
export interface SandboxUse {
  readonly product: SandboxProduct;
  /** Set when the person said so for this start; the environment alone changes what is used, not what is enough. */
  readonly chosen?: { readonly least: Exclude<SandboxProduct, 'strict'>; readonly by: string };
}

const PRODUCTS: readonly string[] = ['strict', 'process', 'none'] satisfies SandboxProduct[];
export const isSandbox = (word: string): word is SandboxProduct => PRODUCTS.includes(word);

/** `asked` is the person's flag; without it the environment says what the fleet uses. */
export function sandboxUse(asked: SandboxProduct | undefined, env: NodeJS.ProcessEnv): SandboxUse {
  if (asked === 'process' || asked === 'none') return { product: asked, chosen: { least: asked, by: env.SUDO_USER ?? userInfo().username } };
  // An unknown word is passed on: the fleet refuses it by name.
  return { product: asked ?? ((env.COUNTERSIGN_SANDBOX || 'strict') as SandboxProduct) };
}

/** In one line, for a face and a list; undefined where nobody chose. */
export const sandboxWarning = ({ chosen }: SandboxUse): string | undefined =>
  chosen && `The workers' sandbox is "${chosen.least}", because ${chosen.by} asked for it: what they run can reach more than it should.`;
