import { AddPersonBody, ErasePersonBody, IdPageQuery, IdPath, mayNotEnter, routes, type Created, type ErasedPerson } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { isStaff } from '../../domain/access.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Erasure } from '../postgres/erasure.js';
import { PeopleDesk } from '../postgres/people-desk.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** Who may sign in, for a governor of the platform. */
@Controller()
export class PeopleController {
  constructor(
    private readonly people: PeopleDesk,
    private readonly erasure: Erasure,
  ) {}

  @Operation(routes.addPerson)
  async add(@By() by: Session, @Body() body: AddPersonBody, @NewId() id: string): Promise<Created> {
    governs(by);
    const refusal = mayNotEnter(body);
    if (refusal) throw new HttpRefusal(refusal.code, refusal.message);
    return { id: await this.people.enter(id, body, by.personId) };
  }

  @Operation(routes.erasePerson)
  erase(@By() by: Session, @Param() { id }: IdPath, @Body() { reason }: ErasePersonBody): Promise<ErasedPerson> {
    governs(by);
    return this.erasure.erase(id, { by: by.personId, words: reason });
  }

  @Operation(routes.listPeople)
  list(@By() by: Session, @Query() page: IdPageQuery) {
    governs(by);
    return this.people.page(page);
  }
}

/** The role alone is not enough: it must be held for the platform. */
function governs(by: Session): void {
  if (!isStaff(by)) throw new HttpRefusal('forbidden', 'the people of the platform and its customers are the platform governor’s');
}
