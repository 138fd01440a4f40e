import { PinLock } from '../adapters/pins/pin-lock.js';

// A process that holds the folder in argv[2], to be killed: says so, and waits.
const lock = new PinLock(process.argv[2]!);
process.stdout.write('held\n');
setInterval(() => lock, 60_000);
