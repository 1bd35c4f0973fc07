/**
 * From the moment in which a PDS has answered a write until the AppView delivers it: over the whole network in a box, every
 * service a process of its own. Accounts on both PDSes write at the same time, one in four writes changes an older dataset.
 * `--writes=N` (400); `--records=N` (10,000) that the index holds before; `--subscribers=N` (1,000) that hear everything besides.
 */
import { AtpAgent } from '@atproto/api'
import { nsid } from '@frost/lexicon'
import { randomNumbers, word, zipf } from './corpus.lib.ts'
import { crowd } from './crowd.lib.ts'
import { byWebhook, byWebSocket, searchable, type Written } from './delivery-ways.lib.ts'
import { fillIndex } from './filled-index.lib.ts'
import type { Emit } from './main.ts'
import { numberOption, percentile, round } from './measure.lib.ts'
import { startWhole, type Whole } from './whole.lib.ts'

const WRITERS = 4

export default async function run(emit: Emit): Promise<void> {
  const writes = numberOption('writes', 400)
  const records = numberOption('records', 10_000)
  await using whole = await startWhole(indexDir => fillIndex(indexDir, records))
  const writers = await Promise.all(Array.from({ length: WRITERS }, (_, index) => Writer.open(whole, index)))
  const subscribers = numberOption('subscribers', 1000)
  await using others = subscribers > 0 ? await crowd(whole.appview, subscribers) : undefined
  await using ways = new AsyncDisposableStack()
  const deliveries = [
    searchable(whole.appview),
    ways.use(await byWebSocket(whole.appview)),
    ways.use(await byWebhook(whole.appview, writers[0]!.agent)),
  ]
  const took = deliveries.map((): number[] => [])
  const warmUp = WRITERS * 5
  let begun = 0
  const answered: number[] = []
  const began = performance.now()
  await Promise.all(
    writers.map(async writer => {
      while (begun < warmUp + writes) {
        const counts = begun++ >= warmUp
        const asked = performance.now()
        const written = await writer.write()
        const answer = performance.now()
        const arrivals = await Promise.all(deliveries.map(delivery => delivery.arrived(written)))
        if (!counts) continue
        answered.push(answer - asked)
        for (const [place, arrival] of arrivals.entries()) took[place]!.push(Math.max(0, arrival - answer))
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const heard = await others?.heard()
  if (heard && heard.least < warmUp + writes)
    throw new Error(`a subscriber heard ${heard.least} of ${warmUp + writes} updates`)
  const note =
    `${subscribers} subscribers by WebSocket hear all of it besides, before the one that is measured; ` +
    `${writes} writes by ${WRITERS} accounts on ${whole.pdses.length} PDSes at the same time, ` +
    `${round((warmUp + writes) / seconds, 0)} a second, each answered after ${round(percentile(answered, 0.5), 0)} ms (p50); ` +
    `${records} records held before`
  for (const [place, { figure, exactness }] of deliveries.entries()) {
    const samples = took[place]!
    emit({
      figure,
      value: round(percentile(samples, 0.99), 0),
      unit: 'ms',
      note: `p50 ${round(percentile(samples, 0.5), 0)} ms, longest ${round(Math.max(...samples), 0)} ms, ${exactness()}; ${note}`,
    })
  }
}

const ENTRY = nsid('dataset.entry')
const wordRank = zipf(30_000, 1.05)

/** An account of its own that publishes datasets and changes them. */
class Writer {
  readonly agent: AtpAgent
  readonly #did: string
  readonly #random: () => number
  readonly #name: string
  readonly #rkeys: string[] = []
  #writes = 0

  private constructor(agent: AtpAgent, did: string, index: number) {
    this.agent = agent
    this.#did = did
    this.#random = randomNumbers(index + 1)
    this.#name = `${'abcdefgh'[index]}${Date.now().toString(36)}`
  }

  static async open({ pdses }: Whole, index: number): Promise<Writer> {
    const { url, domain } = pdses[index % pdses.length]!
    const agent = new AtpAgent({ service: url })
    const { data } = await agent.createAccount({
      handle: `writer-${index}.${domain}`,
      email: `writer-${index}@example.org`,
      password: `bench-${Math.random()}`,
    })
    return new Writer(agent, data.did, index)
  }

  /** Publishes a dataset, or gives an older one another title; resolves with the answer of the PDS. */
  async write(): Promise<Written> {
    const mark = `x${this.#name}${(this.#writes++).toString(36)}`
    const target = { repo: this.#did, collection: ENTRY, record: this.#dataset(mark) }
    if (this.#writes % 4 === 0) {
      const rkey = this.#rkeys[Math.floor(this.#random() * this.#rkeys.length)]!
      const { data } = await this.agent.com.atproto.repo.putRecord({ ...target, rkey })
      return { uri: data.uri, cid: data.cid, word: mark }
    }
    const { data } = await this.agent.com.atproto.repo.createRecord(target)
    this.#rkeys.push(data.uri.slice(data.uri.lastIndexOf('/') + 1))
    return { uri: data.uri, cid: data.cid, word: mark }
  }

  #dataset(mark: string) {
    const words = (count: number) =>
      Array.from({ length: count }, () => word(wordRank(this.#random()))).join(' ')
    return {
      $type: ENTRY,
      title: `${words(6)} ${mark}`,
      description: words(80),
      subjects: [{ term: words(1) }, { term: words(2) }],
      rights: [{ spdx: 'CC-BY-4.0' }],
      distributions: [{ id: 'zarr', uri: `https://data.example.org/${mark}.zarr`, format: 'zarr' }],
      createdAt: new Date().toISOString(),
    }
  }
}
