import { type Index, QueryError } from '@frost/index'
import type { LabelSigner, LabelWord } from '@frost/index/moderation/own-labels'
import type { Consumer } from '@frost/sync'
import { LabelerIdentities, type LabelerIdentity } from './definitions.ts'
import { LabelerStream } from './labeler-stream.ts'
import { OwnLabelStream } from './own-stream.ts'

const EXPIRY_MILLISECONDS = 300_000

/** Labels that are kept of a labeler whom the operator did not name, and such labelers that one reader may choose. */
const MOST_LABELS = 100_000
const MOST_OF_ONE = 10

/** A labeler that this AppView reads. */
export interface LabelerChoice {
  readonly did: string
  /** What it labels !takedown or !hide is taken out of all answers. */
  readonly isTrusted: boolean
}

export interface LabelServiceOptions {
  /** This AppView itself: its operator's own labels are said in its name. */
  readonly own: LabelSigner
  /** Whom the operator has read. */
  readonly choices: readonly LabelerChoice[]
  /** How many more are read because readers chose them. */
  readonly mostOfReaders: number
  readonly onError: (error: unknown) => void
}

/** Reads labelers, those that the operator named and those that readers chose, and knows whose labels readers may ask for. */
export class LabelService {
  /** What the operator labels, for whoever subscribes. */
  readonly stream: OwnLabelStream
  readonly #index: Index
  readonly #consumer: Pick<Consumer, 'labeler'>
  readonly #options: LabelServiceOptions
  readonly #identities: LabelerIdentities
  readonly #streams = new Map<string, LabelerStream>()
  #saying: Promise<void> = Promise.resolve()
  #hasOwn = false
  #timer: NodeJS.Timeout | undefined
  /** Changes of who is read, one after another. */
  #last: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(
    index: Index,
    consumer: Pick<Consumer, 'labeler' | 'recordOf' | 'handleOf'>,
    options: LabelServiceOptions,
  ) {
    this.#index = index
    this.#consumer = consumer
    this.#options = options
    this.#identities = new LabelerIdentities(consumer, options.onError)
    this.stream = new OwnLabelStream(index.ownLabels, options.own.did)
  }

  async start(): Promise<void> {
    const { own, choices } = this.#options
    const { labels, ownLabels } = this.#index
    await ownLabels.begin(own)
    this.#hasOwn = (await ownLabels.last(own.did)) > 0
    await labels.trust(choices.flatMap(({ did, isTrusted }) => (isTrusted ? did : [])))
    await this.refresh()
    this.#timer = setInterval(() => {
      this.#index.labels.expire().catch(this.#options.onError)
    }, EXPIRY_MILLISECONDS).unref()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#timer)
    await this.#last
    await Promise.all([...this.#streams.values()].map(stream => stream.stop()))
  }

  /** Begins to read whom readers have chosen since, and ends what nobody wants any more. */
  refresh(): Promise<void> {
    const change = this.#last.then(() => (this.#isStopped ? undefined : this.#readWanted()))
    this.#last = change.catch(this.#options.onError)
    return change
  }

  /**
   * Whether one reader can have these accounts read as labelers.
   * @throws QueryError LabelerNotFound, TooManyLabelers
   */
  async check(dids: readonly string[]): Promise<void> {
    const more = new Set(dids.filter(did => did !== this.did && !this.#isNamed(did)))
    if (more.size > MOST_OF_ONE)
      throw new QueryError(
        'TooManyLabelers',
        `${more.size} labelers were chosen that the operator has not named: choose ${MOST_OF_ONE} of them at most`,
      )
    for (const did of more) await this.#check(did)
  }

  async #check(did: string): Promise<void> {
    if (this.#isRead(did)) return
    const { choices, mostOfReaders } = this.#options
    if (this.#streams.size - choices.length >= mostOfReaders)
      throw new QueryError(
        'TooManyLabelers',
        `readers have chosen ${mostOfReaders} labelers, and no more are read here: ask the operator`,
      )
    await this.#consumer.labeler(did, true).catch(error => {
      throw new QueryError('LabelerNotFound', `'${did}' is no labeler: ${(error as Error).message}`)
    })
  }

  /** Labels something in the name of this AppView, or takes that back. @throws QueryError InvalidSubject */
  say(word: LabelWord): Promise<void> {
    // One after another: what is said last is what holds in the end.
    const saying = this.#saying.then(() => this.#say(word))
    this.#saying = saying.catch(() => undefined)
    return saying
  }

  async #say(word: LabelWord): Promise<void> {
    const { own, choices } = this.#options
    const said = await this.#index.ownLabels.say(own, word)
    this.stream.tell(said)
    this.#hasOwn = true
    if (!choices.some(({ did, isTrusted }) => did === own.did && isTrusted)) return
    const labels = said.map(({ label }) => label)
    await this.#index.labels.settle(own.did, labels)
  }

  get did(): string {
    return this.#options.own.did
  }

  /** did:key by which the signatures of this AppView's own labels are checked. */
  get key(): string {
    return this.#options.own.key
  }

  status() {
    return [...this.#streams.values()].map(stream => stream.status)
  }

  /** Whose labels stand in answers to whoever says nothing: the operator's choice, and the AppView's own where it has said some. */
  get usual(): readonly LabelerChoice[] {
    const { choices } = this.#options
    return this.#hasOwn && !this.#isNamed(this.did)
      ? [...choices, { did: this.did, isTrusted: false }]
      : choices
  }

  /** Who a labeler is and what its labels mean; undefined for whom this AppView does not read. */
  async identity(did: string): Promise<LabelerIdentity | undefined> {
    if (did === this.did) return { displayName: 'Whoever runs this index', definitions: [] }
    return this.#isRead(did) ? this.#identities.of(did) : undefined
  }

  /**
   * Whose labels an answer holds: those of the labelers that the header names and that are read here, the AppView itself being one;
   * without a header, the usual ones.
   * https://atproto.com/specs/label#labeler-hydration-and-redaction
   */
  accepted(header: string | undefined): readonly LabelerChoice[] {
    const { usual } = this
    if (header === undefined) return usual
    const MOST_NAMES = 64
    const named = header.split(',', MOST_NAMES).map(item => item.split(';', 1)[0]!.trim())
    return [...new Set(named)].flatMap(did => {
      const known = usual.find(choice => choice.did === did)
      return known ?? (this.#isRead(did) ? { did, isTrusted: false } : [])
    })
  }

  #isNamed(did: string): boolean {
    return this.#options.choices.some(choice => choice.did === did)
  }

  #isRead(did: string): boolean {
    return this.#streams.has(did)
  }

  async #readWanted(): Promise<void> {
    const { choices, mostOfReaders } = this.#options
    const named = new Set(choices.map(({ did }) => did))
    const chosen = mostOfReaders > 0 ? await this.#index.labelers.all(mostOfReaders + named.size + 1) : []
    const more = chosen.filter(did => did !== this.did && !named.has(did)).slice(0, mostOfReaders)
    const wanted = new Set([...named, ...more])
    // The AppView's own labels are here: no stream brings them, and none may end with their being forgotten.
    wanted.delete(this.did)
    for (const [did, stream] of this.#streams) {
      if (wanted.has(did)) continue
      this.#streams.delete(did)
      await stream.stop()
      await this.#index.labels.forget(did)
    }
    for (const did of wanted) {
      if (this.#streams.has(did)) continue
      const isTrusted = choices.some(choice => choice.did === did && choice.isTrusted)
      const stream = this.#streamOf(did, isTrusted)
      this.#streams.set(did, stream)
      void stream.start()
    }
  }

  #streamOf(did: string, isTrusted: boolean): LabelerStream {
    const most = this.#isNamed(did) ? undefined : MOST_LABELS
    return new LabelerStream(did, {
      consumer: this.#consumer,
      keep: (labels, cursor) => this.#index.labels.apply(did, labels, cursor, isTrusted, most),
      cursor: () => this.#index.labels.cursor(did),
      onError: this.#options.onError,
    })
  }
}

/** What `Atproto-Content-Labelers` says of an answer. */
export function contentLabelers(choices: readonly LabelerChoice[]): string {
  return choices.map(({ did, isTrusted }) => (isTrusted ? `${did};redact` : did)).join(', ')
}
