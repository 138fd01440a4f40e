import type { SandboxLimits, SandboxSpec } from './types.js';

const MiB = 1024 * 1024;

/**
 * The whole environment of a sandbox: four defaults, the spec's own on top, nothing inherited. Where Node runs, its heap ends
 * below the memory limit, with a clear message, before the kernel ends the process without one.
 */
export function environmentOf(spec: SandboxSpec, home: string, node: boolean, firstPath: readonly string[] = spec.path ?? []): Record<string, string> {
  const heap = node ? [`--max-old-space-size=${heapMegabytes(spec.limits)}`] : [];
  const nodeOptions = [...heap, spec.env['NODE_OPTIONS'] ?? ''].join(' ').trim();
  return {
    PATH: [...firstPath, '/usr/bin', '/bin'].join(':'),
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
    ...(spec.profile === 'checks' ? { CI: '1' } : {}),
    ...spec.env,
    ...(nodeOptions === '' ? {} : { NODE_OPTIONS: nodeOptions }),
  };
}

function heapMegabytes(limits: SandboxLimits): number {
  return Math.max(32, Math.floor((limits.memoryBytes * 3) / 4 / MiB));
}
