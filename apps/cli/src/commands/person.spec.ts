import { describe, it, mock } from 'node:test';
import { expect } from 'expect';
import { runCommand } from './index.js';

/** As a person types it, with no stack anywhere: exit code, and what the terminal says beside data. */
async function add(...words: string[]): Promise<{ code: number; said: string }> {
  const said = mock.method(process.stderr, 'write', () => true);
  try {
    const code = await runCommand(['person', 'add', ...words]);
    return { code, said: said.mock.calls.map(({ arguments: [line] }) => String(line)).join('') };
  } finally {
    said.mock.restore();
  }
}
const governor = ['--issuer', 'https://id.example.test', '--subject', 's-1', '--login', 'nia', '--role', 'customer_governor'];
const staff = [...governor.slice(0, -1), 'operator'];

describe('person add', () => {
  it('says which flag is wrong, in the words of the terminal and before anything is sent', async () => {
    for (const [words, flag] of [
      [governor, '--customer ID, or --new-customer'],
      [[...governor, '--customer', 'c', '--new-customer', 'Nimbus'], '--customer is a customer that is known, --new-customer a new one'],
      [[...staff, '--new-customer', 'Nimbus'], '--customer and --new-customer are for the role customer_governor'],
      [[...governor, '--role', 'customer_governor,operator', '--new-customer', 'Nimbus'], '--role: nobody is of a customer and of the platform'],
      [[...staff, '--issuer', 'http://id.example.test'], '--issuer is the https address'],
    ] as const) {
      const { code, said } = await add(...words);
      expect([flag, code, said]).toEqual([flag, 2, expect.stringContaining(flag)]);
      expect(said).not.toMatch(/customerId|newCustomer/);
    }
  });
});
