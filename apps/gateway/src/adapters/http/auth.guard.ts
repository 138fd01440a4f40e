import type { Route } from '@countersign/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { HttpRefusal } from '../../domain/problem.js';
import { demandRole } from './demand-role.js';
import { Identity } from './identity.js';
import { ROUTE, type GatewayRequest } from './operation.js';
import { RateLimits } from './rate-limits.js';

/** Every operation of the contract needs a signed-in person with one of its roles. Pages without an operation are public. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly identity: Identity,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = this.reflector.get<Route | undefined>(ROUTE, context.getHandler());
    if (route === undefined) return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const session = await this.identify(request);
    this.limits.person(session.personId);
    demandRole(session, route);
    request.session = session;
    return true;
  }

  private async identify(request: GatewayRequest) {
    try {
      return await this.identity.of(request);
    } catch (error) {
      if (error instanceof HttpRefusal && error.code === 'signed_out') this.limits.stranger(request);
      throw error;
    }
  }
}
