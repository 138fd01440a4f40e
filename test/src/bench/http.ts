import type { ApprovalChallenge, ApprovalDetail, Me } from '@countersign/contracts';
import { makeSigningKey, proveKey, signYes, toBase64url, type SigningKey } from '@countersign/contracts/assertions';
import type { LocalStack } from '@countersign/testing';
import { randomUUID } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { bindDevice } from '../stack/goals.js';
import { copyApprovals, WAITING, type Original } from '../stack/copies.js';
import type { RawLimits } from './raw-limits.js';
import { latency, type Figure } from './report.js';

const PER_SECOND = 20;
const EVERY_MS = 1_000 / PER_SECOND;
const REQUESTS = 240;
const WARM_UP = 20;

interface Call {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly expected: number;
  /** What follows from its answer, measured with it; what is done here in between is not. */
  readonly next?: (answer: string) => Promise<Call>;
}
interface Answered {
  readonly ms: number;
  readonly text: string;
}

/** Keeps its connections, as a browser and the command line do. */
class Client {
  private readonly agent = new Agent({ keepAlive: true });

  /** From the first byte sent to the last byte received, in milliseconds. */
  call({ url, method, headers, body, expected }: Call): Promise<Answered> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const request = send(url, { agent: this.agent, method, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }) } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const [ms, text] = [performance.now() - start, Buffer.concat(chunks).toString('utf8')];
          if (response.statusCode === expected) resolve({ ms, text });
          else reject(new Error(`${method} ${url.pathname}: ${response.statusCode} ${text.slice(0, 500)}`));
        });
      });
      request.once('error', reject).end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Sends what comes in its turn at its time, whether the one before has been answered or not; a raw call follows in the middle of each gap. */
async function paced(callsAt: (index: number) => readonly Call[] | Promise<readonly Call[]>, bare: Call): Promise<{ ours: number[]; raw: number[] }> {
  const client = new Client();
  const [ours, raw]: [Promise<number>[], Promise<number>[]] = [[], []];
  const start = performance.now();
  const at = (ms: number): Promise<void> => sleep(Math.max(0, start + ms - performance.now()));
  try {
    for (let index = 0; index < WARM_UP + REQUESTS; index++) {
      const calls = await callsAt(index);
      await at(index * EVERY_MS);
      ours.push(noted(inTurn(client, calls)));
      await at((index + 0.5) * EVERY_MS);
      raw.push(noted(client.call(bare).then(({ ms }) => ms)));
    }
    return { ours: (await Promise.all(ours)).slice(WARM_UP), raw: (await Promise.all(raw)).slice(WARM_UP) };
  } finally {
    client.close();
  }
}

/** One after the other has been answered; the time of all. */
async function inTurn(client: Client, calls: readonly Call[]): Promise<number> {
  let ms = 0;
  for (let [call, ...rest] = calls; call; ) {
    const answer = await client.call(call);
    ms += answer.ms;
    if (call.next) call = await call.next(answer.text);
    else [call, ...rest] = rest;
  }
  return ms;
}

/** A failure is thrown where all answers are awaited, not before. */
function noted(answer: Promise<number>): Promise<number> {
  answer.catch(() => undefined);
  return answer;
}

interface Waiting {
  readonly id: string;
  readonly digest: string;
}

/** A person's terminal, which signs: its key is enrolled and counts. */
interface Signer {
  readonly authorization: string;
  readonly key: SigningKey;
  readonly me: Me;
}

async function signerOn(stack: LocalStack): Promise<Signer> {
  const { id } = await bindDevice(stack);
  const [me, key] = [await stack.get<Me>('asha', '/v1/me'), await makeSigningKey({ extractable: false })];
  const proof = await proveKey(key, { customerId: me.customer!.id, personId: me.personId }, me.signing);
  await stack.post('asha', `/v1/devices/${id}/keys`, { kind: 'software', publicKey: toBase64url(key.publicKey), proof });
  return { authorization: `Bearer ${await stack.token('asha')}`, key, me };
}

/** So that nothing is pushed, which is another thing to measure: what is held is denied before it has effect. */
const HOLD_SECONDS = 30;

/**
 * Decisions of a person on waiting approvals, every other one a yes that is signed over a challenge that is asked for first, the rest
 * noes: alone, and each with its own receipt, its entry under a head that the notary signs.
 */
export async function decisions(stack: LocalStack, client: pg.Client, original: Original, approvalId: string, raw: RawLimits): Promise<Figure[]> {
  const signer = await signerOn(stack);
  const { authorization } = signer;
  const { digest, version } = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${approvalId}`);
  const noBody = (sha256: string): string => JSON.stringify({ decision: 'deny', digest: sha256, reason: 'only measuring' });
  const post = (path: string, body: string, expected: number, at?: number): Call => ({ url: new URL(path, stack.url), method: 'POST', headers: { authorization, 'idempotency-key': randomUUID(), ...(at === undefined ? {} : { 'if-match': `"${at}"` }) }, body, expected });
  const deny = ({ id, digest: own }: Waiting, at = version): Call => post(`/v1/approvals/${id}/decision`, noBody(own), 201, at);
  const receipt = ({ id }: Waiting): Call => ({ url: new URL(`/v1/approvals/${id}/receipt`, stack.url), method: 'GET', headers: { authorization }, expected: 200 });
  const approve = ({ id, digest: own }: Waiting, held: (at: number) => void): Call => ({
    ...post(`/v1/approvals/${id}/challenge`, '{}', 200),
    next: async (given) => {
      const assertion = await signYes(signer.key, own, JSON.parse(given) as ApprovalChallenge, signer.me.signing);
      const recorded = post(`/v1/approvals/${id}/decision`, JSON.stringify({ decision: 'approve', digest: own, assertion, holdSeconds: HOLD_SECONDS }), 201, version);
      held(version + 1);
      return recorded;
    },
  });
  const another = async (): Promise<Waiting[]> => {
    const ids = await copyApprovals(client, original, Array.from({ length: PER_SECOND }, () => WAITING));
    return (await client.query<Waiting>(`select id, encode(digest, 'hex') as digest from app.approval where team_id = $1 and id = any ($2)`, [original.teamId, ids])).rows;
  };
  const figures: Figure[] = [];
  for (const [name, more, p99Ms] of [['HTTP decision', () => [], 100], ['HTTP decision and its receipt', (of: Waiting) => [receipt(of)], 400]] as const) {
    const held: Call[] = [];
    // Made a second ahead: hundreds of goals that wait at once are another load than twenty decisions a second.
    const batches = [another()];
    const callsAt = async (index: number): Promise<Call[]> => {
      const batch = Math.floor(index / PER_SECOND);
      const made = await batches[batch]!;
      batches[batch + 1] ??= another();
      const one = made[index % PER_SECOND]!;
      return [index % 2 === 0 ? deny(one) : approve(one, (at) => held.push(deny(one, at))), ...more(one)];
    };
    const found = await paced(callsAt, { url: new URL(raw.url), method: 'POST', headers: {}, body: noBody(digest), expected: 200 });
    await batches.at(-1);
    await takenBack(held);
    figures.push(latency(`${name} at ${PER_SECOND}/s`, 'a bare node:http POST with one row committed', found.ours, found.raw, { p99Ms }));
  }
  return figures;
}

async function takenBack(held: readonly Call[]): Promise<void> {
  const client = new Client();
  for (const call of held) await client.call(call);
  client.close();
}

/** What the screens read, in turn. */
export async function reads(stack: LocalStack, approvalId: string, { teamId, goalId }: Original, raw: RawLimits): Promise<Figure> {
  const paths = ['/v1/me', '/v1/teams', `/v1/teams/${teamId}`, `/v1/teams/${teamId}/goals/${goalId}`, `/v1/teams/${teamId}/board`, '/v1/approvals?state=pending', `/v1/approvals/${approvalId}`, `/v1/audit/${teamId}/entries`];
  const authorization = `Bearer ${await stack.token('asha')}`;
  const callsAt = (index: number): Call[] => [{ url: new URL(paths[index % paths.length]!, stack.url), method: 'GET', headers: { authorization }, expected: 200 }];
  const found = await paced(callsAt, { url: new URL(raw.url), method: 'GET', headers: {}, expected: 200 });
  return latency(`/v1 reads at ${PER_SECOND}/s`, 'a bare node:http GET with one row read', found.ours, found.raw, { p99Ms: 50 });
}
