import { NotFoundError, PageQuery, routes, type BundleDetail } from '@countersign/contracts';
import { Controller, Param, Query } from '@nestjs/common';
import { Bundles } from '../postgres/bundles.js';
import { pageOfList } from '../postgres/pages.js';
import { Operation } from './operation.js';

@Controller()
export class BundlesController {
  constructor(private readonly bundles: Bundles) {}

  @Operation(routes.listBundles)
  async list(@Query() page: PageQuery) {
    return pageOfList(await this.bundles.list(), page);
  }

  @Operation(routes.readBundle)
  read(@Param('bundleId') bundleId: string): Promise<BundleDetail> {
    if (!/^[a-z0-9-]{1,64}$/.test(bundleId)) throw new NotFoundError('bundle');
    return this.bundles.newest(bundleId);
  }
}
