import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { HostMail, type Carried, type Delivered, type Mail } from './host-mail.js';

const message = (id: string, more: Partial<Delivered> = {}): Delivered => ({ id, type: 'message', from: 'user', content: `words of ${id}`, summary: '', at: '2026-01-02T03:04:05.000Z', ...more });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('the inbox of one agent, whatever its port does', () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  before(() => process.on('unhandledRejection', note));
  after(() => process.off('unhandledRejection', note));

  it('takes a port that throws as one that could not be asked: it says so, ends nothing, and says again what was not heard', async () => {
    const said: Carried[] = [];
    const troubles: unknown[] = [];
    const answers: (Mail | Error)[] = [new Error('no database'), { messages: [message('m1')], interrupts: [] }, new Error('no space left'), new Error('no line'), { messages: [], interrupts: [] }];
    const mail = new HostMail((carried) => {
      said.push(carried);
      const answer = answers.shift()!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    }, (error) => void troubles.push(error), true);
    await mail.look();
    expect(mail.carry()).toEqual({});
    mail.written(); // the next beat
    await mail.look();
    expect(mail.carry().inbox?.map(({ message_id: id }) => id)).toEqual(['m1']);
    await turn();
    mail.noteRead(['m1']);
    await turn();
    await mail.say();
    expect([unhandled, troubles.map((error) => (error as Error).message)]).toEqual([[], ['no database', 'no space left', 'no line']]);
    expect(said.slice(2)).toEqual([{ delivered: ['m1'], read: [] }, { delivered: ['m1'], read: ['m1'] }, { delivered: ['m1'], read: ['m1'] }]);
  });
});
