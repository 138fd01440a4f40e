#!/usr/bin/env node
import { explain } from '../../../scripts/lib/report.mjs';
import { runCommand } from './commands/index.js';

const LINGER_MS = 1_000;

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
// The code is set rather than exit() called, so that everything printed gets out; but nothing that was left open by a
// failure may keep a finished command alive.
setTimeout(() => process.exit(), LINGER_MS).unref();
