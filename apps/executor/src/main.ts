import { startService } from '@countersign/service';
import { ExecutorModule } from './executor.module.js';

await startService({ service: 'executor', module: ExecutorModule });
