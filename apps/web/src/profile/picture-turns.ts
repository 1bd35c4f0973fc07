import { Turns } from './turns.ts'

/**
 * How many pictures are fetched at once: of what one account names, from one host, and in all. Whoever waits for a host holds no turn of
 * all; an account whose server did not answer is left alone for some seconds.
 */
export class PictureTurns {
  readonly #accounts = new Turns({ most: 3, mostWaiting: 64, rest: 10_000 })
  readonly #hosts = new Turns({ most: 8, mostWaiting: 64 })
  readonly #all = new Turns({ most: 32, mostWaiting: 128 })

  /** @throws NoTurn */
  of<T>(did: string, work: () => Promise<T>): Promise<T> {
    return this.#accounts.take(did, work)
  }

  /**
   * @param address of what is fetched
   * @throws NoTurn
   */
  from<T>(address: string, work: () => Promise<T>): Promise<T> {
    return this.#hosts.take(new URL(address).host, () => this.#all.take('any', work))
  }
}
