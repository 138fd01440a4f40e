import { startService } from '@countersign/service';
import { FleetModule } from './fleet.module.js';

await startService({ service: 'fleet', module: FleetModule });
