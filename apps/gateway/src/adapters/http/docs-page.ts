import type { Operation, Route } from '@countersign/contracts';
import { escapeHtml } from '../oidc/issuer-configuration.js';

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8884;vertical-align:top}code{white-space:nowrap}`;

/** One row per operation; the whole truth is in the OpenAPI document. */
export const docsPage = (routes: readonly [Operation, Route][]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Countersign API</title><style>${STYLE}</style></head><body>
<h1>Countersign API</h1>
<p>The full description is <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). Send a bearer token; every POST below /v1 needs an <code>Idempotency-Key</code>; errors there are <code>application/problem+json</code> with a stable <code>code</code>, elsewhere the original client’s <code>{ok: false, code, error}</code>.</p>
<table><thead><tr><th>Operation</th><th>What it does</th><th>Who</th></tr></thead><tbody>
${routes.map(([, route]) => row(route)).join('\n')}
</tbody></table></body></html>`;

const row = ({ method, path, summary, roles }: Route): string =>
  `<tr><td><code>${method} ${escapeHtml(path)}</code></td><td>${escapeHtml(summary)}</td><td>${roles === 'signed-in' ? 'anyone signed in' : roles.map((role) => role.replaceAll('_', ' ')).join(', ')}</td></tr>`;
