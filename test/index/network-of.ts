import { type JsonValue, jsonToLex } from '@atproto/lex'
import { cidForLex, encode } from '@atproto/lex-cbor'
import { atUri, nsid } from '@frost/lexicon'
import type { Batch, CommitEvent, RecordChange, RepoEvent, RepoState } from '@frost/sync'

export const ALICE = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
export const BOB = 'did:plc:ragtjsm2j2vknwkz3zp4oxrd'
export const TIME = '2026-01-01T00:00:00.000Z'

const tidAlphabet = '234567abcdefghijklmnopqrstuvwxyz'

/** Events as sync gives them, made by hand: what comes between network and index. */
export class Events {
  #rev = 0
  readonly #states = new Map<string, RepoState>()

  async put(did: string, collection: string, rkey: string, record: object): Promise<CommitEvent> {
    return this.commit(did, [await change('update', collection, rkey, record)])
  }

  delete(did: string, collection: string, rkey: string): CommitEvent {
    return this.commit(did, [{ action: 'delete', collection: nsid(collection), rkey }])
  }

  commit(did: string, changes: readonly RecordChange[]): CommitEvent {
    return { type: 'commit', did, rev: this.#tid(), commit: 'bafy', time: TIME, changes, origin: 'firehose' }
  }

  /** One transaction: the events, and the states after them. */
  batch(events: readonly RepoEvent[], cursors: readonly [string, number][] = []): Batch {
    for (const event of events) {
      const { did } = event
      const before = this.#states.get(did) ?? {
        did,
        host: 'https://pds.example',
        active: true,
        sync: 'synchronized' as const,
      }
      const { status: _, ...rest } = before
      if (event.type === 'commit') this.#states.set(did, { ...before, rev: event.rev, commit: event.commit })
      else if (event.type === 'account')
        this.#states.set(did, {
          ...rest,
          active: event.active,
          ...(event.status && { status: event.status }),
        })
      else this.#states.set(did, { ...before, ...(event.handle && { handle: event.handle }) })
    }
    const touched = new Set(events.map(({ did }) => did))
    return {
      events,
      repos: [...touched].map(did => this.#states.get(did)!),
      cursors: new Map(cursors),
    }
  }

  #tid(): string {
    let number = BigInt(1_700_000_000_000_000 + this.#rev++) << 10n
    let tid = ''
    for (let place = 0; place < 13; place++) {
      tid = tidAlphabet[Number(number & 31n)] + tid
      number >>= 5n
    }
    return tid
  }
}

export async function change(
  action: 'create' | 'update',
  collection: string,
  rkey: string,
  record: object,
): Promise<RecordChange> {
  const value = jsonToLex({ $type: nsid(collection), ...record } as JsonValue)
  const cid = (await cidForLex(value as never)).toString()
  return { action, collection: nsid(collection), rkey, cid, bytes: encode(value as never) }
}

export function account(did: string, active: boolean, status?: string, purge?: true): RepoEvent {
  return { type: 'account', did, active, ...(status && { status }), ...(purge && { purge }), time: TIME }
}

export function identity(did: string, handle?: string): RepoEvent {
  return { type: 'identity', did, ...(handle && { handle }), time: TIME }
}

export const entryUri = (did: string, rkey: string) => atUri(did, nsid('dataset.entry'), rkey)

/** The JSON that a query answers. */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by the tests
export async function read(answer: Promise<{ json: string }>): Promise<any> {
  return JSON.parse((await answer).json)
}
