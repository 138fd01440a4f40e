import type { HttpOptions } from '@countersign/service';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureHttp, httpAdapter } from './adapters/http/configure-http.js';
import { GatewayConfig } from './config.js';

/** How the gateway's app is made and where it listens. */
export const gatewayHttp: HttpOptions = {
  adapter: httpAdapter,
  async listen(app) {
    await configureHttp(app as NestFastifyApplication);
    const { host, port } = app.get(GatewayConfig);
    await app.listen(port, host);
  },
};
