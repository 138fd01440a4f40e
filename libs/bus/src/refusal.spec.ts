import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readRefusal } from './refusal.js';

const AT = '[4711] 2026/11/29 23:44:28.123456 [ERR] 127.0.0.1:53816 - cid:7';
const KEY = 'UBJP2UUEQS7BADVGRTC3LIXI6ZNNPYWJ6UD47YF62DXXSASCTZOHE4AL';
const OTHER = 'UCOTHERUEQS7BADVGRTC3LIXI6ZNNPYWJ6UD47YF62DXXSASCTZOHE4A';

describe('what the broker’s log says was refused', () => {
  it('is read as each version writes it, in UTC, with the key that the server has checked', () => {
    const said = { operation: 'publish', subject: 'team.a.approvals.decided', key: KEY, at: new Date('2026-11-29T23:44:28.123Z') };
    for (const line of [
      `${AT} - "v3.4.0:nats.js:manager-agent" - Publish Violation - JWT User "${KEY}", Subject "team.a.approvals.decided"`,
      `${AT} - "v3.4.0:nats.js:manager-agent" - "ACORE/CORE/jwt:${KEY}" - Publish Violation - Subject "team.a.approvals.decided"`,
      `${AT} - "CORE/jwt:${KEY}" - Publish Violation - Reply "team.a.approvals.decided"`,
    ]) expect(readRefusal(line)).toEqual({ ...said, line });
    for (const rest of ['SID 3', 'Queue: "q", SID 3']) expect(readRefusal(`${AT} - Subscription Violation - JWT User "${KEY}", Subject "team.>", ${rest}`)).toMatchObject({ operation: 'subscription', subject: 'team.>', key: KEY });
  });

  it('is somebody’s who hides where a client shows anything beside its JWT, which the server names unchecked', () => {
    const shown = [
      `Publish Violation - Nkey "${KEY}", Subject "team.a.x"`, `Publish Violation - User "x", Subject "team.a.x"`, `Publish Violation - User "${KEY}", Subject "team.a.x"`, `Publish Violation - User "N/A", Subject "team.a.x"`, `Publish Violation - Token "[REDACTED]", Subject "team.a.x"`, `Publish Violation - Subject "team.a.x"`,
      ...[`nkey:${KEY}`, 'user:x', `user:CORE/jwt:${KEY}`, `user:A/CORE/jwt:${KEY}`, 'token'].map((who) => `"v3:x" - "ACORE/CORE/${who}" - Publish Violation - Subject "team.a.x"`),
    ];
    for (const words of shown) expect([words, readRefusal(`${AT} - ${words}`)]).toMatchObject([words, { operation: 'publish', subject: 'team.a.x', key: undefined }]);
  });

  it('is not what a client calls itself or its subject', () => {
    const name = String.raw`"v1:go:x\" - Publish Violation - JWT User \"${OTHER}\", Subject \"team.b.x"`;
    expect(readRefusal(`${AT} - ${name} - Publish Violation - JWT User "${KEY}", Subject "team.a.x"`)).toMatchObject({ key: KEY, subject: 'team.a.x' });
    expect(readRefusal(`${AT} - "x/jwt:${OTHER}" - "CORE/jwt:${KEY}" - Publish Violation - Subject "team.a.x"`)).toMatchObject({ key: KEY });
    expect(readRefusal(`${AT} - ${name} - Slow Consumer Detected`)).toBeUndefined();
  });

  it('is nobody’s where a client’s name was taken for a format, and never whose the line says', () => {
    for (const words of [
      String.raw`"v1:js:JWT User \"${KEY}\"" - Publish Violation - team.a.x, Subject %!q(MISSING)`,
      `"v1:js:" - Publish Violation - JWT User "${OTHER}", Subject "team.b.x", %" - Publish Violation - JWT User "${KEY}", Subject "\\""`,
      `"v1:js:"" - Publish Violation - %!s(BADINDEX), Subject %!q(BADINDEX)`,
      `"v1:js:"%" - Publish Violation - JWT User "${KEY}", Subject "\\"x"`, // the quotes do not add up: it would be nothing at all
    ]) expect([words, readRefusal(`${AT} - ${words}`)]).toMatchObject([words, { operation: 'publish', subject: undefined, key: undefined }]);
    const more = `Publish Violation - JWT User "${OTHER}", Subject "team.b.x", x" - Publish Violation - JWT User "${KEY}", Subject "a"`;
    expect(readRefusal(`${AT} - ${more}`)).toMatchObject({ subject: undefined, key: undefined });
  });

  it('is nothing where nobody was refused a subject', () => {
    for (const line of ['', 'garbage', `${AT} - Authorization Violation`, `${AT.replace('ERR', 'INF')} - Publish Violation - JWT User "${KEY}", Subject "a"`]) expect([line, readRefusal(line)]).toEqual([line, undefined]);
  });
});
