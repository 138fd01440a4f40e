import { Controller, Get, Inject, NotFoundException } from '@nestjs/common';
import { FcmDouble } from '../reach/fcm-double.js';

/** Optional: there is a double only where there is no real push service. */
export const PUSH_DOUBLE = Symbol('PUSH_DOUBLE');

/** What the local doubles got; for the phone simulator and tests. */
@Controller('dev')
export class DevController {
  constructor(@Inject(PUSH_DOUBLE) private readonly double: FcmDouble | undefined) {}

  @Get('push')
  pushes(): { items: unknown[] } {
    if (this.double === undefined) throw new NotFoundException();
    return { items: [...this.double.received()] };
  }
}
