import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { AppError } from '@countersign/contracts';
import { expect } from 'expect';

import { openCheckpoint } from './checkpoint.js';
import { noteSigner, parseVkey, signNote } from './note.js';
import { chain, checkpoint, headOf, KEY, OTHER_TEAM, otherPayload, rechained, TEAM, THIEFS_KEY, vkey } from './spec-support/log.js';
import { consistencyProof } from './tree.js';
import { compareWithRemembered, openWebHead, type Head } from './web.js';

const SIZE = 21;
const entries = chain(SIZE);
const plain = (head: Head | undefined) => head && { size: head.size, root: Buffer.from(head.root).toString('hex') };

/** What Node's rule says of the same note. */
function reference(note: string, key: string): Head | undefined {
  try {
    return openCheckpoint(note, parseVkey(key));
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

describe('a signed head in a browser', () => {
  it('is read where the key of its log signed it, and nowhere else', async () => {
    const note = checkpoint(entries, SIZE);
    expect(plain(await openWebHead(note, vkey()))).toEqual(plain(headOf(entries)));
    for (const key of [vkey(OTHER_TEAM), vkey(TEAM, THIEFS_KEY), vkey().replace('+', '-'), '', vkey().slice(0, -4)]) expect(await openWebHead(note, key)).toBeUndefined();
    for (const other of [checkpoint(entries, SIZE, TEAM, THIEFS_KEY), checkpoint(entries, SIZE, OTHER_TEAM), '', '\n\n', note.trimEnd(), `${note}\n`]) expect(await openWebHead(other, vkey())).toBeUndefined();
  });

  it("of another log is refused although the key signed it under this one's name", async () => {
    const [text = ''] = checkpoint(entries, SIZE, OTHER_TEAM).split('\n\n');
    const note = signNote(`${text}\n`, [noteSigner(parseVkey(vkey()).name, KEY)]);
    expect([await openWebHead(note, vkey()), reference(note, vkey())]).toEqual([undefined, undefined]);
  });

  it('is refused with any byte altered, as by the rule of Node', async () => {
    const genuine = Buffer.from(checkpoint(entries, SIZE));
    for (let at = 0; at < genuine.length; at += 1) {
      const altered = Buffer.from(genuine);
      altered[at]! ^= 1 << (at % 8);
      const note = altered.toString('utf8');
      expect([at, await openWebHead(note, vkey()), reference(note, vkey())]).toEqual([at, undefined, undefined]);
    }
  });

  it('is read under signatures of others, too, as by the rule of Node', async () => {
    const [text = ''] = checkpoint(entries, SIZE).split('\n\n');
    const signers = [noteSigner('witness.example', THIEFS_KEY), noteSigner(parseVkey(vkey()).name, KEY)];
    for (const order of [signers, signers.toReversed()]) {
      const note = signNote(`${text}\n`, order);
      expect(plain(await openWebHead(note, vkey()))).toEqual(plain(reference(note, vkey())));
      expect(await openWebHead(note, vkey())).toBeDefined();
    }
  });

  it('needs nothing that a browser has not, as all that is served to one', () => {
    const seen = new Set<string>();
    const follow = (file: URL): void => {
      if (seen.has(file.href)) return;
      seen.add(file.href);
      const source = readFileSync(file, 'utf8');
      expect([file.pathname, source.match(/\bBuffer\b|\bprocess\.|node:/g)]).toEqual([file.pathname, null]);
      for (const [, from = ''] of source.matchAll(/from '([^']+)'/g)) follow(new URL(from.startsWith('.') ? new URL(from, file) : import.meta.resolve(from)));
    };
    follow(new URL('./web.js', import.meta.url));
    expect(seen.size).toBeGreaterThan(10);
  });
});

describe('a phone that remembers a head', () => {
  const answer = (log = entries, from = 8, note = checkpoint(log, log.length)) => ({ note, path: from > log.length ? [] : consistencyProof(({ from: at, to }) => (to - at === 1 ? log[at]!.entryHash : undefined), from, log.length).map((hash) => hash.toString('hex')) });
  const remembered = headOf(entries.slice(0, 8));

  it('goes on to the newer one where the chain kept its beginning', async () => {
    const seen = await compareWithRemembered(remembered, answer(), vkey());
    expect(seen).toMatchObject({ verdict: 'kept', now: { size: SIZE } });
    expect(await compareWithRemembered(headOf(entries), answer(entries, SIZE), vkey())).toMatchObject({ verdict: 'kept' });
  });

  it('is not taken in by a fork signed with the key, a cut tail, another key or a path that leads nowhere', async () => {
    const fork = rechained(entries.map((entry) => (entry.seq === 3 ? { ...entry, payload: otherPayload(entry) } : entry)));
    expect(await compareWithRemembered(remembered, answer(fork), vkey())).toMatchObject({ verdict: 'history_rewritten' });
    expect(await compareWithRemembered(headOf(entries), answer(entries.slice(0, 9), SIZE), vkey())).toMatchObject({ verdict: 'tail_cut', now: { size: 9 } });
    expect(await compareWithRemembered(remembered, answer(fork, 8, checkpoint(fork, SIZE, TEAM, THIEFS_KEY)), vkey())).toEqual({ verdict: 'not_signed' });
    const { note, path } = answer();
    for (const wrong of [[], path.slice(1), path.with(0, 'x'), path.with(0, path[0]!.toUpperCase()), path.toReversed()]) expect(await compareWithRemembered(remembered, { note, path: wrong }, vkey())).toMatchObject({ verdict: 'history_rewritten' });
  });
});
