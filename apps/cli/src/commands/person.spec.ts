import { after, before, describe, it, mock } from 'node:test';
import { expect } from 'expect';
import { StandInGateway, type StandInWord } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';

/** As a person types it: exit code, and what the terminal says beside data. */
async function person(...words: string[]): Promise<{ code: number; said: string }> {
  const [out, said] = [mock.method(console, 'log', () => undefined), mock.method(process.stderr, 'write', () => true)];
  try {
    const code = await runCommand(['person', ...words]);
    return { code, said: said.mock.calls.map(({ arguments: [line] }) => String(line)).join('') };
  } finally {
    out.mock.restore();
    said.mock.restore();
  }
}
/** With no stack anywhere. */
const add = (...words: string[]): Promise<{ code: number; said: string }> => person('add', ...words);
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

describe('person erase', () => {
  const NIA = '0190a000-0000-7000-8000-0000000000f1';
  let gateway: StandInGateway;
  let known = true;
  const asked: string[] = [];
  before(async () => {
    gateway = await StandInGateway.start((method, { pathname }): StandInWord => {
      if (pathname === '/v1/me') return { body: { id: 'p', roles: ['platform_governor'], teams: [] } };
      if (pathname === '/v1/people') return { body: { items: known ? [{ id: NIA, login: 'nia', roles: [], customer: null, issuer: null, subject: null }] : [], nextCursor: null } };
      asked.push(`${method} ${pathname}`);
      return { body: { id: NIA, values: 3, chains: 2, devices: 1 } };
    });
  });
  after(() => gateway.stop());

  it('says by which id it is asked for again should it end early, when there is no login any more', async () => {
    const erase = (who: string): Promise<{ code: number; said: string }> => person('erase', who, '--reason', 'asked for it', '--url', gateway.url);
    expect(await erase('nia')).toEqual({ code: 0, said: expect.stringContaining(`erasing ${NIA}: should it end early`) });
    known = false;
    expect(await erase(NIA)).toEqual({ code: 0, said: expect.not.stringContaining('erasing') });
    expect(asked).toEqual([`POST /v1/people/${NIA}/erase`, `POST /v1/people/${NIA}/erase`]);
    expect((await erase('nia')).code).toBe(2);
  });
});
