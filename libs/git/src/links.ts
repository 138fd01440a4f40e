/** As many links as Linux follows in one path before it says ELOOP (path_resolution(7)). */
const MOST_FOLLOWED = 40;
/** What symlink(2) takes: PATH_MAX with its end. */
const MOST_TARGET_BYTES = 4095;

/**
 * Says of a tree's symbolic links, given as path and target, which of them stay inside the tree whoever follows them.
 *
 * Read as the kernel reads them: component by component, through every other link on the way, `..` from where that leads. A
 * link that leaves the tree anywhere on its way, that loops, or that no file system could hold does not stay. One that names
 * nothing does: it leads nowhere.
 */
export function linksInside(links: ReadonlyMap<string, string>): Set<string> {
  return new Set([...links.keys()].filter((path) => staysInside(path, links)));
}

function staysInside(path: string, links: ReadonlyMap<string, string>): boolean {
  const here = path.split('/').slice(0, -1);
  const ahead = partsOf(links.get(path)!);
  if (!ahead) return false;
  let followed = 1;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === '..' && here.pop() === undefined) return false;
    if (part === '..' || part === '.' || part === '') continue;
    here.push(part);
    const target = links.get(here.join('/'));
    if (target === undefined) continue;
    const through = partsOf(target);
    if (!through || ++followed > MOST_FOLLOWED) return false;
    here.pop();
    ahead.push(...through);
  }
  return true;
}

/** The components of a target, the first one last; undefined when it is absolute or cannot be a link at all. */
function partsOf(target: string): string[] | undefined {
  const fits = target !== '' && !target.includes('\0') && Buffer.byteLength(target) <= MOST_TARGET_BYTES;
  return fits && !target.startsWith('/') ? target.split('/').reverse() : undefined;
}
