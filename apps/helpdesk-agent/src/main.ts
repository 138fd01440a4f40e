import { startService } from '@countersign/service';
import { HelpdeskAgentModule } from './helpdesk-agent.module.js';

await startService({ service: 'helpdesk-agent', module: HelpdeskAgentModule });
