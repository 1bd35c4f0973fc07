/** People who write at random, and remember what their hosts have acknowledged. */
import { definition, nsid } from '@frost/lexicon'
import { putRecord } from '../../stand.ts'
import { below } from '../../sync/random.ts'

export type Author = Parameters<typeof putRecord>[0]

/** One write: what stands at the path after it. */
export interface Write {
  readonly path: string
  /** Absent: deleted. Unknown while nobody has acknowledged it. */
  readonly cid?: string
  /** The revision that holds it; absent if the host died over it. */
  readonly rev?: string
}

interface Known {
  readonly uri: string
  readonly cid: string
}

const WORDS = ['heatwave', 'salinity', 'drifter', 'altimeter', 'plankton', 'icesheet', 'aerosol', 'rainfall']

/** What all of them can refer to. */
export class Commons {
  readonly entries: Known[] = []
  readonly dids: string[] = []
  static readonly words = WORDS
}

/** Somebody who writes; the writes are in the order in which the host took them. */
export class Writer {
  readonly author: Author
  readonly writes: Write[] = []
  readonly #random: () => number
  readonly #commons: Commons
  readonly #own = new Map<string, Known>()
  #count = 0

  constructor(author: Author, commons: Commons, random: () => number) {
    this.author = author
    this.#commons = commons
    this.#random = random
    commons.dids.push(author.did)
  }

  /** Publishes a dataset: everybody begins with one. */
  begin(): Promise<void> {
    return this.#entry()
  }

  /** One write of a random kind. @throws once the host is gone */
  async write(): Promise<void> {
    const subject = this.#pick(this.#commons.entries)
    const mine = this.#pick([...this.#own.values()])
    const kind = below(this.#random, 10)
    const rkey = `r${this.#count++}`
    if (kind < 2) return this.#entry(subject)
    if (kind === 2 && mine) return this.#entry(undefined, mine.uri.split('/').at(-1))
    if (kind === 3 && mine && this.#own.size > 2) return this.#delete(mine)
    if (kind === 4 && mine)
      return this.#put('dataset.version', rkey, {
        dataset: mine.uri,
        version: `v${this.#count}`,
        releasedAt: '2026-01-02T00:00:00.000Z',
        entry: { uri: mine.uri, cid: mine.cid },
        derivedFrom: [{ ref: reference(subject) }],
      })
    if (kind === 5)
      return this.#put('graph.follow', rkey, {
        subject:
          this.#random() < 0.5
            ? { $type: definition('recordSubject'), uri: subject.uri }
            : { $type: definition('actorSubject'), did: this.#pick(this.#commons.dids) },
      })
    if (kind === 6)
      return this.#put('discussion.comment', rkey, { subject: subject.uri, text: `Comment ${this.#count}` })
    if (kind === 7)
      return this.#put('discussion.issue', rkey, { subject: subject.uri, title: `Issue ${this.#count}` })
    if (kind === 8) return this.#put('discussion.endorsement', rkey, { subject, kind: 'useful' })
    return this.#put('graph.citation', rkey, {
      citing: {
        $type: definition('urlRef'),
        uri: `https://example.org/${this.author.did.slice(-6)}/${rkey}`,
      },
      cited: reference(subject),
      relation: 'cites',
    })
  }

  async #entry(from?: Known, rkey = `d${this.#count++}`): Promise<void> {
    const title = `${this.#pick(WORDS)} ${this.#pick(WORDS)} ${this.#count}`
    await this.#put('dataset.entry', rkey, {
      title,
      ...(from && { derivedFrom: [{ ref: reference(from) }] }),
    })
  }

  async #put(name: string, rkey: string, value: Record<string, unknown>): Promise<void> {
    const at = this.#begin(`${nsid(name)}/${rkey}`)
    const { uri, cid, commit } = await putRecord(this.author, name, rkey, value)
    this.writes[at] = { path: `${nsid(name)}/${rkey}`, cid, rev: commit!.rev }
    if (name !== 'dataset.entry') return
    this.#own.set(uri, { uri, cid })
    const { entries } = this.#commons
    const known = entries.findIndex(entry => entry.uri === uri)
    if (known < 0) entries.push({ uri, cid })
    else entries[known] = { uri, cid }
  }

  async #delete({ uri }: Known): Promise<void> {
    const [collection, rkey] = uri.split('/').slice(3) as [string, string]
    const at = this.#begin(`${collection}/${rkey}`)
    const { data } = await this.author.agent.com.atproto.repo.deleteRecord({
      repo: this.author.did,
      collection,
      rkey,
    })
    this.writes[at] = { path: `${collection}/${rkey}`, rev: data.commit!.rev }
    this.#own.delete(uri)
  }

  #begin(path: string): number {
    return this.writes.push({ path }) - 1
  }

  #pick<T>(from: readonly T[]): T {
    return from[below(this.#random, from.length)]!
  }
}

const reference = ({ uri, cid }: Known) => ({ $type: definition('recordRef'), uri, cid })

/**
 * What a repository held at a revision, by what its host had acknowledged.
 * @returns `path` → CID; and the path that was being written when the host died, of which either state may stand
 */
export function stateAt(
  writes: readonly Write[],
  rev: string,
): { records: Map<string, string>; open?: string } {
  const records = new Map<string, string>()
  let open: string | undefined
  for (const write of writes) {
    if (write.rev === undefined) open = write.path
    else if (write.rev <= rev) {
      if (write.cid === undefined) records.delete(write.path)
      else records.set(write.path, write.cid)
    }
  }
  return { records, ...(open !== undefined && { open }) }
}
