import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { removeTree } from './remove-tree.js';

describe('a directory that untrusted code has written to', () => {
  it('is removed also where it is deeper than a path can name, and closed at its end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-deep-'));
    const name = 'd'.repeat(200);
    execFileSync('/bin/sh', ['-c', `cd "$1"; n=0; while [ $n -lt 30 ]; do mkdir ${name} && cd -P ./${name} || exit 1; n=$((n+1)); done; touch x; chmod 000 .`, 'sh', folder]);
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });
});
