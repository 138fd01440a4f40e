// A fleet stand-in in a process of its own, for tests that kill it. PROBE_DIE_AT=n: SIGKILL between the effect and the ack of its n-th message.
import { startService } from '../start-service.js';
import { FleetProbeModule, probe } from './fleet-probe.js';

const dieAt = Number(process.env['PROBE_DIE_AT'] ?? 0);
const { behave } = probe;
let effects = 0;
probe.behave = async (body, delivery, database) => {
  await behave(body, delivery, database);
  if (++effects === dieAt) process.kill(process.pid, 'SIGKILL');
};

await startService({ service: 'fleet', module: FleetProbeModule });
