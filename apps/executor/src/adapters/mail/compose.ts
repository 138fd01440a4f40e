import { effectKey, messageId, type EmailSendEffect } from '@countersign/contracts';
import MailComposer from 'nodemailer/lib/mail-composer';
import { mailFault, type MailHead } from '../../domain/mail.js';
import type { VerifiedOrder } from '../../domain/verify-approval.js';

/**
 * The message of an approved order (RFC 5322), the same bytes on any machine: nothing in it is of today or of here. Throws where what was
 * made does not say in its header what was approved.
 */
export async function composeMail({ approvalId, createdAt, effect, files, bytes }: VerifiedOrder & { readonly effect: EmailSendEffect }): Promise<Buffer> {
  const { from, to, cc, subject, body, attachments } = effect;
  const head: MailHead = { from, to, cc, subject, messageId: messageId(approvalId, from), date: createdAt };
  const mail = new MailComposer({
    from: { name: '', address: from }, to: to.map(bare), cc: cc.map(bare), subject, date: createdAt, messageId: head.messageId,
    text: Buffer.from(bytes.get(body)!),
    attachments: attachments.map((path) => ({ filename: path.slice(path.lastIndexOf('/') + 1), content: Buffer.from(bytes.get(path)!), contentType: 'application/octet-stream', contentDisposition: 'attachment' as const })),
    headers: { 'Auto-Submitted': 'auto-generated' },
    baseBoundary: effectKey(approvalId).slice(0, 24), textEncoding: 'quoted-printable', xMailer: false,
    disableFileAccess: true, disableUrlAccess: true, newline: 'windows',
  });
  const made = await mail.compile().build();
  const fault = mailFault(made, head);
  if (fault !== undefined) throw new Error(`the message does not say what was approved: ${fault} (${files.length} files)`);
  return made;
}

const bare = (address: string): { name: string; address: string } => ({ name: '', address });
