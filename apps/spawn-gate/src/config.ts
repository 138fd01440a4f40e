import { ConfigError } from '@countersign/service';
import type { SandboxChoice } from './domain/sandbox-choice.js';

/** A choice with the one who made it, in the words of their machine. */
export interface ChosenSandbox {
  readonly least: SandboxChoice;
  readonly by: string;
}

const CHOICES: readonly string[] = ['process', 'none'] satisfies SandboxChoice[];

/** The choice of the person who started this gate, if there is one. Throws `ConfigError`, also in production: there only the policy says what is enough. */
export function readChosenSandbox(env: Readonly<Record<string, string | undefined>>): ChosenSandbox | undefined {
  const { COUNTERSIGN_SANDBOX_CHOICE: least, COUNTERSIGN_SANDBOX_CHOSEN_BY: by, NODE_ENV: mode } = env;
  if (!least) return undefined;
  const problems = [
    ...(CHOICES.includes(least) ? [] : [`COUNTERSIGN_SANDBOX_CHOICE is not one of ${CHOICES.join(', ')}`]),
    ...(by ? [] : ['COUNTERSIGN_SANDBOX_CHOSEN_BY is not set']),
    ...(mode === 'production' ? ['COUNTERSIGN_SANDBOX_CHOICE is not for production: the spawn policy says what is enough there'] : []),
  ];
  if (problems.length > 0 || !by) throw new ConfigError(problems);
  return Object.freeze({ least: least as SandboxChoice, by });
}

/** Where the broker writes what it refuses, and the public key that managers come in with. */
export interface BrokerLog {
  readonly path: string;
  readonly managerKey: string;
}

/** Undefined where the broker is somebody else's. Throws `ConfigError` for one without the other. */
export function readBrokerLog(env: Readonly<Record<string, string | undefined>>): BrokerLog | undefined {
  const { COUNTERSIGN_BROKER_LOG: path, COUNTERSIGN_MANAGER_KEY: managerKey } = env;
  if (!path && !managerKey) return undefined;
  const problems = [...(path ? [] : ['COUNTERSIGN_BROKER_LOG is not set']), ...(managerKey && /^U[A-Z2-7]{55}$/.test(managerKey) ? [] : ['COUNTERSIGN_MANAGER_KEY is no public key of a user of the broker'])];
  if (problems.length > 0 || !path || !managerKey) throw new ConfigError(problems);
  return Object.freeze({ path, managerKey });
}
