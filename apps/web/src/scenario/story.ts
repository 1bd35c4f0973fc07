/** The demonstration that runs beside this site, as it tells of itself: two platforms, one of which dies. */

export type Act = 'release' | 'kill' | 'recover'

export interface StoryState {
  readonly stage: 'together' | 'gone' | 'back'
  /** What is being done. */
  readonly busy?: string
  readonly problem?: string
  readonly platforms: readonly {
    readonly name: string
    readonly siteUrl: string
    readonly appviewUrl: string
    readonly pds: string
    readonly diedAt?: string
  }[]
  readonly people: readonly {
    readonly name: string
    readonly did: string
    readonly before: string
    readonly handle: string
    readonly archived?: { readonly since: string; readonly lastHeard?: string }
  }[]
  /** Path of NASA's dataset on any of the sites. */
  readonly dataset: string
  readonly releases: number
  readonly heard: number
  readonly happenings: readonly { readonly at: string; readonly text: string; readonly seconds?: number }[]
  readonly counts: readonly {
    readonly when: string
    readonly counts: readonly { readonly what: string; readonly count: number }[]
  }[]
}

/** The program that plays it, which knows the token in its address. */
export class StoryTeller {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Undefined until everybody is on the stage. @throws Error where the program is gone */
  async state(): Promise<StoryState | undefined> {
    const response = await fetch(`${this.#url}/state`, { signal: AbortSignal.timeout(10_000) })
    if (response.status === 503) return undefined
    if (!response.ok) throw new Error(`the scenario answers with ${response.status}`)
    return (await response.json()) as StoryState
  }

  async play(act: Act): Promise<void> {
    await fetch(`${this.#url}/play/${act}`, { method: 'POST', signal: AbortSignal.timeout(10_000) })
  }
}
