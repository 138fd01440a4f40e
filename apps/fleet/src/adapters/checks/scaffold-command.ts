import { commandFor, isCompiled, testScript, type Framework } from '@countersign/agents';
import { withoutNpx } from '../../domain/suite-command.js';

export interface ScaffoldCommand {
  /** For a shell, in the package's directory. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Nothing but the given files runs. */
  readonly alone: boolean;
}

/**
 * The command that runs files of scaffolds and reports through a reporter of ours, from what the base says about its package.
 * A package whose tests are compiled first has only its own script. `reporters` is the folder of our reporters, as the command sees it.
 */
export function scaffoldCommand(framework: Framework, { manifest, tests }: { readonly manifest: Record<string, unknown>; readonly tests: readonly { path: string; text: string }[] }, files: readonly string[], reporters: string): ScaffoldCommand {
  const script = testScript(manifest);
  const compiled = script !== undefined && isCompiled(framework, manifest, tests);
  const command = withoutNpx(compiled ? script : commandFor(framework, manifest, files));
  switch (framework) {
    case 'node:test':
      return { command: withoutReporters(command), env: { NODE_OPTIONS: `--test-reporter=${reporters}/node-test.mjs --test-reporter-destination=stdout` }, alone: !compiled };
    case 'jest':
      return { command: `${command} --ci --maxWorkers=2 --reporters=${reporters}/jest.mjs`, env: {}, alone: true };
    case 'vitest':
      return { command: `${command} --pool=threads --maxWorkers=2 --reporter=${reporters}/vitest.mjs`, env: {}, alone: true };
  }
}

/** Node takes as many destinations as reporters: those of the script would stand beside ours. */
const withoutReporters = (command: string): string => command.replaceAll(/\s--test-reporter(?:-destination)?[= ]\S+/g, '');
