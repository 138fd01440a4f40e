export { HelpdeskAgentModule } from './helpdesk-agent.module.js';
