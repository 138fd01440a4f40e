import { structuredPatch } from 'diff';

const CONTEXT = 3;

/** The lines of a unified diff without file headers, three lines of context around each change; empty for equal texts. */
export function unifiedDiff(before: string, after: string): string[] {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: CONTEXT });
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...lines]);
}
