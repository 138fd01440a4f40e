import { until } from '@countersign/testing';
import { expect } from 'expect';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { AgentShelf } from './shelf.js';
import { readSpec } from './specs.js';

const spec = (over = ''): string => `name: w\nmodel: { id: rehearsal-1 }\n${over}`;
const problemsOf = (text: string): readonly string[] => {
  const read = readSpec('w.yaml', text);
  return 'problems' in read ? read.problems : [];
};

describe('an agent spec', () => {
  it('may not name a system call that does not exist, or one that is never granted: the place is told', () => {
    expect(problemsOf(spec('allowed_syscalls:\n  - "@runtime"\n  - opne\n  - ptrace\n  - "@everything"\n'))).toEqual([
      'w.yaml:5:5 unknown-syscall: there is no system call or preset opne',
      'w.yaml:6:5 forbidden-syscall: ptrace is never granted',
      'w.yaml:7:5 unknown-syscall: there is no system call or preset @everything',
    ]);
    expect(problemsOf(spec('allowed_syscalls: ["@runtime", io_uring_setup]\n'))).toEqual(['w.yaml:3:32 forbidden-syscall: io_uring_setup is never granted']);
    expect(problemsOf(spec('allowed_syscalls: ["@runtime", openat]\n'))).toEqual([]);
  });

  it('may not ask for a secret of the product, or for what is named like one: the place is told', () => {
    expect(problemsOf(spec('run:\n  command: node\n  env:\n    - LOCALE\n    - ANTHROPIC_API_KEY\n    - NATS_CREDS\n    - GITHUB_TOKEN\n'))).toEqual([
      'w.yaml:7:7 secret-variable: ANTHROPIC_API_KEY may hold a secret, which no agent is given',
      'w.yaml:8:7 secret-variable: NATS_CREDS may hold a secret, which no agent is given',
      'w.yaml:9:7 secret-variable: GITHUB_TOKEN may hold a secret, which no agent is given',
    ]);
    expect(problemsOf(spec('run: { command: node, env: [TZ, database_url] }\n'))).toEqual(['w.yaml:3:33 secret-variable: database_url may hold a secret, which no agent is given']);
    expect(problemsOf(spec('run: { command: node, env: [TZ, LC_ALL] }\n'))).toEqual([]);
  });

  it('is called like its file, so that two files never speak for one agent', () => {
    expect(problemsOf(spec().replace('name: w', 'name: x'))).toEqual(['w.yaml:1:7 file-name: must be w, as the file is called']);
  });

  it('is told where its own rules are broken', () => {
    expect(problemsOf(spec('max_tokens: many\n'))).toEqual([expect.stringMatching(/^w\.yaml:3:13 type: /)]);
  });
});

describe('the shelf of agents', () => {
  it('takes changed files while it runs, keeps the version before a bad one, and forgets what is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agents-'));
    const write = (name: string, text: string): void => writeFileSync(join(folder, `${name}.yaml`), text);
    write('w', spec('max_tokens: 1\n'));
    write('bad', spec('allowed_syscalls: [ptrace]\n').replace('name: w', 'name: bad'));
    const shelf = await AgentShelf.open(folder, pino({ level: 'silent' }));
    const tokens = (): number | undefined => shelf.agents.get('w')?.spec.maxTokens;
    try {
      expect([...shelf.agents.keys()]).toEqual(['w']);
      write('w', spec('max_tokens: 2\n'));
      await until('the changed file is taken', () => tokens() === 2);
      write('w', spec('allowed_syscalls: [nothing_such]\nmax_tokens: 3\n'));
      write('x', spec().replace('name: w', 'name: x'));
      await until('the new file is taken', () => shelf.agents.has('x'));
      expect(tokens()).toBe(2);
      rmSync(join(folder, 'w.yaml'));
      await until('what is gone is forgotten', () => !shelf.agents.has('w'));
      expect([...shelf.agents.keys()]).toEqual(['x']);
    } finally {
      shelf.close();
      rmSync(folder, { recursive: true });
    }
  });
});
