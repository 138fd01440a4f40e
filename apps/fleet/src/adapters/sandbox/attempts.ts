/** One raw system call a hostile worker makes, with the arguments that matter; the rest is null. */
export interface RawAttempt {
  readonly title: string;
  readonly syscall: string;
  readonly args?: readonly (number | bigint)[];
  /** Part of what a repository's own tests may do, inside their own walls. */
  readonly checksMay?: boolean;
}

const AT_FDCWD = 0xffffff9cn;
const named = (...names: string[]): RawAttempt[] => names.map((syscall) => ({ title: syscall, syscall }));
const socketOf = (title: string, family: number, kind: number, protocol = 0): RawAttempt => ({ title, syscall: 'socket', args: [family, kind, protocol] });

/** The raw half of the escape table: sandbox.md section 9. `supervisor` is a process outside. */
export function rawAttempts(supervisor: number): RawAttempt[] {
  return [
    { title: 'ptrace: be traced', syscall: 'ptrace', args: [0] },
    { title: 'ptrace: attach to the supervisor', syscall: 'ptrace', args: [16, supervisor] },
    { title: 'send a signal to everybody', syscall: 'kill', args: [0xffffffffffffffffn, 0], checksMay: true },
    { title: 'send a signal to the supervisor\'s thread', syscall: 'tgkill', args: [supervisor, supervisor, 9], checksMay: true },
    { title: 'a namespace by clone', syscall: 'clone', args: [0x10000000 | 17] },
    { title: 'a namespace by clone, as a thread', syscall: 'clone', args: [0x10000000 | 0x10000] },
    { title: 'a namespace by unshare', syscall: 'unshare', args: [0x10000000] },
    { title: 'put a character on the terminal (TIOCSTI)', syscall: 'ioctl', args: [0, 0x5412] },
    { title: 'TIOCSTI with high bits set', syscall: 'ioctl', args: [0, 0x100005412n] },
    { title: 'terminal selection (TIOCLINUX)', syscall: 'ioctl', args: [0, 0x541c] },
    { title: 'prctl: outlive the supervisor', syscall: 'prctl', args: [1, 0] },
    { title: 'prctl: become dumpable', syscall: 'prctl', args: [4, 1] },
    { title: 'prctl: install a filter', syscall: 'prctl', args: [22, 2] },
    { title: 'prctl: change the memory map', syscall: 'prctl', args: [35] },
    { title: 'prctl: choose a tracer', syscall: 'prctl', args: [0x59616d61, supervisor] },
    { title: 'raise its own limits', syscall: 'prlimit64', args: [0, 7, 4096] },
    { title: 'read the supervisor\'s limits', syscall: 'prlimit64', args: [supervisor, 7] },
    { title: 'send signals by file ownership', syscall: 'fcntl', args: [0, 8, supervisor] },
    { title: 'choose the signal to send', syscall: 'fcntl', args: [0, 10, 10] },
    { title: 'set-user-id by chmod', syscall: 'chmod', args: [0, 0o4755] },
    { title: 'set-user-id by fchmod', syscall: 'fchmod', args: [1, 0o4755] },
    { title: 'set-group-id by fchmodat', syscall: 'fchmodat', args: [AT_FDCWD, 0, 0o2755] },
    { title: 'set-user-id by creating', syscall: 'openat', args: [AT_FDCWD, 0, 0o101, 0o4777] },
    { title: 'set-user-id by a nameless file', syscall: 'openat', args: [AT_FDCWD, 0, 0o20200001, 0o4777] },
    { title: 'set-group-id directory', syscall: 'mkdirat', args: [AT_FDCWD, 0, 0o2777] },
    { title: 'memory no limit counts', syscall: 'mmap', args: [0, 4096, 3, 0x21, 0xffffffffffffffffn] },
    socketOf('unix socket', 1, 1),
    socketOf('netlink socket', 16, 3),
    socketOf('packet socket', 17, 3),
    socketOf('vsock socket', 40, 1),
    socketOf('kernel crypto socket', 38, 5),
    socketOf('raw socket', 2, 3, 255),
    socketOf('multipath TCP socket', 2, 1, 262),
    socketOf('ping socket', 2, 2, 1),
    { title: 'datagram pair', syscall: 'socketpair', args: [1, 2] },
    { title: 'symbolic link', syscall: 'symlinkat', checksMay: true },
    { title: 'hard link', syscall: 'linkat', checksMay: true },
    { title: 'message with descriptors on stdout', syscall: 'sendmsg', args: [1], checksMay: true },
    ...named(
      'process_vm_readv', 'process_vm_writev', 'pidfd_open', 'pidfd_getfd', 'pidfd_send_signal', 'kcmp',
      'mount', 'umount2', 'fsopen', 'open_tree', 'move_mount', 'pivot_root', 'chroot', 'setns',
      'setuid', 'setresuid', 'setgroups', 'capset', 'open_by_handle_at', 'name_to_handle_at', 'mknodat',
      'execveat', 'memfd_create', 'io_uring_enter', 'io_uring_register', 'bpf', 'perf_event_open', 'userfaultfd',
      'keyctl', 'add_key', 'request_key', 'init_module', 'finit_module', 'kexec_load', 'reboot', 'swapon', 'iopl', 'ioperm',
      'syslog', 'acct', 'quotactl', 'sethostname', 'settimeofday', 'personality', 'seccomp', 'landlock_create_ruleset',
      'shmget', 'msgget', 'semget', 'mq_open', 'setpriority', 'sched_setscheduler', 'mlockall', 'inotify_init1',
      'fanotify_init', 'timer_create', 'setitimer', 'rt_sigqueueinfo', 'setxattr', 'openat2', 'signalfd4', 'splice', 'vmsplice',
    ),
  ];
}
