/**
 * Named lists of system calls (x86_64 names with their arm64 twins; the filter skips names an architecture lacks).
 * Found by running Node 24 and Python 3.11 under a notify-and-continue filter; a bare name is narrowed further in conditions.ts.
 */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const RUNTIME = words(`
  access arch_prctl brk capget chdir clock_getres clock_gettime clock_nanosleep clone close dup dup2 dup3 epoll_create1
  epoll_ctl epoll_pwait epoll_wait eventfd2 exit exit_group faccessat faccessat2 fadvise64 fcntl fstat fstatfs futex getcwd
  getdents64 getegid geteuid getgid getgroups getpeername getpid getppid getrandom getrusage getsockname getsockopt gettid
  gettimeofday getuid ioctl lseek lstat madvise membarrier mmap mprotect mremap munmap nanosleep newfstatat openat pipe2 poll
  ppoll prctl pread64 prlimit64 pselect6 read readlink readlinkat readv restart_syscall rseq rt_sigaction rt_sigprocmask
  rt_sigreturn sched_getaffinity sched_getparam sched_getscheduler sched_yield select set_robust_list set_tid_address shutdown
  sigaltstack stat statfs statx sysinfo tgkill umask uname write writev`);

const FS_WRITE = words(`
  mkdir mkdirat rename renameat renameat2 rmdir unlink unlinkat ftruncate fsync fdatasync fallocate pwrite64 utimensat chmod
  fchmod fchmodat copy_file_range sendfile flock`);

const NET_CLIENT = words(`
  socket connect setsockopt getsockopt getsockname getpeername sendto recvfrom sendmsg recvmsg shutdown`);

const PROCESSES = words(`
  fork vfork execve wait4 waitid pipe kill setpgid getpgid getpgrp close_range socketpair setsockopt rt_sigsuspend setsid`);

/** What test runners and shell programs need on top: links and vectored writes, a way back to a directory, a look at extended attributes, and servers on loopback. The whole escape list runs against them: escape.spec.ts. */
const CHECKS = [
  ...RUNTIME,
  ...FS_WRITE,
  ...PROCESSES,
  ...NET_CLIENT,
  ...words('getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr open fchdir pwritev preadv chown fchown fchownat lchown truncate symlink symlinkat link linkat bind listen accept accept4 sendmmsg recvmmsg'),
];

export const PRESETS: Readonly<Record<string, readonly string[]>> = {
  '@runtime': RUNTIME,
  '@fs-write': FS_WRITE,
  '@net-client': NET_CLIENT,
  '@processes': PROCESSES,
  '@checks': CHECKS,
};

/**
 * Calls that act on other processes, the kernel or the walls themselves. No spec may list them, whatever its preset:
 * each was an attempt to leave, or makes one possible.
 */
export const FORBIDDEN: ReadonlySet<string> = new Set(words(`
  ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd pidfd_send_signal kcmp process_madvise process_mrelease
  mount umount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root chroot
  unshare setns clone3 execveat io_uring_setup io_uring_enter io_uring_register bpf perf_event_open userfaultfd
  keyctl add_key request_key init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff
  iopl ioperm modify_ldt vhangup uselib personality open_by_handle_at name_to_handle_at mknod mknodat openat2 creat
  seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
  setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset
  settimeofday clock_settime clock_adjtime adjtimex stime acct quotactl quotactl_fd syslog sethostname setdomainname
  memfd_create memfd_secret rt_sigqueueinfo rt_tgsigqueueinfo setrlimit fanotify_init fanotify_mark lookup_dcookie`));

/** The plain names behind `names`: presets opened, doubles removed, order kept. An unknown preset stays as it is. */
export function expandNames(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => PRESETS[name] ?? [name]))];
}
