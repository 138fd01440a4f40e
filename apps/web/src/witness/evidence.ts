import type { Alarm, Memory } from '@countersign/audit/web';
import type { Remembered } from './memories.js';

/** Everything that shows what happened: what was remembered, and what the server said to it. Heads are signed notes, so others can check them. */
export const evidenceOf = ({ teamId, teamName }: Pick<Remembered, 'teamId' | 'teamName'>, { alarm, ...remembered }: Memory & { readonly alarm: Alarm }): string =>
  `${JSON.stringify({ format: 'countersign/evidence/v1', server: location.origin, team: { id: teamId, name: teamName }, alarm, remembered }, null, 2)}\n`;

/** Hands a file to the person. */
export function saveFile(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
