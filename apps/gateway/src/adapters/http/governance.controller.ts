import {
  BundleVersionPath, ConfirmEvolutionBody, confirmEvolution, decideEvolution, DecideEvolutionBody, EvolutionBody, EvolutionPath, PageQuery, proposeEvolution, recordReview, ReviewBody, routes, TeamPath,
  type CertificationView, type Created, type EvolutionView, type ReviewedKind, type ReviewList,
} from '@countersign/contracts';
import { Body, Controller, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { knownId } from '../../domain/bundle-id.js';
import { Governance } from '../postgres/governance.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type GatewayReply, type Session } from './operation.js';

/** Certifications, charters, reviews and evolutions. Who may say what is the gate's rule; the gateway carries it there and shows what stands. */
@Controller()
export class GovernanceController {
  constructor(
    private readonly governance: Governance,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.readCertification)
  async certification(@By() by: Session, @Param() path: TeamPath): Promise<CertificationView> {
    return this.governance.certification((await this.access.team(by, path.teamId)).teamId);
  }

  @Operation(routes.readCharter)
  async charter(@By() by: Session, @Param() path: TeamPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<StreamableFile> {
    const text = await this.governance.charter((await this.access.team(by, path.teamId)).teamId);
    void reply.header('cache-control', 'private, no-cache');
    return new StreamableFile(Buffer.from(text), { type: 'text/markdown; charset=utf-8' });
  }

  @Operation(routes.reviewBundleVersion)
  reviewBundle(@By() by: Session, @Param() { bundleId, version }: BundleVersionPath, @Body() body: ReviewBody, @NewId() reviewId: string): Promise<Created> {
    return this.review(by, 'bundle', knownId(bundleId), version, body, reviewId);
  }

  @Operation(routes.listBundleReviews)
  bundleReviews(@Param() { bundleId, version }: BundleVersionPath): Promise<ReviewList> {
    return this.governance.reviews('bundle', knownId(bundleId), version);
  }

  @Operation(routes.proposeEvolution)
  async propose(@By() by: Session, @Body() { proposal }: EvolutionBody, @NewId() requestId: string): Promise<EvolutionView> {
    const { evolutionId } = await this.commands.carry(proposeEvolution, { by: requester(by), requestId, proposal });
    return this.governance.evolution(evolutionId!);
  }

  @Operation(routes.listEvolutions)
  list(@Query() page: PageQuery) {
    return this.governance.evolutions(page);
  }

  @Operation(routes.readEvolution)
  read(@Param() { evolutionId }: EvolutionPath): Promise<EvolutionView> {
    return this.governance.evolution(evolutionId);
  }

  @Operation(routes.reviewEvolution)
  reviewEvolution(@By() by: Session, @Param() { evolutionId }: EvolutionPath, @Body() body: ReviewBody, @NewId() reviewId: string): Promise<Created> {
    return this.review(by, 'evolution', evolutionId, 1, body, reviewId);
  }

  @Operation(routes.listEvolutionReviews)
  evolutionReviews(@Param() { evolutionId }: EvolutionPath): Promise<ReviewList> {
    return this.governance.reviews('evolution', evolutionId, 1);
  }

  @Operation(routes.confirmEvolution)
  async confirm(@By() by: Session, @Param() { evolutionId }: EvolutionPath, @Body() { question, accepted, note = '' }: ConfirmEvolutionBody): Promise<EvolutionView> {
    await this.commands.carry(confirmEvolution, { by: requester(by), evolutionId, question, accepted, note });
    return this.governance.evolution(evolutionId);
  }

  @Operation(routes.decideEvolution)
  async decide(@By() by: Session, @Param() { evolutionId }: EvolutionPath, @Body() { verb, rationale }: DecideEvolutionBody): Promise<EvolutionView> {
    await this.commands.carry(decideEvolution, { by: requester(by), evolutionId, verb, rationale });
    return this.governance.evolution(evolutionId);
  }

  private async review(by: Session, kind: ReviewedKind, id: string, version: number, body: ReviewBody, reviewId: string): Promise<Created> {
    await this.commands.carry(recordReview, { by: requester(by), reviewId, kind, id, version, role: body.role, verdict: body.verdict, notes: body.notes, ...(body.sha256 === undefined ? {} : { sha256: body.sha256 }), ...(body.scopeSha256 === undefined ? {} : { scopeSha256: body.scopeSha256 }) });
    return { id: reviewId };
  }
}
