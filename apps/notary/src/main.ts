import { startService } from '@countersign/service';

import { NotaryModule } from './notary.module.js';

await startService({ service: 'notary', module: NotaryModule });
