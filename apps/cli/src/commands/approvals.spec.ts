import { digestWords, effectKey, MANIFEST_FORMAT, type ApprovalDetail, type Effect, type Manifest } from '@countersign/contracts';
import { factsOf, plainWords, question, sentView, targetOf, titleOf, whatHappens } from '@countersign/contracts/effect-words';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { StandInGateway } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';
import { whenOf } from './marks.js';

const [ID, TEAM, GOAL, FILE] = ['a', 'b', 'c', 'd'].map((sign) => `019d0f0e-0000-7000-8000-00000000000${sign}`) as [string, string, string, string];
const CONTENT = '# This week';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const effect = { kind: 'http.post', url: 'https://hooks.chai.example/in', contentType: 'text/markdown', body: 'out/a.md' } as const;
const files = [{ path: effect.body, size: CONTENT.length, deleted: false }];
const MANIFEST: Manifest = {
  $format: MANIFEST_FORMAT, approval_id: ID, artifacts: [{ base: null, deleted: false, id: FILE, media_type: 'text/markdown', mode: '100644', path: effect.body, sha256: sha256(CONTENT), size: String(CONTENT.length) }],
  checks: [{ criterion: 'parses', passed: true, task: 'docs' }], cost: { amount_micros: '700', currency: 'USD' }, created_at: '2026-11-20T15:00:00.000Z', customer_id: TEAM, deliverable_id: GOAL,
  effects: [{ index: '0', kind: effect.kind, params: effect as unknown as Manifest['effects'][number]['params'], plain: plainWords(effect, files), reversible: true, target: targetOf(effect) }],
  expires_at: '2026-11-20T16:00:00.000Z', goal_id: GOAL, policy: { id: 'approval-policy', valid_minutes: '15', version: '1' }, requested_by: { agent: 'manager-agent', member_id: ID, parent_chain: [], task: null }, taint: { external_effect: true, private_data: false, untrusted_input: true }, checkpoint: { root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', size: '0' }, revision: '1', supersedes: null,
  team_id: TEAM, tier: '1', title: titleOf(effect, files),
};
const TEXT = JSON.stringify(MANIFEST);
const BEFORE = '# That week';
/** The same file beside what stood there, for another effect: its manifest, and what a gateway shows of it. */
function beside(other: Effect): { readonly text: string; readonly shown: ApprovalDetail } {
  const of: Manifest = {
    ...MANIFEST, title: titleOf(other, files), artifacts: MANIFEST.artifacts.map((file) => ({ ...file, base: { artifact_id: FILE, sha256: sha256(BEFORE) } })),
    effects: [{ ...MANIFEST.effects[0]!, kind: other.kind, params: other as unknown as Manifest['effects'][number]['params'], plain: plainWords(other, files), target: targetOf(other) }],
  };
  const text = JSON.stringify(of);
  return { text, shown: { ...SHOWN, digest: sha256(text), title: of.title, question: question(of), whatHappens: whatHappens(of), facts: factsOf(of), sent: sentView(of, effectKey(ID)) ?? null, artifacts: SHOWN.artifacts.map((file) => ({ ...file, baseContentUrl: '/base', baseSha256: sha256(BEFORE) })) } };
}
const PUSH: Effect = { kind: 'git.push', mirror: 'm', remote: '/srv/m.git', branch: 'countersign/a', base: 'a'.repeat(40), tree: 'b'.repeat(40), expectedHead: null, commit: { author: { name: 'n', email: 'e@chai.example' }, date: '2026-11-20T15:00:00Z', message: 'm' } };
const SHOWN = {
  id: ID, teamId: TEAM, goalId: GOAL, state: 'pending', digest: sha256(TEXT), digestWords: 'one two three', title: MANIFEST.title, question: question(MANIFEST), whatHappens: whatHappens(MANIFEST), onTimeout: 'expire', dueAt: '',
  cost: { amountMicros: 700, currency: 'USD' }, facts: factsOf(MANIFEST), sent: sentView(MANIFEST, effectKey(ID)) ?? null, agentSays: '', effect: null, decision: null, version: 1, tier: 1, quorum: null,
  checks: [{ criterion: 'parses', passed: true, outputTail: '' }], artifacts: [{ id: FILE, path: effect.body, mediaType: 'text/markdown', size: CONTENT.length, sha256: sha256(CONTENT), deleted: false, mode: '100644', contentUrl: '/content', baseContentUrl: null, baseSha256: null }],
} as unknown as ApprovalDetail;

describe('approvals defer --until', () => {
  it('takes so long from now or a time with its zone, and nothing that could be meant otherwise', () => {
    const now = new Date('2026-03-10T12:00:00Z');
    expect(['30m', '2h', '1d', '2026-03-10T15:00:00+01:00'].map((text) => whenOf(text, now).toISOString())).toEqual(['2026-03-10T12:30:00.000Z', '2026-03-10T14:00:00.000Z', '2026-03-11T12:00:00.000Z', '2026-03-10T14:00:00.000Z']);
    for (const text of ['', 'tomorrow', '2026-03-10T15:00', '30', '-1h', '99999d']) expect(() => whenOf(text, now)).toThrow(/is no time/);
  });
});

describe('approvals approve --yes against a gateway that may lie', () => {
  let gateway: StandInGateway;
  let shown: ApprovalDetail;
  let content: string;
  let text: string;
  let stood: string;
  /** What was asked for of what stood there. */
  let bases: number;
  let printed: string;
  let decided: number;
  let undone: number;
  /** To the person, beside the result. */
  let said: string;
  before(async () => {
    gateway = await StandInGateway.start((method, { pathname }) => {
      if (pathname === '/content') return (response) => void response.end(content);
      if (pathname === '/base') return (response) => (bases++, void response.end(stood));
      if (pathname.endsWith('/manifest')) return (response) => void response.end(text);
      if (pathname.endsWith('/thread')) return { body: { items: [] } };
      if (pathname.endsWith('/decision')) decided += 1;
      if (pathname.endsWith('/decision/undo')) undone += 1;
      if (pathname === '/v1/me') return { body: { personId: ID, customer: null } };
      return { body: method === 'GET' ? shown : { id: ID, approvalId: ID, state: 'approved' } };
    });
  });
  after(() => gateway.stop());
  beforeEach(() => void ([shown, content, text, stood, bases, printed, decided, undone, said] = [SHOWN, CONTENT, TEXT, BEFORE, 0, '', 0, 0, '']));

  const approve = (...flags: string[]): Promise<unknown> => run('approve', ID, '--yes', ...flags);
  const run = async (...words: string[]): Promise<unknown> => {
    const muted = [mock.method(console, 'log', (line: unknown) => void (printed += `${stripVTControlCharacters(String(line))}\n`)), mock.method(process.stderr, 'write', (text: string) => { said += text; return true; })];
    try {
      return await runCommand(['approvals', ...words, '--url', gateway.url]).catch((error: unknown) => error);
    } finally {
      for (const each of muted) each.mock.restore();
    }
  };

  it('decides where everything that it shows stands in the bytes that it hashed', async () => {
    expect(await approve()).toBe(0);
    expect(decided).toBe(1);
  });

  it('asks by the words of the digest that it made, whatever the server says they are', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const real = Object.getOwnPropertyDescriptor(process, 'stdin')!;
    Object.defineProperty(process, 'stdin', { configurable: true, value: terminal });
    try {
      terminal.end('n\n');
      expect([await run('approve', ID), decided]).toEqual([1, 0]);
    } finally {
      Object.defineProperty(process, 'stdin', real);
    }
    expect(said).toContain(`approve ${digestWords(SHOWN.digest)}? [y/N]`);
  });

  it('takes a decision back, and holds one no longer than half a minute', async () => {
    expect([await approve('--undo', '30'), decided]).toEqual([0, 1]);
    expect([await run('undo', ID), undone, decided]).toEqual([0, 1, 1]);
    for (const wrong of ['31', '-1', 'long', '', '1.5']) {
      said = '';
      expect([wrong, await approve(`--undo=${wrong}`), said]).toEqual([wrong, 2, expect.stringContaining(`--undo wants a whole number from 0 to 30, not "${wrong}"`)]);
    }
    expect(decided).toBe(1);
  });

  it('decides nothing where one word, one fact, one line that is sent or one byte of a file is another', async () => {
    const lies: readonly (readonly [Partial<ApprovalDetail>, string])[] = [
      [{ digest: sha256('other') }, 'the digest'],
      [{ whatHappens: 'Nothing much' }, 'what will happen'],
      [{ facts: SHOWN.facts.map((fact) => ({ ...fact, value: 'elsewhere' })) }, 'the fact'],
      [{ sent: { ...SHOWN.sent!, lines: [] } }, 'what is sent'],
      [{ tier: 0 }, 'how much depends on it'],
      [{ quorum: { need: 2, of: 'people', yes: [] } }, 'how many must say yes'],
      [{ artifacts: [] }, 'the list of files'],
      [{ artifacts: SHOWN.artifacts.map((file) => ({ ...file, contentUrl: null })) }, effect.body],
      [{ artifacts: SHOWN.artifacts.map((file) => ({ ...file, mode: '100755' })) }, effect.body],
    ];
    for (const [lie, word] of lies) {
      shown = { ...SHOWN, ...lie };
      expect(await approve()).toMatchObject({ message: expect.stringContaining(word) });
    }
    [shown, content] = [SHOWN, '# This weak'];
    expect(await approve()).toMatchObject({ message: expect.stringContaining(`${effect.body} differs`) });
    expect(decided).toBe(0);
  });

  it('shows a file that is published whole, and asks for nothing that is said to have stood there', async () => {
    ({ text, shown } = beside({ kind: 'file.publish', folder: 'week-47' }));
    expect([await run('show', ID), bases]).toEqual([0, 0]);
    expect(printed).toMatch(/what is published\n\s*Folder\s+week-47\n/);
    expect(printed).toMatch(/out\/a\.md {2}✓ sha256\n# This week\n/);
    expect(printed).not.toMatch(/^[-+@]/m);
    expect([await approve(), decided]).toEqual([0, 1]);
    shown = { ...shown, sent: null };
    expect([await approve(), decided]).toEqual([expect.objectContaining({ message: expect.stringContaining('what is sent') }), 1]);
  });

  it('approves what is pushed only beside the bytes that the manifest says stand there, and says where they are not kept any more', async () => {
    ({ text, shown } = beside(PUSH));
    expect([await approve(), bases, decided]).toEqual([0, 1, 1]);
    const honest = shown;
    stood = '# Another';
    expect([await approve(), decided]).toEqual([expect.objectContaining({ message: expect.stringContaining(`${effect.body} differs`) }), 1]);
    for (const [baseContentUrl, baseSha256] of [[null, sha256(BEFORE)], [null, null], ['/base', null]] as const) {
      [stood, shown] = [BEFORE, { ...honest, artifacts: honest.artifacts.map((file) => ({ ...file, baseContentUrl, baseSha256 })) }];
      expect([baseContentUrl, await approve(), decided]).toEqual([baseContentUrl, expect.objectContaining({ message: expect.stringContaining(`${effect.body} differs`) }), 1]);
    }
    [printed, shown] = ['', { ...honest, artifacts: honest.artifacts.map((file) => ({ ...file, baseContentUrl: null })) }];
    expect(await run('show', ID)).toBe(0);
    expect(printed).toMatch(/out\/a\.md {2}✗ what stood there is not kept any more: this is all of the file as it would be\n# This week\n/);
  });
});
