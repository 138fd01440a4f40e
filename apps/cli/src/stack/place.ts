import type { Home } from './home.js';
import type { IdentityMode } from './identity.js';
import type { ProcessSpec } from './managed-process.js';
import type { Secrets } from './secrets.js';

/** What a server of the stack is started with. */
export interface Place {
  readonly home: Home;
  readonly mode: IdentityMode;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  /** Starts the process and resolves when it is ready; it is kept running from then on. */
  begin(spec: ProcessSpec): Promise<void>;
  /** Something the person should find in `status`. */
  note(text: string): void;
}
