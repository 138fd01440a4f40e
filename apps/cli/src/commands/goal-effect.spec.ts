import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readCall } from './command.js';
import { goal } from './goal.js';
import { effectSaid } from './goal-effect.js';

describe('what a command line says becomes of a goal', () => {
  const said = (...words: string[]) => effectSaid(readCall(goal.submit, ['--team', 'T', 'text', ...words], []));

  it('is nothing, a kind, or a kind with its members', () => {
    expect([said(), said('--effect', 'file.publish')]).toEqual([undefined, { kind: 'file.publish' }]);
    expect(said('--effect', 'http.post', '--post-to', 'https://hooks.chai.example/', '--body', 'a.json', '--content-type', 'text/plain')).toEqual({ kind: 'http.post', url: 'https://hooks.chai.example/', body: 'a.json', contentType: 'text/plain' });
    expect(said('--effect', 'email.send', '--to', 'a@x.example, b@x.example', '--subject', 'S', '--body', 'a.md', '--attach', 'b.csv')).toEqual({ kind: 'email.send', to: ['a@x.example', 'b@x.example'], subject: 'S', body: 'a.md', attachments: ['b.csv'] });
  });

  it('is a usage error without a kind, or with one that is none', () => {
    expect(() => said('--to', 'a@x.example')).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => said('--effect', 'sms.send')).toThrow(/not "sms.send"/);
  });
});
