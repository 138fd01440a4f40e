import { describe, it } from 'node:test';

import { expect } from 'expect';

import type { ExportEntry } from './export.js';
import { noteSigner, parseVkey, signNote } from './note.js';
import { claimedHead } from './web-head.js';
import { chain, checkpoint, entryAfter, KEY, OTHER_TEAM, otherPayload, rechained, TEAM, THIEFS_KEY, vkey } from './spec-support/log.js';
import { consistencyProof } from './tree.js';
import { isNews, noteHeads, replyWithout, visit, WITHHELD_MS, WITHHELD_TRIES, type Alarm, type Log, type Memory, type Reply, type ShownBy } from './web.js';

const NOW = new Date('2026-11-29T14:20:00Z');
const entries = chain(40);
const fork = rechained(entries.map((entry) => (entry.seq === 13 ? { ...entry, payload: otherPayload(entry) } : entry)));

/** A server with these entries, which proves what it is asked; it knows the heads of all sizes up to its own. */
class Server implements Log {
  readonly asked: string[] = [];
  constructor(
    private readonly log: readonly ExportEntry[],
    private readonly key = KEY,
    private readonly instead?: Reply<never>,
  ) {}

  head(): Promise<Reply<{ note: string; vkey: string }>> {
    this.asked.push('head');
    return Promise.resolve(this.instead ?? { given: { note: checkpoint(this.log, this.log.length, TEAM, this.key), vkey: vkey(TEAM, this.key) } });
  }

  proof(from: number, to = this.log.length): Promise<Reply<{ note: string; path: readonly string[] }>> {
    this.asked.push(`${from}-${to}`);
    if (this.instead) return Promise.resolve(this.instead);
    if (to > this.log.length) return Promise.resolve({ refused: { code: 'unknown_size' } });
    const path = from >= to ? [] : consistencyProof(({ from: at, to: end }) => (end - at === 1 ? this.log[at]!.entryHash : undefined), from, to);
    return Promise.resolve({ given: { note: checkpoint(this.log, to, TEAM, this.key), path: path.map((hash) => hash.toString('hex')) } });
  }
}

const seen = async (size: number, log = entries): Promise<Memory> => (await visit(undefined, [], new Server(log.slice(0, size)), NOW)).memory!;
const after = async (memory: Memory, server: Log, shown: readonly string[] = []): Promise<Alarm | number> => {
  const { memory: now, unchecked } = await visit(memory, shown, server, NOW);
  expect(unchecked).toBeUndefined();
  return now!.alarm ?? claimedHead(now!.note).size;
};

describe('a device that remembers a chain', () => {
  it('pins key and head at the first sight, and goes on only to what continues them', async () => {
    const first = await seen(12);
    expect(first).toEqual({ vkey: vkey(), note: checkpoint(entries, 12), provenAt: NOW.toISOString(), unproven: [], alarm: null });
    const server = new Server(entries.slice(0, 30));
    expect(await after(first, server)).toBe(30);
    expect(await after(first, server, [checkpoint(entries, 20)])).toBe(20); // proven to what the page showed, without a signature made for it
    expect(server.asked).toEqual(['12-30', '12-20']);
    expect(await after(first, new Server(entries.slice(0, 12)))).toBe(12);
  });

  it('lets no page pass at the first sight that does not fit what it pins there', async () => {
    const server = new Server(entries.slice(0, 30));
    const sight = async (shown: string, log: Log = server) => visit(undefined, [shown], log, NOW);
    expect((await sight(checkpoint(entries, 12))).memory).toMatchObject({ note: checkpoint(entries, 30), unproven: [], alarm: null });
    expect((await sight(checkpoint(entries, 30))).memory).toMatchObject({ note: checkpoint(entries, 30), alarm: null });
    expect(server.asked).toEqual(['head', '30-30', '12-30', 'head']); // what it has just been given is not asked for again
    expect((await sight(checkpoint(fork, 20))).memory!.alarm).toMatchObject({ kind: 'history_rewritten', note: checkpoint(fork, 20) });
    expect((await sight(checkpoint(fork, 30))).memory!.alarm).toMatchObject({ kind: 'forked' });
    expect((await sight(checkpoint(fork, 40))).memory!.alarm).toMatchObject({ kind: 'tail_cut' });
    expect((await sight(checkpoint(entries, 20, TEAM, THIEFS_KEY))).memory!.alarm).toMatchObject({ kind: 'key_changed' });
  });

  it('says that nothing could be checked where the server did not answer, and remembers what it did', async () => {
    const first = await seen(12);
    const away = new Server(entries, KEY, { away: 'the notary is not there' });
    expect(await visit(first, [checkpoint(entries, 20)], away, NOW)).toEqual({ memory: { ...first, unproven: [checkpoint(entries, 20)] }, unchecked: 'the notary is not there' }); // what was shown is to be proven the next time
    expect(await visit(undefined, [], away, NOW)).toEqual({ memory: undefined, unchecked: 'the notary is not there' });
    expect(await visit(undefined, [], new Server(entries, KEY, { refused: { code: 'no_entries' } }), NOW)).toEqual({ memory: undefined, unchecked: 'no_entries' });
    for (const code of ['no_entries', 'no_checkpoint']) expect(await visit(undefined, [checkpoint(entries, 20)], new Server(entries, KEY, { refused: { code } }), NOW)).toEqual({ memory: undefined, unchecked: 'head_withheld' }); // its page shows one
  });

  it('raises an alarm when the server goes on showing its pages and withholds the proof, and counts anew after one that it gave', async () => {
    const first = await seen(12);
    const withholding = new Server(entries, KEY, { withheld: 'malformed_answer' });
    const page = [checkpoint(entries, 20)];
    const at = (ms: number): Date => new Date(NOW.getTime() + ms);
    /** So many visits, the last of them so long after the first. */
    const visits = async (tries: number, lastMs: number, begun: Memory = first, server: Log = withholding, shown = page, by: ShownBy = 'page'): Promise<Memory> => {
      let memory = begun;
      for (let n = 0; n < tries; n++) memory = (await visit(memory, shown, server, at(n === tries - 1 ? lastMs : 0), by)).memory!;
      return memory;
    };
    const nearly = await visits(WITHHELD_TRIES - 1, WITHHELD_MS);
    expect([nearly.alarm, nearly.withheld, nearly.unproven]).toEqual([null, { since: NOW.toISOString(), tries: WITHHELD_TRIES - 1 }, page]);
    expect((await visits(WITHHELD_TRIES * 3, WITHHELD_MS - 1)).alarm).toBeNull();
    const red = await visits(1, WITHHELD_MS, nearly);
    expect(red.alarm).toMatchObject({ kind: 'proof_withheld', seq: 12, toSeq: 19, named: 'by_server', note: first.note, answer: { why: 'malformed_answer', tries: WITHHELD_TRIES, shown: page } });
    // it need not show the head that would give it away: the remembered one, an older one, or none is asked about all the same
    for (const shown of [[], [first.note], [checkpoint(entries, 7)]]) expect((await visits(WITHHELD_TRIES, WITHHELD_MS, first, withholding, shown)).alarm).toMatchObject({ kind: 'proof_withheld', seq: 12, toSeq: 11, note: first.note });
    // a push is asked about for the head that it brought, also while no page is shown; a page that was saved is none of the server's
    const rung = await noteHeads(first, [checkpoint(fork, 30)], NOW);
    expect((await visits(WITHHELD_TRIES, WITHHELD_MS, rung, withholding, [], 'push')).alarm).toMatchObject({ kind: 'proof_withheld', toSeq: 29, answer: { shown: [checkpoint(fork, 30)] } });
    expect((await visits(30, WITHHELD_MS, first, withholding, [], 'push')).withheld).toBeUndefined();
    expect((await visits(30, WITHHELD_MS, rung, withholding, page, 'saved')).withheld).toBeUndefined();
    // one proof, and nothing was withheld; no answer at all is no withholding
    expect((await visits(1, WITHHELD_MS, nearly, new Server(entries))).withheld).toBeUndefined();
    expect((await visits(30, WITHHELD_MS, first, new Server(entries, KEY, { away: 'unreachable' }))).withheld).toBeUndefined();
    // nor may it be away, or know nobody, for the proof alone while it shows its pages
    const signedOut = { status: 401, code: 'unauthenticated', message: 'sign in', details: {} };
    for (const [answer, why] of [['no_answer', 'no_answer'], [signedOut, 'not_let_in']] as const) {
      const server = (live: boolean): Server => new Server(entries, KEY, replyWithout(answer, live));
      expect((await visits(WITHHELD_TRIES, WITHHELD_MS, first, server(true))).alarm).toMatchObject({ kind: 'proof_withheld', answer: { why } });
      expect((await visits(30, WITHHELD_MS, first, server(false))).withheld).toBeUndefined(); // a page that was saved on this device
      expect(await visit(undefined, page, server(true), NOW)).toEqual({ memory: undefined, unchecked: why });
    }
    expect((await visits(1, -1, nearly)).withheld).toEqual({ since: at(-1).toISOString(), tries: 1 }); // the clock was put back
    expect(await visit(undefined, page, withholding, NOW)).toEqual({ memory: undefined, unchecked: 'malformed_answer' });
  });

  it('takes no answer for what it is', () => {
    const no = (status: number, code = 'x', details = {}) => replyWithout({ status, code, message: 'why', details }, true);
    expect([no(403), no(404), no(408), no(429), no(500), no(503)]).toEqual(Array(6).fill({ withheld: 'why' }));
    expect([no(404, 'unknown_size', { size: 3 }), no(409, 'history_rewritten', { seq: 4, toSeq: 9 }), no(400)]).toMatchObject([{ refused: { code: 'unknown_size', size: 3 } }, { refused: { code: 'history_rewritten', seq: 4, toSeq: 9 } }, { refused: { code: 'x' } }]);
    expect([replyWithout('malformed_answer', false), replyWithout('no_answer', false), replyWithout({ status: 401, code: 'x', message: 'why', details: {} }, false)]).toEqual([{ withheld: 'malformed_answer' }, { away: 'unreachable' }, { away: 'signed_out' }]);
  });

  it('does not forget a head that is not continued because many newer ones are shown', async () => {
    const rung = await noteHeads(await seen(12), [checkpoint(fork, 15)], NOW);
    const flooded = await noteHeads(rung, entries.slice(20).map((_, n) => checkpoint(entries, 20 + n)), NOW);
    expect(flooded.unproven[0]).toBe(checkpoint(fork, 15));
    expect(await after(flooded, new Server(entries))).toMatchObject({ kind: 'history_rewritten', note: checkpoint(fork, 15) });
  });

  it('raises an alarm when the end was cut off, also what only a push or a page has shown', async () => {
    const first = await seen(12);
    expect(await after(first, new Server(entries.slice(0, 7)))).toMatchObject({ kind: 'tail_cut', seq: 7, toSeq: 11, named: 'by_proof', note: first.note });
    const rung = await noteHeads(first, [checkpoint(entries, 20)], NOW);
    expect(rung.unproven).toEqual([checkpoint(entries, 20)]);
    expect(await after(rung, new Server(entries.slice(0, 15)))).toMatchObject({ kind: 'tail_cut', seq: 15, toSeq: 19, note: checkpoint(entries, 20) });
    expect(await after(rung, new Server(entries.slice(0, 25)))).toBe(20);
  });

  it('raises an alarm when history was written anew, even by somebody who holds the key', async () => {
    const first = await seen(20);
    expect(await after(first, new Server(fork))).toMatchObject({ kind: 'history_rewritten', seq: 0, toSeq: 19 });
    expect(await after(await seen(12), new Server(fork))).toBe(40); // what it saw is as it was
    const [regrown] = [[...entries.slice(0, 15), entryAfter(entries[14], otherPayload(entries[15]!))]];
    expect(await after(first, new Server(regrown))).toMatchObject({ kind: 'tail_cut', seq: 16, toSeq: 19 });
  });

  it('raises an alarm when two histories are shown: to a page and to a push, or of one size', async () => {
    const first = await seen(12);
    expect(await after(first, new Server(entries), [checkpoint(fork, 30)])).toMatchObject({ kind: 'forked', seq: 12, toSeq: 29 });
    const rung = await noteHeads(first, [checkpoint(fork, 25)], NOW);
    expect(await after(rung, new Server(entries), [checkpoint(entries, 30)])).toMatchObject({ kind: 'history_rewritten', toSeq: 24, note: checkpoint(fork, 25) });
    expect((await noteHeads(await seen(20), [checkpoint(fork, 20)], NOW)).alarm).toMatchObject({ kind: 'forked', note: checkpoint(entries, 20), toSeq: 19 });
    expect((await noteHeads(rung, [checkpoint(entries, 25)], NOW)).alarm).toMatchObject({ kind: 'forked', note: checkpoint(fork, 25) });
  });

  it('raises an alarm at another key and at a head that nobody signed', async () => {
    const first = await seen(12);
    expect(await after(first, new Server(entries, THIEFS_KEY))).toMatchObject({ kind: 'key_changed', seq: 0, toSeq: 11 });
    expect(await after(first, new Server(entries), [checkpoint(entries, 20, TEAM, THIEFS_KEY)])).toMatchObject({ kind: 'key_changed' });
    const forged = checkpoint(entries, 20).replace(/\n20\n/, '\n21\n');
    expect(await after(first, new Server(entries), [forged])).toMatchObject({ kind: 'not_signed', answer: { note: forged } });
    const [text = ''] = checkpoint(entries, 20, OTHER_TEAM).split('\n\n');
    expect(await after(first, new Server(entries), [signNote(`${text}\n`, [noteSigner(parseVkey(vkey()).name, KEY)])])).toMatchObject({ kind: 'not_signed' }); // another team's
  });

  it('raises an alarm when the proof is refused, with the place that the server names as far as it can be one', async () => {
    const first = await seen(12);
    const refused = (refused: object) => after(first, new Server(entries, KEY, { refused: refused as { code: string } }));
    expect(await refused({ code: 'history_rewritten', seq: 4, toSeq: 9 })).toMatchObject({ kind: 'history_rewritten', seq: 4, toSeq: 9, named: 'by_server', answer: { code: 'history_rewritten' } });
    expect(await refused({ code: 'history_rewritten', seq: 500 })).toMatchObject({ seq: 0, toSeq: 11 });
    expect(await refused({ code: 'head_beyond_chain', size: 5 })).toMatchObject({ kind: 'tail_cut', seq: 5, toSeq: 11 });
    expect(await refused({ code: 'no_checkpoint' })).toMatchObject({ kind: 'tail_cut', seq: 0 });
    expect(await refused({ code: 'head_store_behind' })).toMatchObject({ kind: 'proof_refused', seq: 0, toSeq: 11 });
  });

  it('keeps an alarm and what it remembered, whatever is shown afterwards', async () => {
    const { memory } = await visit(await seen(12), [], new Server(entries.slice(0, 7)), NOW);
    const server = new Server(entries);
    expect(await visit(memory, [checkpoint(entries, 30)], server, NOW)).toEqual({ memory });
    expect([memory!.note, server.asked]).toEqual([checkpoint(entries, 12), []]);
  });

  it('takes a page for news only where it shows more than is remembered', async () => {
    const first = await seen(12);
    expect([isNews(undefined, null), isNews(first, null), isNews({ ...first, alarm: {} as Alarm }, null)]).toEqual([false, true, false]); // where one is remembered, a page without a head leaves it out
    expect([isNews(undefined, ''), isNews(first, checkpoint(entries, 12)), isNews(first, checkpoint(entries, 9)), isNews(first, checkpoint(entries, 13)), isNews(first, checkpoint(fork, 12, TEAM, THIEFS_KEY)), isNews(first, 'no note')]).toEqual([true, false, false, true, true, true]);
  });
});
