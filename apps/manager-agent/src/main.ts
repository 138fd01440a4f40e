import { startService } from '@countersign/service';
import { ManagerModule } from './manager.module.js';

await startService({ service: 'manager-agent', module: ManagerModule });
