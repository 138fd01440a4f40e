import { commands, messages, SERVICES } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { allowList, consumedBy } from './allow-list.js';
import { durableOf, USERS } from './names.js';

describe('the allow-list of a service', () => {
  it('lets exactly one service write each subject', () => {
    for (const message of messages()) {
      const filter = message.subject.replaceAll(/\{\w+\}/g, '*');
      expect(USERS.filter((user) => allowList(user).publish.includes(filter))).toEqual([message.author]);
    }
  });

  it('lets exactly one service call each command and one answer it', () => {
    for (const { service, verb, caller } of commands()) {
      const subject = `cmd.${service}.${verb}`;
      expect(USERS.filter((user) => allowList(user).publish.includes(subject))).toEqual([caller]);
      expect(USERS.filter((user) => allowList(user).subscribe.includes(subject))).toEqual([service]);
    }
  });

  it('has a wildcard only for ids, for replies below an inbox and for acknowledgements', () => {
    for (const user of SERVICES) {
      const wide = allowList(user).publish.filter((subject) => /[*>]/.test(subject));
      for (const subject of wide) expect(subject).toMatch(/^(team\.\*\.\w+\.\w+(\.\*)?|_INBOX_[\w-]+\.[\w-]+\.>|\$JS\.ACK\.TEAM\.[\w-]+\.>|\$JS\.API\.CONSUMER\.CREATE\.TEAM\.[\w-]+\.team\.\*\.\w+\.\w+(\.\*)?)$/);
      expect(allowList(user).subscribe.filter((subject) => /[*>]/.test(subject))).toEqual([`_INBOX_${user}.>`]);
    }
  });

  it('names a durable of its own for every message it consumes, one token long', () => {
    for (const service of SERVICES) {
      for (const message of consumedBy(service)) {
        expect(durableOf(service, message)).toMatch(/^[\w-]+$/);
        expect(allowList(service).publish).toContain(`$JS.API.CONSUMER.MSG.NEXT.TEAM.${durableOf(service, message)}`);
      }
    }
  });
});
