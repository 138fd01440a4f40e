import { until } from '@countersign/testing';
import { expect } from 'expect';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { markOf } from '../../../../scripts/lib/process-lock.mjs';
import { homeOf } from './home.js';
import { sandboxUse } from './sandbox.js';
import { readRecord, RecordKeeper, type StackRecord } from './record.js';

describe('the record of a stack', () => {
  it('that cannot be written ends nothing: it is said once, and written as soon as it can be', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-record-'));
    const home = homeOf(folder, {});
    const said: string[] = [];
    const record: StackRecord = { state: 'ready', supervisor: markOf(process.pid), home: folder, url: '', databaseUrl: '', natsUrl: '', startedAt: '', notes: [], sandbox: sandboxUse(undefined, {}), missing: [], parts: [], health: {} };
    const keeper = new RecordKeeper(home, () => record, (line) => void said.push(line));
    writeFileSync(dirname(home.record), 'in the way');
    keeper.save();
    keeper.save();
    expect(said).toHaveLength(1);
    rmSync(dirname(home.record));
    mkdirSync(dirname(home.record));
    await until('it is written without another change', () => existsSync(home.record));
    expect(readRecord(home)).toMatchObject({ state: 'ready', home: folder });
    keeper.clear();
    expect(existsSync(home.record)).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
