import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileCache } from '../../../../scripts/lib/compile-cache.mjs';
import { CLONE } from './home.js';
import { ownFolder, type Identity } from './identity.js';

/** Where a part of the stack keeps its compiled code. Each user has a folder of its own: who could write another's could run as that user. */
export function compileCacheOf(identity: Identity): string {
  if (!identity) return compileCache(CLONE);
  mkdirSync(join(CLONE, '.toolchain', 'compile-cache'), { recursive: true, mode: 0o755 });
  return ownFolder(compileCache(CLONE, identity.uid), identity);
}
