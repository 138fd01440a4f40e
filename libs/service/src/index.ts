export { ConfigError, readConfig, ServiceConfig, type LogLevel } from './config.js';
export { createService, type HttpOptions, type RunningService, type ServiceOptions } from './create-service.js';
export { Health, type HealthReport } from './health.js';
export { LocalRemotes } from './local-remotes.js';
export { type Logger } from './logger.js';
export { AUDIT, LOGGER, ServiceModule } from './service.module.js';
export { startService } from './start-service.js';
export { Sweep } from './sweep.js';
export type { Audit } from '@countersign/audit';
