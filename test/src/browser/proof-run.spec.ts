import { effectKey, MANIFEST_FORMAT, type ApprovalDetail, type Effect, type Manifest } from '@countersign/contracts';
import { factsOf, plainWords, question, sentView, targetOf, titleOf, whatHappens } from '@countersign/contracts/effect-words';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { registerHooks } from 'node:module';
import { after, before, beforeEach, describe, it } from 'node:test';

/** The web app's sources, which its own build compiles. */
const WEB = new URL('../../../apps/web/src/', import.meta.url).href;
interface Proof {
  readonly state: string;
}
interface Run {
  readonly current: () => { readonly proof: Proof; readonly files: Readonly<Record<string, string>>; readonly mayPass: boolean };
  readonly subscribe: (listener: () => void) => () => void;
  holds(): boolean;
}
/** Of the app's own library, whose types name a browser's. */
interface Client {
  removeQueries(of: object): void;
}
interface Library {
  readonly QueryClient: new (options: object) => Client;
}
interface Prover {
  readonly ProofRun: new (client: Client, approval: ApprovalDetail, left: () => void) => Run;
}

const [ID, TEAM, GOAL, FILE] = ['a', 'b', 'c', 'd'].map((sign) => `019d0f0e-0000-7000-8000-00000000000${sign}`) as [string, string, string, string];
const [PATH, BEFORE, AFTER] = ['src/a.js', 'before\n', 'after\n'];
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const PUSH: Effect = { kind: 'git.push', mirror: 'm', remote: '/srv/m.git', branch: 'countersign/a', base: 'a'.repeat(40), tree: 'b'.repeat(40), expectedHead: null, commit: { author: { name: 'n', email: 'e@chai.example' }, date: '2026-11-20T15:00:00Z', message: 'm' } };

describe('what a phone hashes before a yes', () => {
  const hooks = registerHooks({ resolve: (name, context, next) => next(context.parentURL?.startsWith(WEB) ? name.replace(/\.js$/, '.ts') : name, context) });
  const real = ['fetch', 'window', 'localStorage'].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  const put = (name: string, value: unknown): void => void Object.defineProperty(globalThis, name, { configurable: true, value });
  let prover: Prover;
  let library: Library;
  /** What the server gives, by address; none: it is not there. */
  let served: Map<string, string>;
  let asked: string[];
  /** What else than that it is not there the server says of it. */
  let trouble: number | undefined;

  before(async () => {
    put('window', new EventTarget());
    put('localStorage', { getItem: () => null, setItem: () => undefined });
    put('fetch', (of: string | Request) => {
      const path = new URL(typeof of === 'string' ? of : of.url, 'http://localhost').pathname;
      asked.push(path);
      const found = served.get(path);
      return Promise.resolve(found === undefined ? Response.json({ title: 'No', status: trouble ?? 404, code: 'no' }, { status: trouble ?? 404 }) : new Response(found));
    });
    library = (await import(import.meta.resolve('@tanstack/react-query'))) as Library;
    prover = (await import(`${WEB}approval/proof-run.ts`)) as Prover;
  });
  beforeEach(() => void ([served, asked, trouble] = [new Map([['/content', AFTER], ['/base', BEFORE]]), [], undefined]));
  after(() => {
    hooks.deregister();
    for (const [name, was] of real) {
      if (was) Object.defineProperty(globalThis, name, was);
      else Reflect.deleteProperty(globalThis, name);
    }
  });

  /** A request about one file that stood there before, with a manifest that says so. */
  function requestFor(effect: Effect, deleted = false): ApprovalDetail {
    const content = deleted ? '' : AFTER;
    const files = [{ path: PATH, size: content.length, deleted }];
    const manifest: Manifest = {
      $format: MANIFEST_FORMAT, approval_id: ID, artifacts: [{ base: { artifact_id: FILE, sha256: sha256(BEFORE) }, deleted, id: FILE, media_type: 'text/javascript', mode: '100644', path: PATH, sha256: sha256(content), size: String(content.length) }],
      checks: [], cost: { amount_micros: '700', currency: 'USD' }, created_at: '2026-11-20T15:00:00.000Z', customer_id: TEAM, deliverable_id: GOAL,
      effects: [{ index: '0', kind: effect.kind, params: effect as unknown as Manifest['effects'][number]['params'], plain: plainWords(effect, files), reversible: true, target: targetOf(effect) }],
      expires_at: '2026-11-20T16:00:00.000Z', goal_id: GOAL, policy: { id: 'approval-policy', valid_minutes: '15', version: '1' }, requested_by: { agent: 'manager-agent', member_id: ID, parent_chain: [], task: null }, taint: { external_effect: true, private_data: false, untrusted_input: true },
      checkpoint: { root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', size: '0' }, revision: '1', supersedes: null, team_id: TEAM, tier: '1', title: titleOf(effect, files),
    };
    const text = JSON.stringify(manifest);
    served.set(`/v1/approvals/${ID}/manifest`, text);
    return {
      id: ID, teamId: TEAM, goalId: GOAL, digest: sha256(text), title: manifest.title, question: question(manifest), whatHappens: whatHappens(manifest), cost: { amountMicros: 700, currency: 'USD' }, facts: factsOf(manifest), sent: sentView(manifest, effectKey(ID)) ?? null, checks: [], tier: 1, quorum: null,
      artifacts: [{ id: FILE, path: PATH, mediaType: 'text/javascript', size: content.length, sha256: sha256(content), deleted, mode: '100644', contentUrl: deleted ? null : '/content', baseContentUrl: '/base', baseSha256: sha256(BEFORE) }],
    } as unknown as ApprovalDetail;
  }

  const aClient = (): Client => new library.QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } }); // else a timer of it keeps this process
  const proven = async (approval: ApprovalDetail, client = aClient()): Promise<Run> => {
    const run = new prover.ProofRun(client, approval, () => undefined);
    await new Promise<void>((done) => {
      const look = (): void => void (run.current().proof.state !== 'checking' && done());
      run.subscribe(look);
      look();
    });
    return run;
  };
  const proofOf = async (approval: ApprovalDetail): Promise<Proof> => (await proven(approval)).current().proof;
  const without = (approval: ApprovalDetail): ApprovalDetail => ({ ...approval, artifacts: approval.artifacts.map((file) => ({ ...file, baseContentUrl: null })) });

  it('is each file and what it is compared with: where either is another, or not to be read, there is no proof', async () => {
    expect(await proofOf(requestFor(PUSH))).toEqual({ state: 'matches', of: 1 });
    expect(asked.sort()).toEqual(['/base', '/content', `/v1/approvals/${ID}/manifest`]);
    for (const side of ['/content', '/base']) {
      served = new Map([['/content', AFTER], ['/base', BEFORE], [side, 'another\n']]);
      expect([side, await proofOf(requestFor(PUSH))]).toEqual([side, { state: 'differs', what: PATH }]);
      served.delete(side);
      expect([side, await proofOf(requestFor(PUSH))]).toEqual([side, { state: 'unreadable', why: expect.any(String) }]);
    }
  });

  it('is what stood there of a file that is deleted, too, and nothing is proven where its bytes are not kept any more', async () => {
    expect(await proofOf(requestFor(PUSH, true))).toEqual({ state: 'matches', of: 1 });
    expect(await proofOf(without(requestFor(PUSH)))).toEqual({ state: 'unreadable', why: `what stood at ${PATH} is not kept any more` });
    served.set('/base', 'another\n');
    expect(await proofOf(requestFor(PUSH, true))).toEqual({ state: 'differs', what: PATH });
  });

  it('says whether what could not be read may be in a while: not what is gone, nor what is another', async () => {
    const request = requestFor(PUSH);
    served.delete('/base');
    const seen: unknown[] = [];
    for (const status of [undefined, 403, 429, 503]) {
      trouble = status;
      const { proof, mayPass } = (await proven(request)).current();
      seen.push([status, proof.state, mayPass]);
    }
    served.set('/base', 'another\n');
    const { proof, mayPass } = (await proven(request)).current();
    expect([...seen, [proof.state, mayPass]]).toEqual([[undefined, 'unreadable', false], [403, 'unreadable', false], [429, 'unreadable', true], [503, 'unreadable', true], ['differs', false]]);
  });

  it('holds as long as both are there', async () => {
    const client = aClient();
    const run = await proven(requestFor(PUSH), client);
    expect(run.holds()).toBe(true);
    client.removeQueries({ queryKey: ['bytes', '/base'] });
    expect(run.holds()).toBe(false);
  });

  it('is the file alone of what is published or sent: nobody finds again what stood there', async () => {
    served.delete('/base');
    for (const effect of [{ kind: 'file.publish', folder: 'week-47' }, { kind: 'http.post', url: 'https://hooks.chai.example/in', contentType: 'text/javascript', body: PATH }] as const)
      expect([effect.kind, await proofOf(requestFor(effect))]).toEqual([effect.kind, { state: 'matches', of: 1 }]);
    expect(asked).not.toContain('/base');
  });
});
