/** IPv4 blocks that are no place on the public internet (IANA special-purpose registry, multicast, and what is reserved). */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24',
  '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
];
/** Global unicast is all there is to reach in IPv6 … */
const PUBLIC_V6 = '2000::/3';
/** … without protocol assignments and Teredo, documentation, 6to4 (which wraps any IPv4 address) and the AS112 block. */
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

type Bytes = readonly number[];

/** Whether an address is a public unicast one: in `text` as a resolver writes it. What cannot be read is not. */
export function isPublicAddress(text: string): boolean {
  const bytes = bytesOf(text);
  if (bytes === undefined) return false;
  return bytes.length === 4 ? !NOT_PUBLIC_V4.some((block) => inBlock(bytes, block)) : inBlock(bytes, PUBLIC_V6) && !NOT_PUBLIC_V6.some((block) => inBlock(bytes, block));
}

function inBlock(bytes: Bytes, block: string): boolean {
  const [start = '', length = ''] = block.split('/');
  const wanted = bytesOf(start)!;
  const bits = Number(length);
  return wanted.every((byte, index) => {
    const mask = 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - index * 8)));
    return ((byte ^ bytes[index]!) & mask) === 0;
  });
}

/** The 4 or 16 bytes of an address, IPv4 in its dotted form alone; undefined where it is neither. */
export function bytesOf(text: string): Bytes | undefined {
  return text.includes(':') ? v6(text) : v4(text);
}

function v4(text: string): Bytes | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

function v6(text: string): Bytes | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [groups(halves[0]!), halves.length === 2 ? groups(halves[1]!) : []];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 && part.includes('.') ? v4(part) : undefined;
    if (embedded) bytes.push(...embedded);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) bytes.push(parseInt(part, 16) >> 8, parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}
