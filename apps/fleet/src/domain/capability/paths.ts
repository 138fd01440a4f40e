import { hasUnseen, pathCovers, type Capabilities } from '@countersign/contracts';
import { isRefusal, refuse, type Refusal } from './refusal.js';

export type PathUse = keyof Capabilities['fs_scopes'];

/** As much as a path of a draft may have. */
const MAX_PATH = 400;
/** Bytes of one name: Linux file systems take no more (NAME_MAX). */
const MAX_NAME_BYTES = 255;
/** `.git` as git, case-blind file systems and Windows' short names and trailing dots know it. */
const GIT_NAME = /^(?:\.git|git~\d+)[ .]*(?::.*)?$/i;

const isGitName = (part: string): boolean => GIT_NAME.test(part);

/**
 * A path in its normal form (`a/b`, or `.` for the workspace itself), or why it cannot be one. Judged as text alone:
 * where its links lead is judged on the file that was opened.
 */
export function plainPath(text: string): string | Refusal {
  if (text === '' || text.length > MAX_PATH || /[\p{C}\\]/u.test(text) || hasUnseen(text)) return refuse('path_malformed', `a path has 1 to ${MAX_PATH} characters that can be seen, no backslash among them`);
  if (text.startsWith('/')) return refuse('path_outside_workspace', 'a path is relative to the workspace');
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return refuse('path_outside_workspace', 'a path may not climb by ".."');
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) return refuse('path_malformed', `a file or folder has a name of at most ${MAX_NAME_BYTES} bytes`);
  if (parts.some(isGitName)) return refuse('path_git_internal', 'git keeps its own files; use the tool git');
  return parts.length === 0 ? '.' : parts.join('/');
}

export const covered = (capabilities: Capabilities, use: PathUse, path: string): boolean => capabilities.fs_scopes[use].some((scope) => pathCovers(scope, path));

/** `path` must be in its normal form. */
export function refuseScope(capabilities: Capabilities, use: PathUse, path: string): Refusal | undefined {
  return covered(capabilities, use, path) ? undefined : refuse('path_not_allowed', `the path is outside the ${use} scopes of the instance`);
}

/** The normal form of a path that may be used so, or why not. */
export function judgePath(capabilities: Capabilities, use: PathUse, text: string): string | Refusal {
  const path = plainPath(text);
  return isRefusal(path) ? path : (refuseScope(capabilities, use, path) ?? path);
}

/** Judges where a path really led: `real` is the opened file's own place, `asked` the judged path it was opened by. */
export function refuseReal(capabilities: Capabilities, use: PathUse, asked: string, real: string): Refusal | undefined {
  if (real === asked) return undefined;
  const judged = plainPath(real);
  if (!isRefusal(judged) && covered(capabilities, use, judged)) return undefined;
  return refuse('path_link_escape', `${asked} leads through a link out of the ${use} scopes`);
}

/** Scopes without those that lie inside another: each can then be mounted by itself. */
export function outermost(scopes: readonly string[]): string[] {
  const plain = [...new Set(scopes.map(plainPath))].filter((path) => !isRefusal(path)) as string[];
  return plain.filter((path) => !plain.some((other) => other !== path && pathCovers(other, path)));
}
