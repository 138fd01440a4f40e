import { isSecretVariable, SECRET_VARIABLES } from '@countersign/contracts';
import { expect } from 'expect';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Variables of the product that an agent may be given: they say how something is, and open nothing. */
const HARMLESS = new Set(['HOST', 'PORT', 'PUBLIC_URL', 'PATH', 'HOME', 'USER', 'LOGNAME', 'SUDO_USER', 'TMPDIR', 'LANG', 'TZ', 'CI', 'NO_COLOR', 'FORCE_COLOR', 'COLUMNS', 'TERM', 'NODE_ENV', 'NODE_OPTIONS', 'LOG_LEVEL', 'SERVICE', 'OIDC_ISSUER', 'OIDC_CLIENT_ID', 'HEALTH_PORT', 'NATS_SERVER_BIN', 'VAPID_PUBLIC_KEY', 'WEB_PUSH_ORIGINS']);

/** Every name the product's own programs take from their environment. */
function variables(): string[] {
  const sources = ['apps', 'libs', 'agents'].flatMap((top) => readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((path) => join(top, path)))
    .filter((path) => !path.startsWith('apps/web/') && /\/src\/.*\.[cm]?ts$/.test(path) && !/\/(?:dist|node_modules|testing)\/|\.spec\.|fixture/.test(path));
  const read = /\benv(?:\.([A-Z][A-Z0-9_]+)\b|\[['"]([A-Z][A-Z0-9_]+)['"]\])|\b(?:text|url)\('([A-Z][A-Z0-9_]+)'/g;
  return [...new Set(sources.flatMap((path) => [...readFileSync(join(ROOT, path), 'utf8').matchAll(read)].map(([, dot, quoted, taken]) => dot ?? quoted ?? taken!)))];
}

describe('the variables of the product', () => {
  it('are each known as harmless, or refused to agents', () => {
    const found = variables();
    for (const name of ['DATABASE_URL', 'NATS_CREDS', 'CONTEXT_KEY_FILE', 'AUDIT_KEY_FILE', 'ANTHROPIC_API_KEY']) expect(found).toContain(name);
    expect(found.filter((name) => !isSecretVariable(name) && !HARMLESS.has(name) && !name.startsWith('COUNTERSIGN_'))).toEqual([]);
  });

  it('that the documents name are among them', () => {
    const documented = [...readFileSync(join(ROOT, 'docs/interface.md'), 'utf8').split('## 4. Environment')[1]!.split('\n## ')[0]!.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name!);
    expect(documented.length).toBeGreaterThan(10);
    expect(documented.filter((name) => !isSecretVariable(name) && !HARMLESS.has(name) && !name.startsWith('COUNTERSIGN_') && name !== 'NODE_ENV')).toEqual([]);
  });

  it('are secret in any case, and like everybody names secrets', () => {
    for (const name of [...SECRET_VARIABLES, 'anthropic_api_key', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'GH_TOKEN', 'NPM_TOKEN_FILE', 'PGPASSWORD', 'DB_PASS', 'SENTRY_DSN', 'REDIS_URL', 'STRIPE_APIKEY', 'SLACK_BOT_TOKEN_1', 'TLS_PRIVATE_PEM']) expect([name, isSecretVariable(name)]).toEqual([name, true]);
    for (const name of ['PATH', 'LANG', 'LC_ALL', 'TZ', 'KEYBOARD', 'MAX_TOKENS', 'MAX_OUTPUT_TOKENS', 'AUTHOR', 'PASSAGE', 'COMPASS_DIR', 'TOKENIZER']) expect([name, isSecretVariable(name)]).toEqual([name, false]);
  });
});
