import type { Comparison } from './libseccomp.js';

/** What the conditions depend on. */
export interface FilterScope {
  /** The spec allows children: the worker is not the only process, nor pid 1. */
  readonly children: boolean;
  /** It has process numbers of its own: where children are not allowed it is number 1. Elsewhere Landlock keeps its signals in. */
  readonly namespaces: boolean;
}

type Alternatives = readonly (readonly Comparison[])[];

const INT_BITS = 0xffffffffn;
/** An int is compared on its 32 bits: the kernel ignores the upper half, so garbage there must not pass as another value. */
const int = (arg: number, value: number): Comparison => ({ arg, op: 'masked', mask: INT_BITS, value: BigInt(value) });
const bits = (arg: number, mask: number, value: number): Comparison => ({ arg, op: 'masked', mask: BigInt(mask), value: BigInt(value) });
const oneOf = (arg: number, values: readonly number[]): Alternatives => values.map((value) => [int(arg, value)]);

const CLONE_THREAD = 0x10000;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. (NEWTIME exists only in clone3 and unshare.) */
const CLONE_NEW = 0x20000 + 0x02000000 + 0x04000000 + 0x08000000 + 0x10000000 + 0x20000000 + 0x40000000;
/** Set-user-ID and set-group-ID. */
const SET_ID = 0o6000;
const O_CREATING = 0x40 | 0x400000;

/** MAP_SHARED and MAP_ANONYMOUS: together, memory that no limit of the process counts. */
const MAP_KIND = 0x21;

const AF_UNIX = 1;
const SOCK_KIND = 0xf;
const IP_FAMILIES = [2, 10];
/** Streams and datagrams over their ordinary protocols: no raw, MPTCP, SCTP or ping sockets. */
const IP_KINDS = [1, 2];
const IP_PROTOCOLS = [0, 6, 17];

/** TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FICLONE. */
const IOCTLS = [0x5401, 0x540f, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451, 0x40049409];
/** GET_DUMPABLE, SET_NAME, GET_NAME, GET_SECCOMP, CAPBSET_READ, SET_NO_NEW_PRIVS, GET_NO_NEW_PRIVS, SET_VMA. */
const PRCTLS = [3, 15, 16, 21, 23, 38, 39, 0x53564d41];
/** DUPFD … SETLKW, OFD locks, DUPFD_CLOEXEC, pipe sizes and seals; not SETOWN or SETSIG, which send signals. */
const FCNTLS = [0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1031, 1032, 1033, 1034];

const sockets: Alternatives = IP_FAMILIES.flatMap((family) =>
  IP_KINDS.flatMap((kind) =>
    IP_PROTOCOLS.map((protocol) => [int(0, family), bits(1, SOCK_KIND, kind), int(2, protocol)]),
  ),
);

/** A bare name is too wide for these calls; each is allowed only where one line of comparisons holds. */
const CONDITIONS: Readonly<Record<string, (scope: FilterScope) => Alternatives>> = {
  clone: ({ children }) => [[children ? bits(0, CLONE_NEW, 0) : bits(0, CLONE_THREAD + CLONE_NEW, CLONE_THREAD)]],
  // A unix socket reaches any socket file in a bound directory, whatever the network namespace: the family is never granted.
  socket: () => sockets,
  // A stream pair stays a pair; a datagram pair could be reconnected to a socket file.
  socketpair: () => [[int(0, AF_UNIX), bits(1, SOCK_KIND, 1)]],
  mmap: () => [0x00, 0x01, 0x20].map((kind) => [bits(3, MAP_KIND, kind)]),
  ioctl: () => oneOf(1, IOCTLS),
  prctl: () => oneOf(0, PRCTLS),
  fcntl: () => oneOf(1, FCNTLS),
  prlimit64: () => [[int(0, 0), { arg: 2, op: 'eq', value: 0n }]],
  tgkill: ({ children, namespaces }) => [children || !namespaces ? [] : [int(0, 1)]],
  chmod: () => [[bits(1, SET_ID, 0)]],
  fchmod: () => [[bits(1, SET_ID, 0)]],
  fchmodat: () => [[bits(2, SET_ID, 0)]],
  fchmodat2: () => [[bits(2, SET_ID, 0)]],
  mkdir: () => [[bits(1, SET_ID, 0)]],
  mkdirat: () => [[bits(2, SET_ID, 0)]],
  open: () => [[bits(1, O_CREATING, 0)], [bits(2, SET_ID, 0)]],
  openat: () => [[bits(2, O_CREATING, 0)], [bits(3, SET_ID, 0)]],
};

/** The lines under which `name` is allowed; one empty line means always. */
export function conditionsOf(name: string, scope: FilterScope): Alternatives {
  return CONDITIONS[name]?.(scope) ?? [[]];
}
