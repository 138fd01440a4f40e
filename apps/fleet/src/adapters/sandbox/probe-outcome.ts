/** What each attempt of the self-test's worker came to: `open`, or the error it met. */
export interface ProbeOutcome {
  readonly canary: string;
  /** Writing the memory of the namespace's first process through /proc: Landlock's part. */
  readonly firstMemory: string;
  readonly supervisorMemory: string;
  /** A signal that asks only whether it may be sent, to the supervisor. */
  readonly signal: string;
  readonly writeOutside: string;
  readonly writeInside: string;
  /** A call no preset of the profile `worker` lists (symlink). */
  readonly listedOut: string;
  readonly fork: string;
  readonly exec: string;
  readonly outside: string;
  readonly loopback: string;
  /** Effective capabilities, in hexadecimal. */
  readonly capabilities: string;
  /** 2 where a filter is active. */
  readonly seccomp: string;
  readonly uid: number;
  readonly taskLimit: string;
}
