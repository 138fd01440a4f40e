import { PageQuery, QuoteBody, routes, type Bundle, type BundleDetail, type QuoteView } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { knownId } from '../../domain/bundle-id.js';
import { sizeFault } from '../../domain/check-bundle.js';
import { HttpRefusal } from '../../domain/problem.js';
import { asPublished, quoteFor } from '../../domain/quote.js';
import { Bundles } from '../postgres/bundles.js';
import { pageOfList } from '../postgres/pages.js';
import { Prices } from '../postgres/prices.js';
import { By, Operation, type Session } from './operation.js';

@Controller()
export class BundlesController {
  constructor(
    private readonly bundles: Bundles,
    private readonly prices: Prices,
  ) {}

  @Operation(routes.listBundles)
  async list(@Query() page: PageQuery) {
    return pageOfList(await this.bundles.list(), page);
  }

  @Operation(routes.readBundle)
  read(@Param('bundleId') bundleId: string): Promise<BundleDetail> {
    return this.bundles.newest(knownId(bundleId));
  }

  @Operation(routes.quote)
  async quote(@By() by: Session, @Body() { bundle, composition, months }: QuoteBody): Promise<QuoteView> {
    if ((bundle === undefined) === (composition === undefined)) throw new HttpRefusal('quote_of_one', 'name a bundle or a composition');
    if (composition !== undefined) {
      const { tariff, skills } = composition;
      if (tariff !== undefined && new Set(skills).size < skills.length) throw new HttpRefusal('skill_twice', 'in a team each skill has one member');
      const prices = await this.prices.inForce();
      const wrong = tariff === undefined ? undefined : sizeFault(prices.table, skills.length + 1);
      if (wrong !== undefined) throw new HttpRefusal('team_size', wrong);
      return quoteFor(by, prices, { bundle: null, skills, ...(tariff === undefined ? {} : { tariff }) }, months);
    }
    const [found, prices] = await Promise.all([this.bundles.newest(bundle!), this.prices.inForce()]);
    return quoteFor(by, prices, { bundle: { id: found.id, version: found.version }, ...asPublished(found.document as Bundle) }, months);
  }
}
