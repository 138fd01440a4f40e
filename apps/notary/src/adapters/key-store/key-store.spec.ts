import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { expect } from 'expect';

import { SigningKeyError } from '../../errors.js';
import { openSigningKey } from './key-store.js';

const directory = mkdtempSync(join(tmpdir(), 'key-'));
after(() => rmSync(directory, { recursive: true }));
let homes = 0;
const newFile = (): string => join(directory, String((homes += 1)), 'signing-key.json');
const pem = (file: string) => openSigningKey(file, undefined, false).privateKey.export({ format: 'pem', type: 'pkcs8' });

describe('the signing key', () => {
  it('is made once, readable by its owner only, and found again', () => {
    const file = newFile();
    const made = openSigningKey(file, 'test', true);
    expect(made.env).toBe('test');
    expect(made.privateKey.asymmetricKeyType).toBe('ed25519');
    expect(statSync(file).mode & 0o777).toBe(0o400);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(file, '..'))).toEqual(['signing-key.json']);
    expect(pem(file)).toBe(made.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    expect(openSigningKey(file, undefined, true).env).toBe('test');
    expect(openSigningKey(newFile(), undefined, true).env).toBe('local');
  });

  it('is never replaced by a new one when heads were signed with the old one', () => {
    expect(() => openSigningKey(newFile(), undefined, false)).toThrow(SigningKeyError);
  });

  it('is not used when others can read it, or for another environment', () => {
    const file = newFile();
    openSigningKey(file, 'test', true);
    expect(() => openSigningKey(file, 'prod', false)).toThrow(SigningKeyError);
    expect(() => openSigningKey(newFile(), 'two words', true)).toThrow(SigningKeyError);
    chmodSync(file, 0o440);
    expect(() => openSigningKey(file, 'test', false)).toThrow(SigningKeyError);
  });
});
