import type { ApprovalArtifact, ApprovalDetail } from '@countersign/contracts';

type Files = Pick<ApprovalDetail, 'artifacts' | 'sent'>;

/** The files of a request as they are shown: of a push, beside what stands there, which the executor finds again; all others whole, as nobody has verified what they would be compared with. */
export const shownFiles = ({ artifacts, sent }: Files): readonly ApprovalArtifact[] => (sent === null ? artifacts : artifacts.map((file) => ({ ...file, baseContentUrl: null, baseSha256: null })));

/** What stands above the files. */
export function filesTitle({ sent }: Pick<Files, 'sent'>): string {
  if (sent === null) return 'What changes';
  return sent.kind === 'file.publish' ? 'What is published' : 'What is sent';
}

/** Said beside the name of a file that is not only to be read; undefined of any other. */
export const modeWords = ({ mode, deleted }: Pick<ApprovalArtifact, 'mode' | 'deleted'>): string | undefined => (mode === '100755' && !deleted ? 'can be run as a program' : undefined);

/** Of a file without a line to show; `before`: the text that it is compared with, where there is one. */
export function emptyWords({ deleted }: Pick<ApprovalArtifact, 'deleted'>, before: string | undefined): string {
  if (!deleted) return 'The file is empty.';
  return before === undefined ? 'There is nothing of it to show.' : 'The file was empty.';
}
