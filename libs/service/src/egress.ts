import { egressSchema, InvalidFileError, readYaml, type EgressFile } from '@countersign/contracts';
import { readFileSync } from 'node:fs';
import { ConfigError } from './config.js';

/** The operator's word on where webhooks and e-mails may go, from the file that `COUNTERSIGN_EGRESS` names; undefined where it is unset: nowhere. Throws `ConfigError` with each fault at its line. */
export function readEgress(path: string | undefined): EgressFile | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return readYaml(egressSchema, path, readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof InvalidFileError) throw new ConfigError(cause.violations.map(({ line, column, message }) => `COUNTERSIGN_EGRESS, ${line}:${column}: ${message}`));
    throw new ConfigError(['COUNTERSIGN_EGRESS names a file that cannot be read']);
  }
}
