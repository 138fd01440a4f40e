import { BundleDraftBody, bundleText, idInBundle, PageQuery, PublishBundleBody, RollBackBundleBody, routes, type BundleDraftView, type BundlePublished, type BundleVersionList, type DraftSummary } from '@countersign/contracts';
import { Body, Controller, Headers, Param, Query, Res } from '@nestjs/common';
import { knownId } from '../../domain/bundle-id.js';
import { draftSummary, draftView } from '../../domain/draft-view.js';
import { HttpRefusal } from '../../domain/problem.js';
import { BundleDrafts } from '../postgres/bundle-drafts.js';
import { Bundles } from '../postgres/bundles.js';
import { Governance } from '../postgres/governance.js';
import { pageOfList } from '../postgres/pages.js';
import { PublishBundle } from '../postgres/publish-bundle.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';

/** How the platform's governor writes, reviews, publishes and takes back bundles. */
@Controller()
export class BundleDraftsController {
  constructor(
    private readonly drafts: BundleDrafts,
    private readonly bundles: Bundles,
    private readonly publishing: PublishBundle,
    private readonly governance: Governance,
  ) {}

  @Operation(routes.listBundleVersions)
  async versions(@Param('bundleId') id: string): Promise<BundleVersionList> {
    return { items: await this.bundles.versions(knownId(id)) };
  }

  @Operation(routes.listBundleDrafts)
  async list(@Query() page: PageQuery): Promise<{ items: DraftSummary[]; nextCursor: string | null }> {
    return pageOfList((await this.drafts.list()).map(draftSummary), page);
  }

  @Operation(routes.beginBundle)
  async begin(@By() by: Session, @Body() body: BundleDraftBody, @Res({ passthrough: true }) reply: GatewayReply): Promise<BundleDraftView> {
    const text = textIn(body);
    const id = idInBundle(text);
    if (id === undefined) throw new HttpRefusal('bundle_without_id', 'a draft needs the id of its bundle: "id: …", lower-case words with hyphens');
    await this.drafts.begin(by.personId, id, text);
    return this.shown(by, id, reply);
  }

  @Operation(routes.beginBundleVersion)
  async beginVersion(@By() by: Session, @Param('bundleId') id: string, @Res({ passthrough: true }) reply: GatewayReply): Promise<BundleDraftView> {
    await this.drafts.begin(by.personId, knownId(id), (live, version) => bundleText({ ...live, version }));
    return this.shown(by, id, reply);
  }

  @Operation(routes.readBundleDraft)
  read(@By() by: Session, @Param('bundleId') id: string, @Res({ passthrough: true }) reply: GatewayReply): Promise<BundleDraftView> {
    return this.shown(by, knownId(id), reply);
  }

  @Operation(routes.changeBundleDraft)
  async change(@By() by: Session, @Param('bundleId') id: string, @Body() body: BundleDraftBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<BundleDraftView> {
    await this.drafts.change(by.personId, knownId(id), seenIn(ifMatch), textIn(body));
    return this.shown(by, id, reply);
  }

  @Operation(routes.dropBundleDraft)
  drop(@By() by: Session, @Param('bundleId') id: string, @Headers('if-match') ifMatch: string | undefined): Promise<void> {
    return this.drafts.drop(by.personId, knownId(id), seenIn(ifMatch));
  }

  @Operation(routes.reviewBundle)
  async review(@By() by: Session, @Param('bundleId') id: string, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<BundleDraftView> {
    await this.drafts.review(by.personId, knownId(id), seenIn(ifMatch));
    return this.shown(by, id, reply);
  }

  @Operation(routes.publishBundle)
  publish(@By() by: Session, @Param('bundleId') id: string, @Body() { comment }: PublishBundleBody, @Headers('if-match') ifMatch: string | undefined): Promise<BundlePublished> {
    return this.publishing.publish(by.personId, knownId(id), seenIn(ifMatch), comment);
  }

  @Operation(routes.rollBackBundle)
  rollBack(@By() by: Session, @Param('bundleId') id: string, @Body() { version, reason }: RollBackBundleBody): Promise<BundlePublished> {
    return this.publishing.rollback(by.personId, knownId(id), version, reason);
  }

  private async shown(by: Session, id: string, reply: GatewayReply): Promise<BundleDraftView> {
    const read = await this.drafts.read(id);
    const view = draftView(by, read);
    const { bundle } = read.judged;
    void reply.header('etag', `"${view.sha256}"`);
    return { ...view, certification: bundle === undefined ? null : await this.governance.forecast(bundle) };
  }
}

function textIn({ text, document }: BundleDraftBody): string {
  if ((text === undefined) === (document === undefined)) throw new HttpRefusal('draft_of_one', 'send the text of a file or its fields as a document, one of them');
  return text ?? bundleText(document!);
}

function seenIn(ifMatch: string | undefined): string {
  if (ifMatch === undefined) throw new HttpRefusal('if_match_missing', 'send If-Match with the ETag of the draft as you saw it');
  const seen = /^(?:W\/)?"([0-9a-f]{64})"$/.exec(ifMatch)?.[1];
  if (seen === undefined) throw new HttpRefusal('stale_version', 'If-Match does not name a draft as it was shown');
  return seen;
}
