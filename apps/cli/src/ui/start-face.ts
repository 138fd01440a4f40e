import { paint, say } from '../../../../scripts/lib/report.mjs';
import type { StackRecord } from '../stack/record.js';
import { sandboxWarning } from '../stack/sandbox.js';

export function header(): void {
  say(`\n  ${paint(1, 'countersign')} 0.1 — local, not for production\n`);
}

/** What to open and whom to be, once everything runs. */
export function startedFace(record: StackRecord): void {
  const link = (text: string): string => paint(36, text);
  const warning = sandboxWarning(record.sandbox);
  if (warning) say(`  ${paint(31, 'sandbox')}  ${warning}`);
  for (const note of record.notes) say(`  ${paint(33, 'note')}  ${note}`);
  say(`
  Command centre    ${link(record.url)}
  Phone             ${link(`${record.url}/dev/phone`)}
  Mail and SMS      ${link(`${record.url}/dev/mail`)}
  API docs          ${link(`${record.url}/docs`)}
  Push              ${process.env.GOOGLE_APPLICATION_CREDENTIALS ? 'FCM' : `local double, what it got: ${link(`${record.url}/dev/push`)}`}
  Model             ${process.env.COUNTERSIGN_MODEL ?? 'rehearsal (deterministic, no key)'}

  Sign in as   customers  asha (Chai & Co), ben (Borealis)     platform governor  gov
               genesis · architect · guardian · ops (operator)
`);
}
