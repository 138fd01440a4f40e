import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Paths that belong to programs: an unknown one is 404, never a page. */
const NOT_PAGES = /^\/(?:v1|oidc|auth|agent-team|mission|event|global|docs|openapi\.json|healthz|readyz|metrics|dev\/push|assets)(?:[/?]|$)/;

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Countersign</title>
<style>body{font:16px/1.5 system-ui;max-width:40rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}code{background:#8883;padding:.1em .3em;border-radius:4px}</style>
<h1>Countersign is running</h1><p>The web app has not been built yet: run <code>npm run build</code> and reload. The API is described at <a href="/docs">/docs</a>.</p>`;

/**
 * Serves the built web app: files with a hash in their name for ever, everything else fresh; any other page address gets
 * the app's own page, which reads the address itself.
 */
export async function serveWebApp(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, {
    root: folder,
    serve: false,
    preCompressed: true, // what the build has gzipped already
    etag: true,
    lastModified: true,
    cacheControl: false,
    setHeaders: (reply, file) => {
      void reply.header('vary', 'accept-encoding');
      void reply.header('cache-control', file.includes(`${path.sep}assets${path.sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const isFile = fileFinder(folder);
  server.get('/*', { exposeHeadRoute: true }, (request: FastifyRequest, reply: FastifyReply) => {
    const pathname = request.url.split('?', 1)[0]!; // not a URL's: `//` is none
    const file = isFile(pathname);
    if (file !== undefined) return reply.sendFile(file);
    if (NOT_PAGES.test(request.url) || path.extname(pathname) !== '') return reply.callNotFound();
    if (isFile('/index.html') !== undefined) return reply.header('link', askedFirst(pathname)).sendFile('index.html');
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(NOT_BUILT);
  });
}

/**
 * What the page of an address will ask for first: the browser asks for it beside the app's own files, and not after them.
 * The app's requests have to be the same in all that a browser compares (apps/web/src/api/http.ts).
 */
function askedFirst(pathname: string): string {
  const [, request] = /^\/a\/([0-9a-f-]{36})$/.exec(pathname) ?? [];
  const paths = ['/v1/me', ...(request === undefined ? [] : [`/v1/approvals/${request}`, `/v1/approvals/${request}/manifest`])];
  return pathname === '/verify' ? '' : paths.map((path) => `<${path}>; rel=preload; as=fetch; crossorigin`).join(', '); // a receipt is verified with no server
}

/** The file below the folder for a path, or undefined; a path that leads elsewhere finds nothing. */
function fileFinder(folder: string): (pathname: string) => string | undefined {
  return (pathname) => {
    if (!URL.canParse(pathname, 'http://x') || !/^\/[\w./-]{1,200}$/.test(pathname) || pathname.includes('..')) return undefined;
    const relative = pathname.slice(1);
    return path.extname(relative) !== '' && existsSync(path.join(folder, relative)) ? relative : undefined;
  };
}
