import type { SentView } from '@countersign/contracts';

/** What a file is of a letter: its text, or one that comes with it; nothing of what goes as one whole. */
export function sentPart(sent: SentView | null, artifactId: string): 'Text of the letter' | 'Attached' | undefined {
  if (sent?.kind !== 'email.send') return undefined;
  if (artifactId === sent.body) return 'Text of the letter';
  return sent.attachments.includes(artifactId) ? 'Attached' : undefined;
}

/** Files as they are sent: the text first, then what is attached in its order. */
export function asSent<File extends { readonly id: string }>(sent: SentView | null, files: readonly File[]): readonly File[] {
  if (sent === null) return files;
  const order = [sent.body, ...sent.attachments];
  const place = ({ id }: File): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return [...files].sort((one, other) => place(one) - place(other));
}
