import { expect } from 'expect';
import { describe, it } from 'node:test';
import { isPublicAddress } from './addresses.js';
import type { EmailSendEffect, HttpPostEffect, OutgoingEffect } from './effects.js';
import { egressSchema, outletsOf, type EgressFile } from './files/egress.js';
import { InvalidFileError } from './files/invalid-file.js';
import { readYaml } from './files/read-yaml.js';
import { faultOf, isHookUrl, isMailAddress, isMediaType, isSubject, outletFor, refuseOutgoing } from './outgoing.js';

const CHAI = '0190a000-0000-7000-8000-000000000001';
const BOREALIS = '0190a000-0000-7000-8000-000000000002';
const file: EgressFile = {
  customers: [
    { customer: CHAI, http: [{ host: 'hooks.chai.example', secret: 'chai' }, { host: 'ci.chai.example:8443', secret: 'ci' }], email: { from: 'reports@chai.example', domains: ['chai.example', 'partner.example'] } },
    { customer: '*', http: [{ host: 'hooks.shared.example', secret: 'shared' }] },
  ],
};
const post = (over: Partial<HttpPostEffect> = {}): HttpPostEffect => ({ kind: 'http.post', url: 'https://hooks.chai.example/in', contentType: 'application/json', body: 'out/report.json', ...over });
const mail = (over: Partial<EmailSendEffect> = {}): EmailSendEffect => ({ kind: 'email.send', from: 'reports@chai.example', to: ['asha@chai.example'], cc: [], subject: 'This week', body: 'out/report.md', attachments: [], ...over });

describe('a webhook’s address', () => {
  for (const url of ['https://hooks.chai.example/', 'https://hooks.chai.example:8443/in?x=1', 'https://xn--bcher-kva.example/', 'https://a.b.c.example/a%20b']) it(`may be ${url}`, () => expect(isHookUrl(url)).toBe(true));
  for (const url of [
    '', 'hooks.chai.example', '//hooks.chai.example/', 'http://hooks.chai.example/', 'ftp://hooks.chai.example/', 'javascript:alert(1)', 'https:hooks.chai.example/', 'https:/hooks.chai.example/', 'https://hooks.chai.example',
    'HTTPS://hooks.chai.example/', 'https://HOOKS.chai.example/', 'https://hooks.chai.example./', 'https://hooks.chai.example:443/', 'https://hooks.chai.example:0443/', 'https://user@hooks.chai.example/', 'https://@hooks.chai.example/', 'https://user:pass@hooks.chai.example/',
    'https://hooks.chai.example@evil.example/', 'https://hooks.chai.example\\@evil.example/', 'https://hooks.chai.example/#x', 'https://hooks.chai.example/#', 'https://hooks.chai.example/a b', 'https://hooks.chai.example/\r\nX: y', 'https://hooks.chai.example/\tx', ' https://hooks.chai.example/', 'https://hooks.chai.example/../x',
    'https://localhost/', 'https://hooks/', 'https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/', 'https://10.0.0.8/', 'https://169.254.169.254/latest/', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/', 'https://[fe80::1]/', 'https://93.184.215.14/',
    'https://bücher.example/', 'https://hooks。chai。example/', 'https://hooks.chai.example%2eevil.example/', 'https://hooks_.chai.example/', 'https://-x.example/', 'https://a..example/', `https://hooks.chai.example/${'x'.repeat(1000)}`,
  ])
    it(`may not be ${JSON.stringify(url).slice(0, 80)}`, () => expect(isHookUrl(url)).toBe(false));
});

describe('a recipient', () => {
  for (const address of ['asha@chai.example', 'a.b+c@chai.example', "o'neil@x-y.example"]) it(`may be ${address}`, () => expect(isMailAddress(address)).toBe(true));
  for (const address of [
    '', 'asha', '@chai.example', 'asha@', 'asha@chai', 'asha@localhost', 'asha@Chai.example', 'asha@chai.example.', 'asha@[127.0.0.1]', 'asha@127.0.0.1', 'asha@chai..example', 'asha@-chai.example', 'asha@bücher.example',
    'Asha <asha@chai.example>', '<asha@chai.example>', '"asha"@chai.example', '"a b"@chai.example', 'a b@chai.example', 'asha@chai.example, ben@evil.example', 'asha@chai.example;ben@evil.example', 'asha@chai.example\r\nBcc: ben@evil.example', 'asha@chai.example\n', 'asha\u0000@chai.example',
    'asha@evil.example@chai.example', '@evil.example:asha@chai.example', 'asha%evil.example(x)@chai.example', '.asha@chai.example', 'asha.@chai.example', 'a..b@chai.example', 'аsha@chai.example', 'asha\u202e@chai.example', `${'x'.repeat(65)}@chai.example`, `asha@${'x.'.repeat(130)}example`, 'SIZE=1@chai.example NOTIFY=NEVER',
  ])
    it(`may not be ${JSON.stringify(address).slice(0, 60)}`, () => expect(isMailAddress(address)).toBe(false));
});

describe('a header’s value', () => {
  it('of a subject is one line that is what it looks like', () => {
    expect(['This week', 'Größe “quoted”', 'a =? b ?=', 'From ❤\ufe0f'].map(isSubject)).toEqual([true, true, true, true]);
    for (const subject of ['', ' x', 'x ', '=?utf-8?q?x?=', 'x =?UTF-8?B?eA==?=', 'x\r\nBcc: ben@evil.example', 'x\ny', 'x\ty', 'x\u2028y', 'x\u0085y', 'x\u202ey', 'x\u200by', 'x\ufeffy', 'x\u3164y', 'x\ufe00y', 'x\ud800', 'x'.repeat(201)]) expect([subject, isSubject(subject)]).toEqual([subject, false]);
  });
  it('of a content type is a plain media type', () => {
    expect(['application/json', 'text/markdown; charset=utf-8', 'application/vnd.api+json'].map(isMediaType)).toEqual([true, true, true]);
    for (const type of ['', 'json', 'application/json\r\nX: y', 'application/json; boundary=x', 'a/b/c', 'Application/JSON', 'text/plain;charset=utf-8', '*/*']) expect([type, isMediaType(type)]).toEqual([type, false]);
  });
});

describe('an effect for other people', () => {
  for (const [what, effect, fault] of [
    ['a webhook', post(), undefined],
    ['a webhook with a body elsewhere', post({ body: '../secret' }), 'path_invalid'],
    ['a webhook to an address', post({ url: 'https://10.0.0.1/' }), 'url_invalid'],
    ['a webhook with a forged header', post({ contentType: 'text/plain\r\nhost: x' }), 'content_type_invalid'],
    ['a message', mail({ cc: ['ben@partner.example'], attachments: ['out/a.csv'] }), undefined],
    ['a message to nobody', mail({ to: [], cc: ['asha@chai.example'] }), 'recipient_invalid'],
    ['a message to one twice', mail({ cc: ['ASHA@chai.example'] }), 'recipient_invalid'],
    ['a message to too many', mail({ to: Array.from({ length: 21 }, (_, n) => `p${n}@chai.example`) }), 'recipient_invalid'],
    ['a message from two', mail({ from: 'a@chai.example, b@chai.example' }), 'sender_invalid'],
    ['a message with a forged header', mail({ subject: 'x\r\nBcc: y@evil.example' }), 'subject_invalid'],
    ['a message with its text attached', mail({ attachments: ['out/report.md'] }), 'path_invalid'],
    ['a message with a file elsewhere', mail({ attachments: ['/etc/passwd'] }), 'path_invalid'],
  ] as [string, OutgoingEffect, string | undefined][]) {
    it(`${what}: ${fault ?? 'fine'}`, () => expect(faultOf(effect)).toBe(fault));
  }

  for (const [what, effect, customer, refusal] of [
    ['a listed host', post(), CHAI, undefined],
    ['a subdomain of it', post({ url: 'https://eu.hooks.chai.example/' }), CHAI, undefined],
    ['a listed port', post({ url: 'https://ci.chai.example:8443/' }), CHAI, undefined],
    ['that host on the usual port', post({ url: 'https://ci.chai.example/' }), CHAI, 'host_not_allowed'],
    ['a listed host on another port', post({ url: 'https://hooks.chai.example:8443/' }), CHAI, 'host_not_allowed'],
    ['a host that ends alike', post({ url: 'https://evilhooks.chai.example/' }), CHAI, 'host_not_allowed'],
    ['a host that begins alike', post({ url: 'https://hooks.chai.example.evil.example/' }), CHAI, 'host_not_allowed'],
    ['the parent of a listed host', post({ url: 'https://chai.example/' }), CHAI, 'host_not_allowed'],
    ['everybody’s host, for one with an entry of its own', post({ url: 'https://hooks.shared.example/' }), CHAI, 'host_not_allowed'],
    ['everybody’s host', post({ url: 'https://hooks.shared.example/' }), BOREALIS, undefined],
    ['another customer’s host', post(), BOREALIS, 'host_not_allowed'],
    ['a listed domain', mail(), CHAI, undefined],
    ['a copy outside', mail({ cc: ['ben@evil.example'] }), CHAI, 'recipient_not_allowed'],
    ['a subdomain of a listed domain', mail({ to: ['asha@mail.chai.example'] }), CHAI, 'recipient_not_allowed'],
    ['another sender', mail({ from: 'ceo@chai.example' }), CHAI, 'sender_not_allowed'],
    ['a message where none is allowed', mail(), BOREALIS, 'effect_not_allowed'],
  ] as [string, OutgoingEffect, string, string | undefined][]) {
    it(`to ${what}: ${refusal ?? 'may go'}`, () => expect(refuseOutgoing(effect, outletsOf(file, customer))).toBe(refusal));
  }

  it('goes nowhere where the operator has said nothing', () => {
    expect([post(), mail()].map((effect) => refuseOutgoing(effect, outletsOf(undefined, CHAI)))).toEqual(['effect_not_allowed', 'effect_not_allowed']);
  });

  it('is signed with the secret of the host it goes to', () => {
    expect(['https://hooks.chai.example/', 'https://ci.chai.example:8443/'].map((url) => outletFor(url, outletsOf(file, CHAI).http)?.secret)).toEqual(['chai', 'ci']);
  });
});

describe('the operator’s file', () => {
  const rules = (text: string): string[] => {
    try {
      readYaml(egressSchema, 'egress.yaml', text);
      return [];
    } catch (cause) {
      return (cause as InvalidFileError).violations.map(({ line, rule }) => `${line} ${rule}`);
    }
  };
  it('is read whole, or refused at each line that could be read in two ways', () => {
    expect(rules(`customers:\n  - customer: ${CHAI}\n    http: [{ host: hooks.chai.example, secret: chai, status: 'https://hooks.chai.example/has/{id}' }]\n    email: { from: a@chai.example, domains: [chai.example] }\n`)).toEqual([]);
    const bad = ['"*"', '10.0.0.1', 'localhost', 'Hooks.chai.example', 'https://chai.example', 'chai.example:443', 'chai.example:0', 'chai.example:99999', '"*.chai.example"', 'chai.example.'];
    expect(rules(`customers:\n  - customer: "*"\n    http:\n${bad.map((host) => `      - { host: ${host}, secret: s }\n`).join('')}`)).toEqual(bad.map((_, at) => `${at + 4} host`));
    const status = ['http://chai.example/{id}', 'https://chai.example/', 'https://evil.example/{id}', 'https://chai.example/{id}/{id}', 'https://{id}.evil.example/'];
    expect(rules(`customers:\n  - customer: "*"\n    http:\n${status.map((each) => `      - { host: chai.example, secret: s, status: '${each}' }\n`).join('')}`)).toEqual(status.map((_, at) => `${at + 4} status`));
    expect(rules(`customers:\n  - customer: ${CHAI}\n    email: { from: 'A <a@chai.example>', domains: ['*', chai.example] }\n  - customer: ${CHAI}\n`)).toEqual(['3 address', '3 domain', '4 unique-customer']);
  });
  it('names secrets by plain file names', () => {
    for (const secret of ['../key', 'a/b', '.hidden', '']) expect(rules(`customers: [{ customer: '*', http: [{ host: chai.example, secret: '${secret}' }] }]`)).toHaveLength(1);
  });
});

it('no address that is not on the public internet is one to send to', () => {
  for (const address of ['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:93.184.215.14', '64:ff9b::5db8:d70e', 'fe80::1', 'fc00::1', 'ff02::1', '2001:db8::1', '2002:7f00:1::', 'nowhere']) expect([address, isPublicAddress(address)]).toEqual([address, false]);
  for (const address of ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c']) expect([address, isPublicAddress(address)]).toEqual([address, true]);
});
