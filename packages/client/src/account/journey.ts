import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileName } from '../accounts.ts'
import { FrostError } from '../errors.ts'
import { privateFolder, readJson, writeJson } from '../files.ts'
import type { Settings } from '../settings.ts'
import { holdFile } from '../watch/exclusive.ts'

/** What a journey is: it cannot be changed on the way. */
export interface Passage {
  readonly did: string
  /** `move`: both PDSes live. `recover`: the former one is not needed. */
  readonly kind: 'move' | 'recover'
  /** Origin of the PDS that the account goes to. */
  readonly to: string
}

interface State extends Passage {
  readonly steps: Record<string, unknown>
}

/**
 * The way of an account from one PDS to another, step by step, in a folder of its own: a step that is done is not done again, so
 * that a journey that was interrupted anywhere is taken up where it was.
 */
export class Journey {
  readonly folder: string
  readonly passage: Passage
  readonly #steps: Record<string, unknown>
  readonly #release: () => Promise<void>

  private constructor(folder: string, { steps, ...passage }: State, release: () => Promise<void>) {
    this.folder = folder
    this.passage = passage
    this.#steps = steps
    this.#release = release
  }

  /**
   * Takes up the journey of an account, or begins it.
   * @throws FrostError `OtherJourney` where another one is under way
   */
  static async open(passage: Passage, settings: Pick<Settings, 'configDir'>): Promise<Journey> {
    const folder = join(settings.configDir, 'journeys', fileName(passage.did))
    await privateFolder(folder)
    const release = await holdFile(join(folder, 'lock'), 'wait for it')
    const state = (await readJson<State>(join(folder, 'state.json'))) ?? { ...passage, steps: {} }
    if (state.to !== passage.to || state.kind !== passage.kind) {
      await release()
      const command = state.kind === 'move' ? `frost account move --to ${state.to}` : 'frost account recover'
      throw new FrostError(
        'OtherJourney',
        `${passage.did} is on its way to ${state.to} (${command}): finish that first, or delete ${folder} to forget it`,
      )
    }
    return new Journey(folder, state, release)
  }

  /** Whether there is one under way for an account. */
  static async underWay(
    did: string,
    { configDir }: Pick<Settings, 'configDir'>,
  ): Promise<Passage | undefined> {
    return readJson<State>(join(configDir, 'journeys', fileName(did), 'state.json'))
  }

  /** What a step that is done has left. */
  done<T>(step: string): T | undefined {
    return this.#steps[step] as T | undefined
  }

  /** Does a step, unless it was done; what it answers (JSON) is kept. */
  async once<T>(step: string, work: () => Promise<T>): Promise<T> {
    if (!(step in this.#steps)) await this.record(step, await work())
    return this.#steps[step] as T
  }

  async record(step: string, result: unknown): Promise<void> {
    this.#steps[step] = result ?? null
    await writeJson(join(this.folder, 'state.json'), { ...this.passage, steps: this.#steps })
  }

  /** The journey is over: nothing of it is kept. */
  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Leaves it for now. */
  async leave(): Promise<void> {
    await this.#release()
  }
}
