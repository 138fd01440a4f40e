import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXTS = /\.(?:js|css|html|svg|webmanifest)$/;
/** Below this the headers weigh more than what is saved. */
const WORTH_BYTES = 1_024;

/** Puts a gzipped copy beside each text of the build: the server sends that one, and spends nothing on it. */
export function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    enforce: 'post',
    configResolved: ({ build, root }) => void (folder = join(root, build.outDir)),
    closeBundle: {
      order: 'post',
      sequential: true, // after the service worker, which is built when all else is done
      handler: () => {
        for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
          if (!TEXTS.test(name)) continue;
          const bytes = readFileSync(join(folder, name));
          if (bytes.length >= WORTH_BYTES) writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
        }
      },
    },
  };
}
