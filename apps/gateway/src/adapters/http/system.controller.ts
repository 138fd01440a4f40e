import { allRoutes } from '@countersign/contracts';
import { openApiDocument } from '@countersign/contracts/openapi';
import { Health } from '@countersign/service';
import { Controller, Get, Header, Res } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { docsPage } from './docs-page.js';
import { Metrics } from './metrics.js';
import type { GatewayReply } from './operation.js';

/** What programs around the gateway ask it: is it there, is it ready, how is it doing, what does it offer. */
@Controller()
export class SystemController {
  private document: object | undefined;

  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
    private readonly config: GatewayConfig,
  ) {}

  @Get('healthz')
  healthz(): { ok: true } {
    return { ok: true };
  }

  /** 503 while Postgres or NATS cannot be reached. */
  @Get('readyz')
  async readyz(@Res() reply: GatewayReply): Promise<void> {
    const report = await this.health.now();
    await reply.status(report.ok ? 200 : 503).send(report);
  }

  @Get('metrics')
  @Header('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  metricsText(): string {
    return this.metrics.text();
  }

  @Get('openapi.json')
  openapi(): object {
    this.document ??= openApiDocument(this.config.publicUrl);
    return this.document;
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  docs(): string {
    return docsPage(allRoutes());
  }
}
