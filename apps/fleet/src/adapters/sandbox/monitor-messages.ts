/** One sandbox to watch, from its control socket on. Descriptors are the process's; the thread closes them. */
export interface WatchOrder {
  readonly kind: 'watch';
  readonly id: number;
  readonly controlFd: number;
  readonly execveNumber: number;
  /** Calls let through until the command runs: what the launcher itself still needs. */
  readonly launchNumbers: readonly number[];
  /** execve stays allowed after the launch. */
  readonly children: boolean;
  readonly maxDenials: number;
}

export interface MonitorSetup {
  /** Written by the main thread after every order and at exit. */
  readonly wakeFd: number;
  readonly recvNumber: number;
  readonly sendNumber: number;
}

export type MonitorEvent =
  /** A program began; the first one is the command. `pid` is the host's. */
  | { readonly kind: 'exec'; readonly id: number; readonly pid: number; readonly count: number }
  | { readonly kind: 'denied'; readonly id: number; readonly nr: number; readonly pid: number; readonly args: readonly string[]; readonly count: number }
  | { readonly kind: 'flood'; readonly id: number }
  /** No process is left under the filter, or the launcher never handed a listener over. */
  | { readonly kind: 'end'; readonly id: number };
