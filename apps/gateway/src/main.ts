import { startService } from '@countersign/service';
import { gatewayModule } from './gateway.module.js';
import { gatewayHttp } from './http-options.js';

await startService({ service: 'gateway', module: gatewayModule(), http: gatewayHttp });
