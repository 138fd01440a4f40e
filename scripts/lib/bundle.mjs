import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';

const PACKAGES = 'packages';

/** Loaded from node_modules as they are: native code, what looks for files beside itself, and what is loaded only when it is needed. */
const AS_THEY_ARE = /^(?:koffi|typescript|typeorm|firebase-admin|google-auth-library|oidc-provider|ai|@ai-sdk\/.*|@modelcontextprotocol\/sdk|zod|@fastify\/static|playwright-core|smtp-server|@sparticuz\/chromium|oxlint|eslint|expect)(?:\/|$)/;
/** What Nest and pg look for and do without. */
const OPTIONAL = /^(?:@fastify\/(?:multipart|view)|@nestjs\/(?:websockets|platform-express)|class-transformer\/storage|pg-native|@grpc\/.*|kafkajs|mqtt|nats|ioredis|amqplib|amqp-connection-manager)(?:\/|$)/;

/** Modules of ours name files relative to themselves, and do so from the bundle too; their positions lead to the sources. */
const ownModules = (root, out) => ({
  name: 'own-modules',
  // What is CommonJS among them wants its own place and its own `require`.
  resolveId: (id, importer) => (importer?.startsWith(root + sep) && /^\.{1,2}\/.*\.cjs$/.test(id) && !importer.includes(`${sep}node_modules${sep}`) ? { id: relative(out, join(dirname(importer), id)), external: true } : null),
  load(id) {
    if (!id.startsWith(root + sep) || id.includes(`${sep}node_modules${sep}`) || !existsSync(`${id}.map`)) return null;
    const place = JSON.stringify(relative(out, id));
    const folder = JSON.stringify(`/${relative(out, dirname(id))}`);
    const code = readFileSync(id, 'utf8').replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`).replaceAll('import.meta.dirname', `(import.meta.dirname + ${folder})`);
    return { code, map: readFileSync(`${id}.map`, 'utf8') };
  },
});

/**
 * Writes each entry (name → compiled file) as `<out>/<name>.js`, with the chunks that several share; returns the names of all
 * files written. The code stays as it was compiled. Packages go into one chunk without a map: what of it a program does not
 * use is not executed either, and a stack trace of ours need not read the map of all packages.
 */
export async function bundle(root, out, entries) {
  const build = await rolldown({
    input: entries,
    platform: 'node',
    external: [AS_THEY_ARE, OPTIONAL],
    plugins: [ownModules(root, out)],
    checks: { bundlerTimings: false }, // a slow machine is no fault of what is bundled
    onLog: (level, log) => {
      throw new Error(`${level}: ${log.message}`);
    },
  });
  const { output } = await build.write({
    dir: out,
    format: 'esm',
    strictExecutionOrder: true, // decorators need what reflect-metadata adds before them
    keepNames: true,
    sourcemap: true,
    codeSplitting: { groups: [{ name: PACKAGES, test: /[\\/]node_modules[\\/]/ }] },
  });
  await build.close();
  for (const { fileName } of output.filter(({ name }) => name === PACKAGES)) withoutMap(join(out, fileName));
  return output.map(({ fileName }) => fileName);
}

function withoutMap(path) {
  writeFileSync(path, readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
  rmSync(`${path}.map`);
}
