import { describe, it } from 'node:test';

import { expect } from 'expect';

import { openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { BadSignatureError, MalformedKeyError, MalformedNoteError, UnknownKeyError } from './errors.js';
import { noteSigner, openNote, parseVkey, privateKeyOfSeed, signNote, vkeyOf } from './note.js';
import { originOf, teamOfOrigin } from './origin.js';
import { TEAM } from './spec-support/log.js';
import { EMPTY_ROOT } from './tree.js';

// Vectors published with golang.org/x/mod/sumdb/note, the format's first implementation (C2SP signed-note describes it).
const PETER_VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const ENOCH_VKEY = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_SIG = '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH_SIG = '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

const peter = parseVkey(PETER_VKEY);
const enoch = parseVkey(ENOCH_VKEY);
const peterSigner = noteSigner('PeterNeumann', privateKeyOfSeed(PETER_SEED));

describe('a signed note', () => {
  it('has the bytes of the published vector', () => {
    expect(signNote(TEXT, [peterSigner])).toBe(`${TEXT}\n${PETER_SIG}`);
    expect(vkeyOf(peterSigner)).toBe(PETER_VKEY);
  });

  it('opens with any one known key and ignores the signatures of strangers', () => {
    const note = `${TEXT}\n${PETER_SIG}${ENOCH_SIG}`;
    expect(openNote(note, [peter])).toEqual({ text: TEXT, verifiedBy: ['PeterNeumann+c74f20a3'] });
    expect(openNote(note, [peter, enoch]).verifiedBy).toEqual(['PeterNeumann+c74f20a3', 'EnochRoot+af0cfe78']);
    expect(() => openNote(note, [])).toThrow(UnknownKeyError);
    expect(openNote(`${TEXT}\n${ENOCH_SIG.replace('— EnochRoot', '— Someone')}${PETER_SIG}`, [peter, enoch]).verifiedBy).toEqual(['PeterNeumann+c74f20a3']);
  });

  it('is rejected as a whole when a known key did not sign this text', () => {
    expect(() => openNote(`${TEXT.replace('answer', 'question')}\n${PETER_SIG}`, [peter])).toThrow(BadSignatureError);
    const bent = `${PETER_SIG.slice(0, 60)}ABCD${PETER_SIG.slice(60)}`;
    expect(() => openNote(`${TEXT}\n${bent}`, [peter])).toThrow(BadSignatureError);
    expect(() => openNote(`${TEXT}\n${ENOCH_SIG}${bent}`, [peter, enoch])).toThrow(BadSignatureError);
  });

  it('is malformed in every way the published vectors list', () => {
    const malformed = [
      TEXT,
      `${TEXT}\n`,
      `${TEXT}\n${PETER_SIG.slice(0, -1)}`,
      `\u0001${TEXT}\n${PETER_SIG}`,
      `\ud800${TEXT}\n${PETER_SIG}`,
      `${TEXT}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=`,
      `${TEXT}\n${PETER_SIG}Unexpected line.\n`,
      `${TEXT}\n${PETER_SIG.repeat(101)}`,
    ];
    for (const note of malformed) expect(() => openNote(note, [peter])).toThrow(MalformedNoteError);
    expect(() => signNote('no newline at the end', [peterSigner])).toThrow(MalformedNoteError);
    expect(() => signNote(TEXT, [])).toThrow(MalformedNoteError);
  });

  it('knows a key string that was cut, bent, or names another algorithm', () => {
    for (let from = 0; from <= PETER_VKEY.length; from += 1)
      for (let to = from + 1; to <= PETER_VKEY.length; to += 1) if (from !== 0 || to !== PETER_VKEY.length) expect(() => parseVkey(PETER_VKEY.slice(from, to))).toThrow(MalformedKeyError);
    for (let at = 0; at < PETER_VKEY.length; at += 1) {
      const bent = PETER_VKEY.slice(0, at) + String.fromCharCode(PETER_VKEY.charCodeAt(at) + 1) + PETER_VKEY.slice(at + 1);
      expect(() => parseVkey(bent)).toThrow(MalformedKeyError);
    }
    expect(() => parseVkey('PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==')).toThrow(MalformedKeyError);
    expect(() => parseVkey('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')).toThrow(MalformedKeyError);
  });

  it('carries one key under many names, each with an id of its own', () => {
    const [one, two] = ['log/one', 'log/two'].map((name) => noteSigner(name, privateKeyOfSeed(PETER_SEED)));
    expect(one!.keyId).not.toBe(two!.keyId);
    expect(() => openNote(signNote(TEXT, [one!]), [two!])).toThrow(UnknownKeyError);
    expect(() => noteSigner('with space', privateKeyOfSeed(PETER_SEED))).toThrow(MalformedKeyError);
  });
});

describe('a checkpoint', () => {
  const origin = originOf('test', TEAM);
  const signer = noteSigner(origin, privateKeyOfSeed(PETER_SEED));

  it('reads the example of the C2SP page', () => {
    const example = parseCheckpoint('example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n');
    expect(example).toEqual({ origin: 'example.com/behind-the-sofa', size: 20_852_163, root: Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64') });
  });

  it('says the log, its size and its root, and nothing else', () => {
    const note = signCheckpoint({ size: 0, root: EMPTY_ROOT }, signer);
    expect(note.split('\n').slice(0, 4)).toEqual([origin, '0', EMPTY_ROOT.toString('base64'), '']);
    expect(openCheckpoint(note, signer)).toEqual({ origin, size: 0, root: EMPTY_ROOT });
    expect(teamOfOrigin(origin)).toBe(TEAM);
    expect(teamOfOrigin('example.com/log')).toBeUndefined();
  });

  it('is refused with a leading zero, a short root, a fourth line, or under the name of another log', () => {
    const root = EMPTY_ROOT.toString('base64');
    for (const text of [`${origin}\n01\n${root}\n`, `${origin}\n-1\n${root}\n`, `${origin}\n1\n${root.slice(4)}\n`, `${origin}\n1\n${root}\nmore\n`, `\n1\n${root}\n`, `${origin}\n1\n${root}`, `${origin}\n1\n${root.replace('=', '')}\n`])
      expect(() => parseCheckpoint(text)).toThrow(MalformedNoteError);
    const elsewhere = signNote(`example.com/other\n0\n${root}\n`, [signer]);
    expect(() => openCheckpoint(elsewhere, signer)).toThrow(MalformedNoteError);
  });
});
