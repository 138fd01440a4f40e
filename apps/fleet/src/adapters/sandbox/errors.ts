import { AppError } from '@countersign/contracts';

/** The specification of a sandbox asks for something that is never given. */
export class SandboxSpecError extends AppError {
  readonly code: string = 'sandbox_spec_invalid';
  readonly retryable = false;
}

/** A system call name the kernel's table does not know, or a preset that does not exist. */
export class UnknownSyscallError extends SandboxSpecError {
  override readonly code = 'sandbox_unknown_syscall';
  constructor(readonly names: readonly string[]) {
    super(`unknown system call: ${names.join(', ')}`);
  }
}

/** A system call that would open the sandbox: no spec may list it. */
export class ForbiddenSyscallError extends SandboxSpecError {
  override readonly code = 'sandbox_forbidden_syscall';
  constructor(readonly names: readonly string[]) {
    super(`system call never granted to a worker: ${names.join(', ')}`);
  }
}

/** A bind whose path is relative, missing, or led through a symbolic link. */
export class UnsafePathError extends SandboxSpecError {
  override readonly code = 'sandbox_unsafe_path';
  constructor(readonly path: string, why: string, options?: ErrorOptions) {
    super(`cannot bind ${path}: ${why}`, options);
  }
}

/** This machine lacks a part of the sandbox (bubblewrap, libseccomp, Landlock, user namespaces). */
export class SandboxUnavailableError extends AppError {
  readonly code = 'sandbox_insufficient';
  readonly retryable = false;
}

/** The sandbox was built but the command never began. `detail` is what the launcher wrote. */
export class SandboxLaunchError extends AppError {
  readonly code = 'sandbox_launch_failed';
  readonly retryable = true;
  constructor(message: string, readonly detail = '', options?: ErrorOptions) {
    super(detail === '' ? message : `${message}: ${detail}`, options);
  }
}
