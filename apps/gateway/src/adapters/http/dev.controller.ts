import { Controller, Get, Inject, NotFoundException } from '@nestjs/common';
import type { LocalDoubles, Mailbox } from '../reach/local-doubles.js';

/** Optional: there are doubles only where there is no real service. */
export const LOCAL_DOUBLES = Symbol('LOCAL_DOUBLES');

/** What the local doubles got; for the pages that show it, and tests. */
@Controller('dev')
export class DevController {
  constructor(@Inject(LOCAL_DOUBLES) private readonly doubles: LocalDoubles | undefined) {}

  @Get('push')
  pushes(): { items: unknown[] } {
    if (this.doubles?.fcm === undefined) throw new NotFoundException();
    return { items: [...this.doubles.pushes()] };
  }

  @Get('mailbox')
  mailbox(): Mailbox {
    if (this.doubles === undefined) throw new NotFoundException();
    return this.doubles.mailbox();
  }
}
