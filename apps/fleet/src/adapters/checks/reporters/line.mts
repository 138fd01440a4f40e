import { readFileSync, rmSync } from 'node:fs';
import type { Reported } from '../../../domain/judge-scaffolds.js';

/**
 * What a test prints must not look like a report: each line begins with this run's own mark. It lies in a file, because what stands in
 * an environment can be read in `/proc` as long as the process lives; runners load their reporters before they run a test, and then
 * the file is gone. A second runner of the same command has no mark, and nothing it reports counts.
 */
function takeMark(path: string | undefined): string {
  if (path === undefined) return '';
  try {
    const mark = readFileSync(path, 'utf8');
    rmSync(path);
    return mark;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

const MARK = takeMark(process.env['COUNTERSIGN_REPORT']);

export const line = (reported: Reported): string => `\n${MARK}${JSON.stringify(reported)}\n`;
