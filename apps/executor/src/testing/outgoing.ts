import type { EgressFile, EmailSendEffect, HttpPostEffect } from '@countersign/contracts';
import { RECEIVER, RECEIVER_SECRET } from '@countersign/testing';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const MAIL_FROM = 'reports@chai.test';
/** What the operator of a test allows everybody; `status`: the receiver can be asked. */
export const anEgress = ({ status = true } = {}): EgressFile => ({
  customers: [{ customer: '*', http: [{ host: RECEIVER, secret: 'receiver', ...(status ? { status: `https://${RECEIVER}/has/{id}` } : {}) }], email: { from: MAIL_FROM, domains: ['chai.test'] } }],
});

/** Puts the receiver's secret where an executor of this home reads it. */
export function keepSecret(home: string, text = RECEIVER_SECRET, mode = 0o600): void {
  mkdirSync(join(home, 'secrets'), { recursive: true });
  writeFileSync(join(home, 'secrets/receiver'), `${text}\n`, { mode });
}

export const aPost = (over: Partial<HttpPostEffect> = {}): HttpPostEffect => ({ kind: 'http.post', url: `https://${RECEIVER}/in`, contentType: 'application/json', body: 'out/report.json', ...over });
export const aMail = (over: Partial<EmailSendEffect> = {}): EmailSendEffect => ({ kind: 'email.send', from: MAIL_FROM, to: ['asha@chai.test'], cc: ['ravi@chai.test'], subject: 'Grüße: this week', body: 'out/report.md', attachments: ['out/sums.csv'], ...over });

export const POSTED = [{ path: 'out/report.json', text: '{"sum": 12}\n' }];
export const MAILED = [{ path: 'out/report.md', text: '# This week\n\nÄll of it.\n.\n' }, { path: 'out/sums.csv', text: 'a,b\n1,2\n' }];
