/** IceHub and IceBucket: two platforms that build on each other, until one of them is gone for good. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { appviewSource } from '@frost/client/account/appview-source'
import { backUpAccount, backupFolder } from '@frost/client/account/backup-account'
import { addRecoveryKey } from '@frost/client/account/own-key'
import { recoverAccount } from '@frost/client/account/recover'
import { backupSource } from '@frost/client/account/source'
import { AppView } from '@frost/client/appview'
import { comment } from '@frost/client/discussion'
import { follow, followSubject } from '@frost/client/follow'
import { findRecord } from '@frost/client/lookup'
import { announceMirror } from '@frost/client/mirror'
import { releaseVersion } from '@frost/client/release'
import { streamUpdates } from '@frost/client/watch/update-stream'
import { atUri, nsid } from '@frost/lexicon'
import type { Service } from '../network/service.ts'
import { Player } from './cast.ts'
import { agree, type Count, census, findable, standingOf } from './census.ts'
import { type Following, followErsst } from './pipeline.ts'
import type { Platform } from './platform.ts'

const PASSWORD = 'a-new-password-at-icebucket'
const MOST_SECONDS = 120

export type Act = 'release' | 'kill' | 'recover'
export type Stage = 'together' | 'gone' | 'back'

/** What happened, for whoever reads along. */
export interface Happening {
  /** ISO 8601. */
  readonly at: string
  readonly text: string
  readonly seconds?: number
}

/** One of NASA's people: who they were, and are. */
export interface Standing {
  readonly name: string
  readonly did: string
  readonly before: string
  readonly handle: string
  readonly archived?: { readonly since: string; readonly lastHeard?: string }
}

export interface StoryState {
  readonly stage: Stage
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
  readonly people: readonly Standing[]
  /** Path of GISTEMP on a site. */
  readonly dataset: string
  readonly releases: number
  /** Releases of GISTEMP that a subscriber on IceBucket has heard of. */
  readonly heard: number
  readonly happenings: readonly Happening[]
  /** Both AppViews held the same records at the beginning. */
  readonly isAlike: boolean
  /** Counts by AppView and moment. */
  readonly counts: readonly { readonly when: string; readonly counts: readonly Count[] }[]
}

export interface StoryParts {
  readonly network: Service
  readonly hub: Platform
  readonly bucket: Platform
  /** Addresses of the PDSes by name. */
  readonly pdses: Readonly<Record<string, string>>
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  onHappening(happening: Happening): void
}

export class Story {
  readonly #parts: StoryParts
  #noaa!: Player
  #omar!: Player
  #nasa: Player[] = []
  #stage: Stage = 'together'
  #busy: string | undefined
  #problem: string | undefined
  #following: Following | undefined
  #releases = 0
  readonly #remade = new Set<string>()
  #wake: () => void = () => undefined
  #heard = 0
  #isAlike = false
  readonly #stopping = new AbortController()
  #people: Standing[] = []
  readonly #happenings: Happening[] = []
  readonly #counts: { when: string; counts: Count[] }[] = []

  constructor(parts: StoryParts) {
    this.#parts = parts
  }

  get state(): StoryState {
    const { hub, bucket, pdses } = this.#parts
    return {
      stage: this.#stage,
      ...(this.#busy && { busy: this.#busy }),
      ...(this.#problem && { problem: this.#problem }),
      platforms: [hub, bucket].map(({ name, siteUrl, appviewUrl, diedAt }) => ({
        name,
        siteUrl,
        appviewUrl,
        pds: pdses[name.toLowerCase()] ?? '',
        ...(diedAt && { diedAt }),
      })),
      people: this.#people,
      dataset: `/d/${this.#people[0]?.handle ?? ''}/gistemp`,
      releases: this.#releases,
      heard: this.#heard,
      happenings: this.#happenings,
      isAlike: this.#isAlike,
      counts: this.#counts,
    }
  }

  /** Brings everybody on: keys and copies of NASA's people, what others say of their work, NASA's pipeline. */
  async begin(): Promise<void> {
    const { network, hub, bucket, folder, env } = this.#parts
    const at = (appviewUrl: string) => ({ folder: join(folder, 'people'), appviewUrl, env })
    this.#noaa = await Player.enter(
      network,
      { name: 'NOAA', label: 'noaa', pds: 'icebucket' },
      at(bucket.appviewUrl),
    )
    this.#omar = await Player.enter(
      network,
      { name: 'Omar', label: 'demo-omar', pds: 'icebucket' },
      at(bucket.appviewUrl),
    )
    for (const [label, name] of [
      ['nasa-earthdata', 'NASA Earthdata'],
      ['nasa-astro', 'NASA astronomy'],
    ] as const)
      this.#nasa.push(await Player.enter(network, { name, label, pds: 'icehub' }, at(hub.appviewUrl)))
    await this.#keep()
    await this.#talk()
    for (const { appviewUrl } of [hub, bucket])
      await this.#reaches(() => this.#knowsAll(appviewUrl), 'the first content')
    await this.#follow()
    void this.#listen()
    await this.#look()
    await this.#count('before, on IceHub', hub)
    await this.#count('before, on IceBucket', bucket)
    this.#isAlike = await agree(hub.appviewUrl, bucket.appviewUrl)
    this.#tell(
      `NASA publishes at IceHub, NOAA at IceBucket. Each platform reads the whole network${this.#isAlike ? ': both hold the same records' : ''}.`,
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#following?.stop()
  }

  /** Which act comes next, and whether it may be done now. */
  may(act: Act): boolean {
    if (this.#busy) return false
    return act === 'release' ? true : act === 'kill' ? this.#stage === 'together' : this.#stage === 'gone'
  }

  /** Plays one act; what goes wrong is told in the state. */
  async play(act: Act): Promise<void> {
    if (!this.may(act)) return
    this.#problem = undefined
    const acts = { release: () => this.#release(), kill: () => this.#kill(), recover: () => this.#recover() }
    this.#busy = { release: 'NOAA releases', kill: 'IceHub dies', recover: 'NASA comes back' }[act]
    try {
      await acts[act]()
    } catch (error) {
      this.#problem = (error as Error).message
    } finally {
      this.#busy = undefined
    }
  }

  /** Keys of their own for NASA's people, before anything happens, and a copy for one of them. */
  async #keep(): Promise<void> {
    for (const { session, settings, did } of this.#nasa) {
      const code = async () => (await this.#parts.network.ask<{ code?: string }>('code', did, 'icehub')).code
      await addRecoveryKey(session, settings, { code, newCode: true })
    }
    await this.#backUp()
  }

  /** What `frost account backup --every` does on its schedule, done now. */
  async #backUp(): Promise<void> {
    const [{ did, settings }] = this.#nasa as [Player]
    await backUpAccount(did, settings)
  }

  /** What a reader on IceBucket makes of GISTEMP: they follow it, talk of it, and keep a copy. */
  async #talk(): Promise<void> {
    const { repository, lookup, settings } = this.#omar
    const gistemp = await findRecord(this.#gistemp, lookup)
    await follow(repository, await followSubject(this.#gistemp, lookup))
    await comment(repository, gistemp, 'Thank you. I draw every talk’s first picture from this.', settings)
    await announceMirror(
      repository,
      gistemp,
      { url: 'https://mirror.example.org/gistemp1200_GHCNv4_ERSSTv5.nc.gz', format: 'netcdf' },
      settings,
    )
  }

  async #follow(): Promise<void> {
    const { folder } = this.#parts
    await this.#following?.stop()
    this.#following = await followErsst(this.#nasa[0]!, this.#ersst, join(folder, 'pipeline'), tag => {
      this.#remade.add(tag)
      this.#wake()
    })
  }

  /** A subscriber on IceBucket hears of GISTEMP's releases by its DID, whatever becomes of its host. */
  async #listen(): Promise<void> {
    const appviewUrl = this.#parts.bucket.appviewUrl
    let cursor = (await new AppView(appviewUrl).describeService()).seq
    await streamUpdates({
      appviewUrl,
      filter: { dataset: [this.#gistemp], collection: [nsid('dataset.version')] },
      cursor: () => cursor,
      onUpdate: ({ seq }) => {
        cursor = seq
        this.#heard++
        this.#wake()
      },
      onTrouble: () => undefined,
      signal: this.#stopping.signal,
    }).catch(() => undefined)
  }

  async #release(): Promise<void> {
    const { repository, lookup, settings } = this.#noaa
    const tag = `scenario-${++this.#releases}`
    const before = this.#heard
    const began = Date.now()
    const ersst = await findRecord(this.#ersst, lookup)
    await releaseVersion(
      repository,
      ersst,
      {
        version: tag,
        pins: [`digest:sha256:${tag.length.toString(16).padStart(64, '0')}`],
        summary: 'Of the scenario.',
      },
      settings,
    )
    // Nobody recomputes while NASA is away; what was missed is made when they are back.
    if (this.#stage === 'gone')
      return this.#tell(`NOAA released ERSST ${tag}. NASA is away, and will find it when they are back.`)
    await this.#reaches(async () => this.#remade.has(tag) && this.#heard > before, 'NASA’s new version')
    await this.#backUp()
    const host = this.#stage === 'back' ? 'IceBucket, under the same DID' : 'IceHub'
    const seconds = (Date.now() - began) / 1000
    this.#tell(
      `NOAA released ERSST ${tag}. NASA recomputed GISTEMP and released it from ${host}; a subscriber on IceBucket has heard of it.`,
      seconds,
    )
  }

  async #kill(): Promise<void> {
    const { network, hub, bucket } = this.#parts
    const began = Date.now()
    await this.#following?.stop()
    // As it stands before: releases have come to it.
    await this.#reaches(() => agree(hub.appviewUrl, bucket.appviewUrl), 'the same on both platforms')
    this.#counts.length = 0
    await this.#count('before, on IceHub', hub)
    await this.#count('before, on IceBucket', bucket)
    await network.ask('lose', 'icehub')
    await hub.die()
    this.#stage = 'gone'
    this.#tell('IceHub is gone for good: its host of accounts, its AppView, its site, its disk.')
    await this.#reaches(async () => {
      await this.#look()
      return this.#people.every(({ archived }) => archived !== undefined)
    }, 'the mark of IceBucket')
    await this.#count('IceHub is gone', bucket)
    this.#tell(
      'IceBucket shows all of it on, marked as archived with when its host was last heard.',
      (Date.now() - began) / 1000,
    )
  }

  async #recover(): Promise<void> {
    const { bucket, pdses } = this.#parts
    for (const [place, player] of this.#nasa.entries()) {
      const { did, settings, name } = player
      const began = Date.now()
      const here = { ...settings, appviewUrl: bucket.appviewUrl }
      const byCopy = place === 0
      const { handle } = await recoverAccount(here, {
        to: pdses.icebucket!,
        source: byCopy
          ? await backupSource(backupFolder(did, settings))
          : appviewSource(did, bucket.appviewUrl),
        email: `${did.slice(-8)}@example.com`,
        password: async () => PASSWORD,
        acceptLoss: !byCopy,
      })
      this.#nasa[place] = await player.again(PASSWORD, bucket.appviewUrl)
      this.#tell(
        `${name} is back at IceBucket with its key and ${byCopy ? 'its own backup' : 'what IceBucket’s AppView had kept'}: the same DID, now @${handle}.`,
        (Date.now() - began) / 1000,
      )
    }
    await this.#reaches(async () => {
      await this.#look()
      return this.#people.every(({ archived }) => archived === undefined)
    }, 'the end of the marks')
    await this.#reaches(() => this.#knowsAll(bucket.appviewUrl), 'all of it in IceBucket’s search')
    this.#stage = 'back'
    await this.#count('NASA is back', bucket)
    await this.#follow()
    this.#tell(
      'Nothing refers to a host, all of it to DIDs: followers, citations, mirrors and discussions are where they were.',
    )
  }

  get #gistemp(): string {
    return atUri(this.#nasa[0]!.did, nsid('dataset.entry'), 'gistemp')
  }

  get #ersst(): string {
    return atUri(this.#noaa.did, nsid('dataset.entry'), 'ersst-v5')
  }

  async #look(): Promise<void> {
    const { appviewUrl } = this.#parts.bucket
    this.#people = await Promise.all(
      this.#nasa.map(async ({ name, did }, place) => {
        const standing = await standingOf(appviewUrl, did)
        return { name, did, before: this.#people[place]?.before ?? standing.handle, ...standing }
      }),
    )
  }

  async #count(when: string, { appviewUrl }: Platform): Promise<void> {
    const dids = this.#nasa.map(({ did }) => did)
    const { found } = await findable(appviewUrl, this.#noaa.did)
    const counts = await census(appviewUrl, dids, this.#gistemp)
    this.#counts.push({
      when,
      counts: [...counts, { what: 'NOAA’s datasets found by search', count: found }],
    })
  }

  async #knowsAll(appviewUrl: string): Promise<boolean> {
    const counts = await census(
      appviewUrl,
      this.#nasa.map(({ did }) => did),
      this.#gistemp,
    ).catch(() => [])
    const count = (what: string) => counts.find(one => one.what === what)?.count ?? 0
    const noaa = await findable(appviewUrl, this.#noaa.did).catch(() => undefined)
    return (
      count('mirrors') > 0 &&
      [{ datasets: count('datasets'), found: count('found by search') }, noaa].every(
        one => one !== undefined && one.datasets > 0 && one.found === one.datasets,
      )
    )
  }

  #tell(text: string, seconds?: number): void {
    const happening = { at: new Date().toISOString(), text, ...(seconds !== undefined && { seconds }) }
    this.#happenings.push(happening)
    this.#parts.onHappening(happening)
  }

  /** Looks again whenever something was heard, and once a second. */
  async #reaches(wanted: () => Promise<boolean>, what: string): Promise<void> {
    for (const began = Date.now(); !(await wanted()); ) {
      if (Date.now() - began > MOST_SECONDS * 1000)
        throw new Error(`${what} did not come within ${MOST_SECONDS} s`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 1000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** An empty folder: the story begins anew each time. */
export async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
}
