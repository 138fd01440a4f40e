// Writes the command line and each service as one file, and the chunks that several share, below dist/: loaded module by
// module, a service reads some 1,600 files before it does anything (ADR 0020). The code stays as it was compiled, and its
// positions are mapped.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'dist');
const PACKAGES = 'packages';
const KEEP_MS = 24 * 3_600_000;

/** Loaded from node_modules as they are: native code, what looks for files beside itself, and what is loaded only when it is needed. */
const AS_THEY_ARE = /^(?:koffi|typescript|typeorm|firebase-admin|oidc-provider|ai|@ai-sdk\/.*|@fastify\/static)(?:\/|$)/;
/** What Nest and pg look for and do without. */
const OPTIONAL = /^(?:@fastify\/(?:multipart|view)|@nestjs\/(?:websockets|platform-express)|class-transformer\/storage|pg-native|@grpc\/.*|kafkajs|mqtt|nats|ioredis|amqplib|amqp-connection-manager)(?:\/|$)/;

/** A module of ours names files relative to itself, and does so from the bundle too. */
const keepPlaces = {
  name: 'keep-places',
  transform(code, id) {
    if (!id.startsWith(ROOT + sep) || id.includes(`${sep}node_modules${sep}`) || !/import\.meta\.(?:url|dirname)/.test(code)) return null;
    const place = JSON.stringify(relative(OUT, id));
    const folder = JSON.stringify(`/${relative(OUT, dirname(id))}`);
    return { code: code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`).replaceAll('import.meta.dirname', `(import.meta.dirname + ${folder})`), map: null };
  },
};

function withoutMap(path) {
  writeFileSync(path, readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
  rmSync(`${path}.map`);
}

const apps = readdirSync(join(ROOT, 'apps')).filter((name) => existsSync(join(ROOT, 'apps', name, 'dist', 'main.js')));
const build = await rolldown({
  input: Object.fromEntries(apps.map((name) => [name, join(ROOT, 'apps', name, 'dist', 'main.js')])),
  platform: 'node',
  external: [AS_THEY_ARE, OPTIONAL],
  plugins: [keepPlaces],
  onLog: (level, log) => {
    throw new Error(`${level}: ${log.message}`);
  },
});
// In the order of the modules: decorators need what reflect-metadata adds before them. Packages go into one chunk: what of
// it a service does not use is not executed either, and a stack trace of ours need not read the map of all packages.
const { output } = await build.write({
  dir: OUT,
  format: 'esm',
  strictExecutionOrder: true,
  keepNames: true,
  sourcemap: true,
  codeSplitting: { groups: [{ name: PACKAGES, test: /[\\/]node_modules[\\/]/ }] },
});
await build.close();
for (const { fileName } of output.filter(({ name }) => name === PACKAGES)) withoutMap(join(OUT, fileName));

// A stack that runs may still load a chunk of the build it was started from.
const written = new Set(output.map(({ fileName }) => fileName));
for (const name of readdirSync(OUT)) if (!written.has(name) && statSync(join(OUT, name)).mtimeMs < Date.now() - KEEP_MS) rmSync(join(OUT, name));
