import type { ReceiptFinding } from '@countersign/audit/web';

const PLACES: Readonly<Record<ReceiptFinding['part'], string>> = { '/': 'the file', '/key': 'the key of the record', '/proof': 'the entry and its proof', '/signature': 'the signature' };

/** What is wrong with a receipt, and where. */
export function findingWords(finding: ReceiptFinding | undefined): string {
  if (finding === undefined) return '';
  const { part, line, seq, message } = finding;
  const place = `${PLACES[part]}${line === undefined ? '' : `, line ${line}`}${seq === undefined ? '' : `, entry ${seq}`}`;
  return `${place.charAt(0).toUpperCase()}${place.slice(1)}: ${message}.`;
}
