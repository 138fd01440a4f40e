import type { Route } from '@countersign/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GatewayConfig } from '../../config.js';
import { needsBoundToken } from '../../domain/bound-tokens.js';
import { HttpRefusal } from '../../domain/problem.js';
import { demandRole } from './demand-role.js';
import { dpopChallenge, Identity } from './identity.js';
import { ROUTE, type GatewayRequest } from './operation.js';
import { RateLimits } from './rate-limits.js';

/** What somebody may be told who guesses at tokens or proofs. */
const GUESSES: readonly string[] = ['signed_out', 'invalid_dpop_proof'];

/** Every operation of the contract needs a signed-in person with one of its roles. Pages without an operation are public. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly identity: Identity,
    private readonly limits: RateLimits,
    private readonly config: GatewayConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = this.reflector.get<Route | undefined>(ROUTE, context.getHandler());
    if (route === undefined) return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const session = await this.identify(request);
    this.limits.person(session.personId);
    if (session.copyable && needsBoundToken(this.config.boundTokens, route)) throw notBound();
    demandRole(session, route);
    request.session = session;
    return true;
  }

  private async identify(request: GatewayRequest) {
    try {
      return await this.identity.of(request);
    } catch (error) {
      if (error instanceof HttpRefusal && GUESSES.includes(error.code)) this.limits.stranger(request);
      throw error;
    }
  }
}

function notBound(): HttpRefusal {
  const message = 'this needs a token that is bound to a key of yours, with a proof, or the session of a browser';
  return new HttpRefusal('token_not_bound', message, {}, { 'www-authenticate': dpopChallenge('invalid_token', message) });
}
