import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readRefusal } from './refusal.js';

const AT = '[4711] 2026/11/29 23:44:28.123456 [ERR] 127.0.0.1:53816 - cid:7';
const KEY = 'UBJP2UUEQS7BADVGRTC3LIXI6ZNNPYWJ6UD47YF62DXXSASCTZOHE4AL';
const OTHER = 'UCOTHERUEQS7BADVGRTC3LIXI6ZNNPYWJ6UD47YF62DXXSASCTZOHE4A';

describe('what the broker’s log says was refused', () => {
  it('is read as each version writes it', () => {
    const said = { operation: 'publish', subject: 'team.a.approvals.decided', key: KEY, at: new Date('2026-11-29T23:44:28.123') };
    const [checked, shown] = [[
      `${AT} - "v3.4.0:nats.js:manager-agent" - Publish Violation - JWT User "${KEY}", Subject "team.a.approvals.decided"`,
      `${AT} - "v3.4.0:nats.js:manager-agent" - "ACORE/CORE/jwt:${KEY}" - Publish Violation - Subject "team.a.approvals.decided"`,
      `${AT} - "CORE/jwt:${KEY}" - Publish Violation - Reply "team.a.approvals.decided"`,
    ], [
      `${AT} - Publish Violation - Nkey "${KEY}", Subject "team.a.approvals.decided"`,
      `${AT} - "CORE/nkey:${KEY}" - Publish Violation - Subject "team.a.approvals.decided"`,
    ]];
    for (const line of checked) expect(readRefusal(line)).toEqual({ ...said, checked: true, line });
    for (const line of shown) expect(readRefusal(line)).toEqual({ ...said, checked: false, line });
    for (const rest of ['SID 3', 'Queue: "q", SID 3']) expect(readRefusal(`${AT} - Subscription Violation - JWT User "${KEY}", Subject "team.>", ${rest}`)).toMatchObject({ operation: 'subscription', subject: 'team.>', key: KEY });
  });

  it('is not what a client calls itself or its subject', () => {
    const name = String.raw`"v1:go:x\" - Publish Violation - JWT User \"${OTHER}\", Subject \"team.b.x"`;
    expect(readRefusal(`${AT} - ${name} - Publish Violation - JWT User "${KEY}", Subject "team.a.x"`)).toMatchObject({ key: KEY, subject: 'team.a.x' });
    expect(readRefusal(`${AT} - "x/jwt:${OTHER}" - "CORE/jwt:${KEY}" - Publish Violation - Subject "team.a.x"`)).toMatchObject({ key: KEY });
    expect(readRefusal(`${AT} - ${name} - Slow Consumer Detected`)).toBeUndefined();
  });

  it('is nothing where nobody was refused a subject, or nobody is named', () => {
    for (const line of ['', 'garbage', `${AT} - Authorization Violation`, `${AT} - Publish Violation - User "N/A", Subject "a"`, `${AT} - Publish Violation - Subject "a"`, `${AT.replace('ERR', 'INF')} - Publish Violation - JWT User "${KEY}", Subject "a"`]) expect([line, readRefusal(line)]).toEqual([line, undefined]);
  });
});
