import { startConfined } from './confined.js';
import { watchDisk } from './disk-watch.js';
import { SandboxSpecError } from './errors.js';
import { startPlain } from './plain.js';
import { startStrict } from './strict.js';
import type { SandboxLevel, SandboxSpec, Sandboxed } from './types.js';

const STARTERS: Readonly<Record<SandboxLevel, (spec: SandboxSpec) => Promise<Sandboxed>>> = { 3: startStrict, 2: startConfined, 0: startPlain };

/**
 * Starts a command in a sandbox of exactly `spec.level`: a level that cannot be had is an error, never a lower level.
 * Resolves once the command runs; from then on `exited` and `kill` are the way to learn of and bring about its end.
 */
export async function startSandboxed(spec: SandboxSpec): Promise<Sandboxed> {
  if (!spec.cwd.startsWith('/')) throw new SandboxSpecError('the working directory must be absolute');
  const sandboxed = await STARTERS[spec.level](spec);
  const unwatch = watchDisk(spec.readWrite.map(({ source }) => source), spec.limits.diskBytes, () => void sandboxed.kill('disk'));
  void sandboxed.exited.then(unwatch);
  return sandboxed;
}
