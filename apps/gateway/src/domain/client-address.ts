/**
 * The address a request comes from. `forwarded` is the header `X-Forwarded-For`: each proxy adds whom it heard from at its end, so it is
 * believed from there on as long as whoever says it is trusted; what a stranger wrote into it before counts for nothing.
 */
export function clientAddress(heardFrom: string, forwarded: string | undefined, isTrusted: (address: string) => boolean): string {
  const said = forwarded?.split(',').map((each) => each.trim()) ?? [];
  let address = plainAddress(heardFrom);
  while (isTrusted(address)) {
    const before = said.pop();
    if (before === undefined || !/^[0-9a-f.:]{2,45}$/i.test(before)) break;
    address = plainAddress(before);
  }
  return address;
}

/** Without what a socket for both kinds of addresses puts before it, and the port that some proxies put behind it. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
