import { describe, it } from 'node:test';
import type { ApprovalArtifact, ApprovalDetail } from '@countersign/contracts';
import { expect } from 'expect';
import { emptyWords, filesTitle, modeWords, shownFiles } from './shown-files.js';

describe('the files of a request', () => {
  const file = { id: 'a', path: 'a.md', baseContentUrl: '/base', baseSha256: 'b'.repeat(64) } as ApprovalArtifact;
  const sent = (kind: 'file.publish' | 'http.post' | 'email.send'): Pick<ApprovalDetail, 'sent'> => ({ sent: { kind, lines: [], body: null, attachments: [] } });

  it('are compared with what stands there where they are pushed, and shown whole wherever else they go, whatever is said of what stood there', () => {
    expect([filesTitle({ sent: null }), shownFiles({ sent: null, artifacts: [file] })]).toEqual(['What changes', [file]]);
    for (const [kind, title] of [['file.publish', 'What is published'], ['http.post', 'What is sent'], ['email.send', 'What is sent']] as const)
      expect([filesTitle(sent(kind)), shownFiles({ ...sent(kind), artifacts: [file] })]).toEqual([title, [{ ...file, baseContentUrl: null, baseSha256: null }]]);
  });

  it('can be run as programs where they are more than read, and that is said', () => {
    expect([modeWords({ mode: '100755', deleted: false }), modeWords({ mode: '100755', deleted: true }), modeWords({ mode: '100644', deleted: false })]).toEqual(['can be run as a program', undefined, undefined]);
  });

  it('were empty only where something was there that is known', () => {
    expect([emptyWords({ deleted: false }, undefined), emptyWords({ deleted: true }, ''), emptyWords({ deleted: true }, undefined)]).toEqual(['The file is empty.', 'The file was empty.', 'There is nothing of it to show.']);
  });
});
