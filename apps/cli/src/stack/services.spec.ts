import { SERVICES, type Service } from '@countersign/contracts';
import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CLONE } from './home.js';
import { doubles, inherited } from './services.js';

/** What the stack itself reads, and gives to its parts as it sees fit. */
const OF_THE_STACK = ['DATABASE_URL', 'NATS_URL', 'NATS_SERVER_BIN', 'PUBLIC_URL', 'PORT', 'COUNTERSIGN_SANDBOX', 'COUNTERSIGN_HOME', 'COUNTERSIGN_SERVICES', 'COUNTERSIGN_TEAM_FILES', 'COUNTERSIGN_BROKER_LOG', 'COUNTERSIGN_MANAGER_KEY', 'LOG_LEVEL'];

const section = readFileSync(join(CLONE, 'docs/interface.md'), 'utf8').split('## 4. Environment')[1]!.split('\n## ')[0]!;
const documented = [...section.matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => name));
const readersOf = (name: string): Service[] => SERVICES.filter((service) => name in inherited(service, { [name]: 'x' }));

describe("a person's environment", () => {
  it('reaches a service with every variable that the contract names', () => {
    expect(documented.length).toBeGreaterThan(15);
    expect(documented.filter((name) => !OF_THE_STACK.includes(name) && readersOf(name).length === 0)).toEqual([]);
  });

  it('keeps each secret from those that do not read it', () => {
    const models = ['helpdesk-agent', 'fleet']; // who asks a vendor
    const keys = { OPENAI_API_KEY: models, ANTHROPIC_API_KEY: models, GOOGLE_GENERATIVE_AI_API_KEY: models, OIDC_CLIENT_SECRET: ['gateway'], GOOGLE_APPLICATION_CREDENTIALS: ['gateway'] };
    for (const [name, services] of Object.entries(keys)) expect([name, readersOf(name)]).toEqual([name, services]);
    // nor does a local stack keep real people's messages in doubles
    expect([{}, { OIDC_ISSUER: 'https://id.example.test' }, { NODE_ENV: 'production' }, { COUNTERSIGN_DOUBLES: 'sms' }].map((env) => doubles(env))).toEqual(['email,sms', '', '', 'sms']);
    for (const name of ['GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'NODE_OPTIONS', 'PGPASSWORD', 'SSH_AUTH_SOCK']) expect([name, readersOf(name)]).toEqual([name, []]);
  });
});
