import type { Operator } from './operator.js';

export interface ServerOptions {
  readonly operator: Operator;
  readonly port: number;
  /** Where it listens; loopback unless a container needs more. */
  readonly host?: string;
  /** JetStream's directory; losing it loses nothing (design §4). */
  readonly storeDir: string;
  /** A directory where the server writes the port it got when `port` is -1. */
  readonly portsDir?: string;
  /** Where it writes its log, in place of its standard error: of what it refuses it tells nowhere else. From 2.10 on, of full ones the newest few are kept. */
  readonly logFile?: string;
  /** What `nats-server --version` says; from 2.10 on every message that is confirmed is on disk (design §6), 2.9 cannot. */
  readonly version?: string;
}

/**
 * Text of a `nats-server` configuration: operator mode, no monitoring, no other listener.
 *
 * Only what 2.9 knows, unless a newer version is named.
 */
export function natsConfig({ operator, port, storeDir, portsDir, logFile, host = '127.0.0.1', version = '2.9' }: ServerOptions): string {
  const { systemAccount, coreAccount, operatorJwt } = operator;
  const from210 = isFrom210(version);
  return [
    'server_name: countersign',
    `host: ${host}`,
    `port: ${port}`,
    ...(portsDir === undefined ? [] : [`ports_file_dir: ${quoted(portsDir)}`]),
    ...(logFile === undefined ? [] : [`log_file: ${quoted(logFile)}`, 'logfile_size_limit: 67108864', ...(from210 ? ['logfile_max_num: 5'] : [])]),
    // whoever reads the log need not know where in the world the server stands; 2.9 takes that from its environment
    ...(from210 ? ['logtime_utc: true'] : []),
    'max_payload: 262144',
    // CONNECT carries the user's JWT with its whole allow-list; the default of 4 KiB cuts it off
    'max_control_line: 32768',
    'write_deadline: "2s"',
    `jetstream { ${from210 ? 'sync_interval: always, ' : ''}store_dir: ${quoted(storeDir)}, max_memory_store: 16777216, max_file_store: 2147483648 }`,
    `operator: ${operatorJwt}`,
    `system_account: ${systemAccount.publicKey}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    `  ${systemAccount.publicKey}: ${systemAccount.jwt}`,
    `  ${coreAccount.publicKey}: ${coreAccount.jwt}`,
    '}',
    '',
  ].join('\n');
}

const quoted = (path: string): string => JSON.stringify(path);

const isFrom210 = (version: string): boolean => {
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return major > 2 || (major === 2 && minor >= 10);
};
