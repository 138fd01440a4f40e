/** What the supervisor tells the launcher, as one line of JSON on {@link CONTROL_FD}. */
export interface LaunchOrders {
  /** The filter as base64 of classic BPF. */
  readonly filter: string;
  /** Numbers that differ between architectures. */
  readonly seccompNumber: number;
  readonly landlock: LandlockOrders;
  /** The kernel is to kill the command when the supervisor is gone. */
  readonly diesWithParent: boolean;
  /** Directories to fill with links before the walls go up. */
  readonly scratch: readonly ScratchOrder[];
  readonly rlimits: readonly RlimitOrder[];
  /** Where the control socket is moved to: above the worker's limit of open files. */
  readonly handoverFd: number;
  readonly cwd: string;
  /** Absolute path of the program, then its arguments. */
  readonly command: readonly string[];
  /** `NAME=value` lines: the worker's whole environment. */
  readonly env: readonly string[];
}

/** An empty directory `to` that is to show the entries of `from`. */
export interface ScratchOrder {
  readonly from: string;
  readonly to: string;
}

export interface LandlockOrders {
  readonly handledFs: number;
  readonly handledNet: number;
  readonly scoped: number;
  readonly rules: readonly LandlockRule[];
}

/** Access rights below (directory) or of (file) one path inside the sandbox. */
export interface LandlockRule {
  readonly path: string;
  readonly access: number;
}

export interface RlimitOrder {
  readonly resource: number;
  readonly value: number;
}
