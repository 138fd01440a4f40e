/** Names that reach a command line, a ref or a file system. Each rule says what may stand there; nothing else passes. */


/** A git object name, SHA-1 or SHA-256. */
export const isGitObject = (text: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** One path segment: the name of a mirror under the mirrors' folder. */
export const isMirror = (text: string): boolean => isFolder(text) && !text.endsWith('.git');
/** One path segment that hides nothing and leads nowhere else. */
export const isFolder = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/.test(text) && !text.includes('..');

/** A branch's short name by the rules of git-check-ref-format(1), narrower: ASCII without anything a shell or a refspec reads. */
export function isBranch(text: string): boolean {
  if (!/^[A-Za-z0-9][A-Za-z0-9._/+@=-]{0,199}$/.test(text)) return false;
  if (text === '@' || text === 'HEAD' || text.includes('..') || text.includes('@{') || text.endsWith('.')) return false;
  return text.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/**
 * Where a push may go: an absolute path, `file:`, `https:` or `ssh:` without a password, or `user@host:path`.
 *
 * No other transport (`ext::` runs commands), nothing that could be read as an option.
 */
export function isRemote(text: string): boolean {
  if (text.length > 1000 || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) || text.includes('::')) return false;
  if (text.startsWith('/')) return true;
  if (text.includes(' ')) return false;
  if (/^(file|https|ssh):\/\//.test(text)) return isRemoteUrl(text);
  return /^[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-:][^:]*$/.test(text);
}

function isRemoteUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (password !== '') return false;
  if (protocol === 'file:') return hostname === '';
  return /^[A-Za-z0-9[]/.test(hostname) && !username.startsWith('-');
}

const BEGINNING = /[/:]$/;
/** A remote, or what remotes begin with. */
export const isPushPlace = (text: string): boolean => isRemote(BEGINNING.test(text) ? `${text}x` : text);

/** Whether a remote is one of these places, or lies below one. Nothing lies below by a way that leads up again, or that is written in escapes. */
export const isRemoteWithin = (remote: string, places: readonly string[]): boolean =>
  places.some((place) => remote === place || (BEGINNING.test(place) && remote.startsWith(place) && /^[A-Za-z0-9._~/-]+$/.test(remote.slice(place.length)) && !remote.slice(place.length).includes('..')));

/** The path of a remote on this machine; undefined for one that is elsewhere. */
export function localPath(remote: string): string | undefined {
  if (remote.startsWith('/')) return remote;
  return remote.startsWith('file://') ? decodeURIComponent(new URL(remote).pathname) : undefined;
}

/**
 * A file inside a tree: relative, `/` between parts, no `.`, `..` or anything git, HFS+ or NTFS would take for `.git`
 * (CVE-2014-9390).
 */
export function isPath(text: string): boolean {
  if (text.length === 0 || text.length > 1000 || /[\p{Cc}\\]/u.test(text) || !text.isWellFormed()) return false;
  return text.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !isDotGit(part));
}

/** Characters that HFS+ ignores, a trailing dot or blank and the short name that NTFS gives. */
const isDotGit = (part: string): boolean => {
  const bare = part.replaceAll(/\p{Cf}/gu, '').replace(/[. ]+$/, '').split(':')[0]!.toLowerCase();
  return bare === '.git' || bare === 'git~1';
};
