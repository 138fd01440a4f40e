import { expect } from 'expect';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import { StandInGateway, type StandInWord } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';

const EVOLUTION = { id: 'EVOLUTION-002', title: 'Two teams', state: 'proposed', seed: null, proposer: 'Arun', decider: null, proposal: { current: 'One team', proposed: 'Two teams', rationale: ['It is slow'], criteria: { increasesScope: ['two managers'], reducesApprovals: [], addsAccess: [], weakensSafety: [] } }, reviews: [{ role: 'genesis', state: 'missing' }], answers: [{ question: 'cost', words: 'You approve the cost?', accepted: null, note: '' }], rationale: [] };
const PROPOSAL = `title: Two teams
current: One
proposed: Two
rationale: [Customers ask]
criteria: { increasesScope: [two managers], reducesApprovals: [], addsAccess: [], weakensSafety: [] }
seed: { seed_id: GEN-010, type: agent_lifecycle, decision: Two may, principle: One governor, applies_to: [shared_context] }
`;

describe('reviews, evolutions and charters from the command line', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'evolution-')), 'two.yaml');
  let gateway: StandInGateway;
  let asked: [string, unknown][];
  let refusal: { code: string; status: number } | undefined;
  before(async () => {
    gateway = await StandInGateway.start((method, { pathname }, { body }): StandInWord => {
      if (pathname === '/v1/me') return { body: { id: 'p', roles: ['vision_guardian'], teams: [] } };
      if (pathname === '/v1/teams') return { body: { items: [{ id: '0190a000-0000-7000-8000-000000000001', name: 'Care', state: 'active', mode: 'trial', bundleId: 'code-care' }], nextCursor: null } };
      if (pathname.endsWith('/charter')) return (response) => response.writeHead(200, { 'content-type': 'text/markdown' }).end('# Charter of Care\n');
      asked.push([`${method} ${pathname}`, body === '' ? undefined : JSON.parse(body)]);
      if (refusal) return { status: refusal.status, body: { title: 'no', detail: 'not answered yet: cost', ...refusal } };
      return { body: pathname.endsWith('/reviews') ? { id: 'r-1', items: [{ role: 'vision_guardian', verdict: 'rejected', by: 'Gita', notes: 'it goes too far' }] } : EVOLUTION };
    });
  });
  after(() => gateway.stop());
  beforeEach(() => {
    [asked, refusal] = [[], undefined];
  });

  async function run(...words: string[]): Promise<{ code: number; lines: string[] }> {
    const out = mock.method(console, 'log', () => undefined);
    const said = mock.method(process.stderr, 'write', () => true);
    try {
      const code = await runCommand([...words, '--url', gateway.url]);
      return { code, lines: out.mock.calls.map(({ arguments: [line] }) => String(line)) };
    } finally {
      out.mock.restore();
      said.mock.restore();
    }
  }

  it('a review is given in the role that the person has, of a version or an evolution, with its reason', async () => {
    expect(await run('review', 'recommend', 'code-care@2', '--notes', 'it stops')).toEqual({ code: 0, lines: ['r-1'] });
    expect((await run('review', 'reject', 'EVOLUTION-002', '--notes', 'too much', '--text', 'ab', '--scope', 'cd')).code).toBe(0);
    expect(asked).toEqual([['POST /v1/bundles/code-care/versions/2/reviews', { role: 'vision_guardian', verdict: 'recommended', notes: 'it stops' }], ['POST /v1/evolutions/EVOLUTION-002/reviews', { role: 'vision_guardian', verdict: 'rejected', notes: 'too much', sha256: 'ab', scopeSha256: 'cd' }]]);
  });

  it('what is no subject, has no reason or names no role is not sent', async () => {
    for (const words of [['recommend', 'code-care', '--notes', 'x'], ['recommend', 'code-care@2'], ['recommend', 'code-care@2', '--notes', 'x', '--role', 'king'], ['waive', 'code-care@2', '--notes', 'x']]) expect((await run('review', ...words)).code).toBe(2);
    expect((await run('review', 'waive', 'code-care@2', '--role', 'vision_guardian', '--notes', 'a trial')).code).toBe(0);
    expect(asked).toEqual([['POST /v1/bundles/code-care/versions/2/reviews', { role: 'vision_guardian', verdict: 'waived', notes: 'a trial' }]]);
  });

  it('an evolution is proposed by a file, whose mistakes are told at their lines before anything is sent', async () => {
    writeFileSync(file, PROPOSAL.replace('GEN-010', 'gen'));
    expect(await run('evolution', 'propose', file)).toEqual({ code: 1, lines: [expect.stringContaining(`${file}:6:18 pattern`)] });
    writeFileSync(file, PROPOSAL.replace('[two managers]', '[]'));
    expect(await run('evolution', 'propose', file)).toEqual({ code: 1, lines: [expect.stringContaining('an-evolution')] });
    expect([(await run('evolution', 'propose', `${file}.gone`)).code, asked]).toEqual([4, []]);
    writeFileSync(file, PROPOSAL);
    expect(await run('evolution', 'propose', file)).toEqual({ code: 0, lines: ['EVOLUTION-002'] });
    expect(asked).toMatchObject([['POST /v1/evolutions', { proposal: { title: 'Two teams', seed: { seed_id: 'GEN-010' } } }]]);
  });

  it('is shown with what is proposed, by whom, and the words of who reviewed it', async () => {
    const { code, lines } = await run('evolution', 'show', 'EVOLUTION-002');
    expect([code, lines]).toEqual([0, expect.arrayContaining(['proposed by\tArun', 'today\tOne team', 'proposed\tTwo teams', 'because\tIt is slow', 'increases scope\ttwo managers', 'adds access\tno', 'said\tvision_guardian rejected, Gita: it goes too far'])]);
    expect(asked.map(([what]) => what).sort()).toEqual(['GET /v1/evolutions/EVOLUTION-002', 'GET /v1/evolutions/EVOLUTION-002/reviews']);
  });

  it('its questions are answered, and it is decided with reasons; a refusal is told', async () => {
    expect((await run('evolution', 'confirm', 'EVOLUTION-002', 'price')).code).toBe(2);
    expect((await run('evolution', 'confirm', 'EVOLUTION-002', 'cost', '--no', '--note', 'too dear')).lines.join('\n')).toContain('cost: open');
    expect((await run('evolution', 'approve', 'EVOLUTION-002')).code).toBe(2);
    expect(await run('evolution', 'reject', 'EVOLUTION-002', '--reason', 'too dear; too early')).toMatchObject({ code: 0, lines: ['EVOLUTION-002\tproposed'] });
    expect(asked).toEqual([['POST /v1/evolutions/EVOLUTION-002/answers', { question: 'cost', accepted: false, note: 'too dear' }], ['POST /v1/evolutions/EVOLUTION-002/decision', { verb: 'reject', rationale: ['too dear', 'too early'] }]]);
    refusal = { code: 'questions_open', status: 409 };
    expect((await run('evolution', 'approve', 'EVOLUTION-002', '--reason', 'x')).code).toBe(1);
  });

  it('a charter comes as it is rendered', async () => {
    const { code, lines } = await run('charter', '--json');
    expect([code, JSON.parse(lines[0]!)]).toEqual([0, { teamId: '0190a000-0000-7000-8000-000000000001', markdown: '# Charter of Care\n' }]);
  });
});
