import { ACK_WAIT_MS, outcomeOf } from '@countersign/bus';
import { AppError, type Message, type TeamId } from '@countersign/contracts';
import type { Clock, Steps } from './clock.js';
import type { Chance, Service } from './service.js';

/** A message as an outbox has it. */
export interface Letter {
  readonly id: string;
  readonly message: Message;
  readonly teamId: TeamId;
  readonly body: Readonly<Record<string, unknown>> & { readonly epoch: number };
  /** Whoever wrote it knows that the stream has it. */
  sent: boolean;
  /** Consumers to whom something went wrong on its way. */
  readonly hampered: Set<string>;
}

/** How badly the bus behaves: parts of what is sent. */
export interface BusFaults {
  lost: number;
  twice: number;
  late: number;
}

/** How late a message may come that others overtake; within one subject the product's consumers put them in order for as long as they wait for a gap, the simulation does not. */
const LATE_MS = 1_500;
/** The stream did not say that it has it (`libs/bus/src/relay.ts`). */
const SENT_AGAIN_MS = 1_750;

export type Handle = (letter: Letter) => Steps;

/** The outboxes' relays, the stream and its consumers: everything comes at least once, now and then twice, late, or only when it is handed out again. */
export class Bus {
  private readonly handlers = new Map<string, { readonly service: Service; readonly handle: Handle }>();
  private readonly outboxes = new Map<Service, Set<Letter>>();
  constructor(
    private readonly clock: Clock,
    private readonly chance: Chance,
    readonly faults: BusFaults,
  ) {}

  /** The handler is the service's durable for that message. */
  on(service: Service, message: Message, handle: Handle): void {
    if (!message.consumers.includes(service.name as never)) throw new TypeError(`${service.name} hears no ${message.name}`);
    this.handlers.set(`${service.name} ${message.name}`, { service, handle });
  }

  /** Letters of a transaction that was committed; what its process did not send, the next one does. */
  post(by: Service, letters: readonly Letter[]): void {
    if (letters.length === 0) return;
    const box = this.outboxes.get(by) ?? this.open(by);
    for (const letter of letters) {
      box.add(letter);
      by.go(this.relay(box, letter));
    }
  }

  /** How late something is, if it is. */
  late(): number {
    return this.chance.one(this.faults.late) ? this.chance.roll() * LATE_MS : 0;
  }

  private open(by: Service): Set<Letter> {
    const box = new Set<Letter>();
    this.outboxes.set(by, box);
    by.onStart(() => box.forEach((letter) => by.go(this.relay(box, letter))));
    return box;
  }

  private *relay(box: Set<Letter>, letter: Letter): Steps {
    yield this.chance.takes('relay');
    while (this.chance.one(this.faults.lost)) {
      for (const name of letter.message.consumers) letter.hampered.add(name);
      yield SENT_AGAIN_MS;
    }
    if (!letter.sent) this.store(letter);
    letter.sent = true;
    box.delete(letter);
  }

  private store(letter: Letter): void {
    for (const name of letter.message.consumers) {
      const consumer = this.handlers.get(`${name} ${letter.message.name}`);
      if (!consumer) continue;
      this.deliver(letter, consumer, 1);
      if (this.chance.one(this.faults.twice)) this.clock.in(this.chance.roll() * LATE_MS, () => this.deliver(letter, consumer, 2));
    }
  }

  private deliver(letter: Letter, { service, handle }: { readonly service: Service; readonly handle: Handle }, delivery: number): void {
    const again = (ms: number): void => void this.clock.in(ms, () => this.deliver(letter, { service, handle }, delivery + 1));
    if (this.chance.one(this.faults.lost)) {
      letter.hampered.add(service.name);
      return again(ACK_WAIT_MS);
    }
    const late = this.late();
    if (late > 0) letter.hampered.add(service.name);
    this.clock.in(this.chance.takes('bus') + late, () => {
      if (!service.up) return void service.whenUp(() => this.deliver(letter, { service, handle }, delivery));
      const doing = service.go(settled(handle(letter), delivery, again));
      const look = (): void => {
        if (doing.life !== service.life && !doing.over) again(0);
        else if (!doing.over) this.clock.in(ACK_WAIT_MS, look);
      };
      this.clock.in(ACK_WAIT_MS, look);
    });
  }
}

/** As the product's consumer ends a delivery. */
function* settled(steps: Steps, delivery: number, again: (ms: number) => void): Steps {
  try {
    yield* steps;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const outcome = outcomeOf(error, delivery);
    if (outcome.kind === 'again') again(outcome.delayMs);
    else if (outcome.kind === 'dead') throw error;
  }
}
