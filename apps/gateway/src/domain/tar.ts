/** One file for an archive. */
export interface TarFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable?: boolean;
}

const BLOCK = 512;
const OCTAL_12 = 11;
const [REGULAR, EXTENDED] = ['0', 'x'];
const NAME_BYTES = 100;

/** A path as it may stand in an archive that somebody unpacks anywhere: relative, and never upwards. */
export const safePath = (path: string): string => path.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== '..').join('/') || 'file';

/** The file as members of a POSIX archive (IEEE 1003.1 pax): a name that the old header cannot hold stands in a record before it. */
export function tarEntry({ path, content, executable = false }: TarFile): Buffer {
  const name = safePath(path);
  const short = Buffer.byteLength(name) <= NAME_BYTES && /^[\x20-\x7e]+$/.test(name);
  const record = short ? [] : [member('pax', EXTENDED!, paxRecord('path', name), 0o644)];
  return Buffer.concat([...record, member(short ? name : Buffer.from(name).subarray(0, NAME_BYTES).toString('latin1').replaceAll(/[^\x20-\x7e]/g, '_'), REGULAR!, content, executable ? 0o755 : 0o644)]);
}

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

function member(name: string, type: string, content: Uint8Array, mode: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const put = (text: string, at: number): void => void header.write(text, at, 'latin1');
  const octal = (value: number, digits: number, at: number): void => put(value.toString(8).padStart(digits, '0'), at);
  put(name, 0);
  octal(mode, 7, 100);
  octal(0, 7, 108);
  octal(0, 7, 116);
  octal(content.length, OCTAL_12, 124);
  octal(0, OCTAL_12, 136); // no time of its own: the same files are the same archive
  put(' '.repeat(8), 148);
  put(type, 156);
  put('ustar\u000000', 257);
  octal(header.reduce((sum, byte) => sum + byte, 0), 6, 148);
  header[154] = 0;
  return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
