/** Imports nothing but Node itself: the launcher uses it inside the namespaces. */
import { mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Shows the packages of `from` in the directory `to` the way pnpm does: by links. Scopes become directories, so that new ones fit beside. */
export function fillScratch(from: string, to: string, made: (directory: string) => void = () => undefined, scope = false): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (!scope && entry.isDirectory() && entry.name.startsWith('@')) {
      mkdirSync(target);
      made(target);
      fillScratch(source, target, made, true);
      continue;
    }
    // A workspace's own package is a link relative to where it stands.
    symlinkSync(entry.isSymbolicLink() ? readlinkSync(source) : source, target);
  }
}
