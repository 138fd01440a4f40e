// Writes each service as one file, and the chunks that several share, below dist/: loaded module by module, a service reads
// some 1,600 files before it does anything (ADR 0020). The code stays as it was compiled, and its positions are mapped.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'dist');

/** Loaded from node_modules as they are: native code, what looks for files beside itself, and what is loaded only when it is needed. */
const AS_THEY_ARE = /^(?:koffi|typescript|typeorm|firebase-admin|oidc-provider|ai|@ai-sdk\/.*|@fastify\/static)(?:\/|$)/;
/** What Nest and pg look for and do without. */
const OPTIONAL = /^(?:@fastify\/(?:multipart|view)|@nestjs\/(?:websockets|platform-express)|class-transformer\/storage|pg-native|@grpc\/.*|kafkajs|mqtt|nats|ioredis|amqplib|amqp-connection-manager)(?:\/|$)/;

/** A module of ours names files relative to itself, and does so from the bundle too. */
const keepPlaces = {
  name: 'keep-places',
  transform(code, id) {
    if (!id.startsWith(ROOT + sep) || id.includes(`${sep}node_modules${sep}`) || !code.includes('import.meta.url')) return null;
    return { code: code.replaceAll('import.meta.url', `new URL(${JSON.stringify(relative(OUT, id))}, import.meta.url).href`), map: null };
  },
};

const isService = (name) => name !== 'cli' && existsSync(join(ROOT, 'apps', name, 'dist', 'main.js'));
const services = readdirSync(join(ROOT, 'apps')).filter(isService);
const build = await rolldown({
  input: Object.fromEntries(services.map((name) => [name, join(ROOT, 'apps', name, 'dist', 'main.js')])),
  platform: 'node',
  external: [AS_THEY_ARE, OPTIONAL],
  plugins: [keepPlaces],
  onLog: (level, log) => {
    throw new Error(`${level}: ${log.message}`);
  },
});
// In the order of the modules: decorators need what reflect-metadata adds before them.
await build.write({ dir: OUT, format: 'esm', strictExecutionOrder: true, keepNames: true, sourcemap: true, cleanDir: true });
await build.close();
