import koffi from 'koffi';
import type { KoffiFunc } from 'koffi';

/** Memory outside the JavaScript heap: small Buffers may live on that heap and move while the kernel still writes to them. */
export class NativeMemory {
  readonly address: bigint;
  readonly bytes: Buffer;

  constructor(readonly size: number) {
    this.address = koffi.alloc('uint8', size) as bigint;
    this.bytes = Buffer.from(koffi.view(this.address, size));
    this.bytes.fill(0);
  }

  /** The address `offset` bytes in. */
  at(offset: number): bigint {
    return this.address + BigInt(offset);
  }
}

export type Libc = ReturnType<typeof bindLibc>;

let libc: Libc | undefined;

/** The C library's calls the sandbox needs; loaded on first use, so that importing this module costs nothing elsewhere. */
export function loadLibc(): Libc {
  libc ??= bindLibc();
  return libc;
}

function bindLibc() {
  const library = koffi.load(null);
  const bind = <T extends (...args: never[]) => unknown>(prototype: string) => library.func(prototype) as KoffiFunc<T>;
  return {
    socketpair: bind<(domain: number, type: number, protocol: number, fds: bigint) => number>('int socketpair(int, int, int, void *)'),
    memfdCreate: bind<(name: string, flags: number) => number>('int memfd_create(const char *, unsigned int)'),
    poll: bind<(fds: bigint, count: number, timeoutMs: number) => number>('int poll(void *, unsigned long, int)'),
    recvmsg: bind<(fd: number, message: bigint, flags: number) => number>('long recvmsg(int, void *, int)'),
    ioctl: bind<(fd: number, request: number, argument: bigint) => number>('int ioctl(int, unsigned long, void *)'),
    eventfd: bind<(initial: number, flags: number) => number>('int eventfd(unsigned int, int)'),
    /** The raw entry, for calls the library has no name for. */
    syscall: bind<(nr: number, a: number, b: number, c: number, d: number) => number>('long syscall(long, long, long, long, long)'),
  };
}

/** The C `errno` of the last native call on this thread, as a symbolic name. */
export function errnoName(): string {
  const value = koffi.errno();
  return Object.entries(koffi.os.errno).find(([, code]) => code === value)?.[0] ?? `errno ${value}`;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

/** Two connected descriptors, closed on exec. The caller closes both. */
export function socketPair(): [number, number] {
  const memory = new NativeMemory(8);
  try {
    if (loadLibc().socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, memory.address) !== 0) {
      throw new Error(`socketpair: ${errnoName()}`);
    }
    return [memory.bytes.readInt32LE(0), memory.bytes.readInt32LE(4)];
  } finally {
    koffi.free(memory.address);
  }
}
