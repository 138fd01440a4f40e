import { startService } from '@countersign/service';
import { SpawnGateModule } from './spawn-gate.module.js';

await startService({ service: 'spawn-gate', module: SpawnGateModule });
