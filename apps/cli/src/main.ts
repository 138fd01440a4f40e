#!/usr/bin/env node
import { explain } from '../../../scripts/lib/report.mjs';
import { runCommand } from './commands/index.js';

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
