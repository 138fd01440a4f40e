import { expect } from 'expect';
import { WireHouse } from '../wire/house.js';
import { atOnce } from './board-at-once.js';
import { PEOPLES_MOVES, WAYS } from './board-model.js';
import { BoardPlay, randomStep, type Step } from './board-play.js';
import { BoardScene, twoGovernors, type Governors } from './board-scene.js';
import { dice } from './dice.js';
import { Players } from './players.js';
import { shortest } from './shortest.js';

/** Why a person's wish comes to nothing. */
const REFUSALS = ['not_in_column', 'goal_paused', 'goal_not_running', 'stale_version', 'review_is_anothers', 'no_reviewer', 'reviewer_unknown', 'owner_unknown', 'card_unknown'];
/** For finding the shortest list of steps that fails. */
const SEARCH_MS = 90_000;

/** Boards of teams of one customer. Gateway, gate and manager are the real processes, on a real database and broker; the members are played. */
export class Boards implements AsyncDisposable {
  private constructor(
    private readonly house: WireHouse,
    private readonly players: Players,
    private readonly governors: Governors,
  ) {}

  static async open(): Promise<Boards> {
    const house = await WireHouse.open();
    return new Boards(house, await Players.enter(house), await twoGovernors(house));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.players.leave();
    await this.house[Symbol.asyncDispose]();
  }

  private scene(): Promise<BoardScene> {
    return BoardScene.open(this.house, this.players, this.governors);
  }

  /** Random steps against the model, on so many boards one after the other. Whoever has to find a fault gets the seed and the fewest steps that show it. */
  async random({ seed, boards, steps }: { readonly seed: number; readonly boards: number; readonly steps: number }): Promise<void> {
    const gone = new Map<string, number>();
    await (await BoardPlay.open(await this.scene(), this.governors, gone)).fromDone();
    for (let board = 0; board < boards; board++) {
      const roll = dice(seed + board);
      const taken = Array.from({ length: steps }, () => randomStep(roll));
      const failure = await this.failing(taken, gone);
      if (failure) throw await this.explained(seed + board, taken, failure);
    }
    // a run that never got somewhere shows nothing about it
    const ways = [...PEOPLES_MOVES.flatMap((move) => [`${move} made`, `${move} not made`, ...WAYS[move].from.map((column) => `${move} from ${column}`)]), 'complete made', ...REFUSALS];
    expect(ways.filter((way) => !gone.has(way))).toEqual([]);
  }

  private async explained(seed: number, taken: readonly Step[], first: Error): Promise<Error> {
    let last = first;
    const fewest = await shortest(taken, async (steps) => {
      const failure = await this.failing(steps);
      last = failure ?? last;
      return failure !== undefined;
    }, SEARCH_MS);
    return new Error(`seed ${seed}, ${fewest.length} of ${taken.length} steps: ${JSON.stringify(fewest)}\n${last.message}`, { cause: last });
  }

  private async failing(steps: readonly Step[], gone = new Map<string, number>()): Promise<Error | undefined> {
    const play = await BoardPlay.open(await this.scene(), this.governors, gone);
    return play.take(steps).then(() => undefined, (cause: Error) => new Error(`${cause.message}\nwhat was done:\n  ${play.log.join('\n  ')}`, { cause }));
  }

  /** Two people and three members at once. */
  async atOnce(seed: number, rounds: number): Promise<void> {
    await atOnce({ house: this.house, scene: await this.scene(), governors: this.governors, roll: dice(seed), rounds });
  }
}
