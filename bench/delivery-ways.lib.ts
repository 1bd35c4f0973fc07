/** The ways in which what was written reaches those who wait for it. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { AtpAgent } from '@atproto/api'
import { nsid } from '@frost/lexicon'
import { WebSocket } from 'ws'
import { askXrpc } from '../test/stand.ts'
import { percentile, round } from './measure.lib.ts'

const ENTRY = nsid('dataset.entry')
/** Left between two questions, so that asking does not keep the AppView from its work. */
const PAUSE_MILLISECONDS = 5
const PATIENCE_MILLISECONDS = 30_000

/** A write that a PDS has answered; `word` is in its title and nowhere else. */
export interface Written {
  readonly uri: string
  readonly cid: string
  readonly word: string
}

export interface Delivery {
  readonly figure: string
  /** Resolves with the time (of `performance.now()`) at which this write was there. */
  arrived(written: Written): Promise<number>
  /** How exact that time is. */
  exactness(): string
}

/** Search finds the dataset by the new word of its title, as it was written. */
export function searchable(appview: string): Delivery {
  const gaps: number[] = []
  return {
    figure: 'commit-to-searchable-p99-ms',
    async arrived({ uri, cid, word }) {
      const began = performance.now()
      for (let before = began; ; ) {
        const { entries } = await askXrpc<{ entries: { uri: string; cid: string }[] }>(
          appview,
          'dataset.searchEntries',
          { q: word, limit: '5' },
        )
        const now = performance.now()
        gaps.push(now - before)
        if (entries.some(entry => entry.uri === uri && entry.cid === cid)) return now
        if (now - began > PATIENCE_MILLISECONDS) throw notArrived('found', uri)
        before = now
        await delay(PAUSE_MILLISECONDS)
      }
    },
    exactness: () => `asked again every ${round(percentile(gaps, 0.5), 0)} ms (p50)`,
  }
}

/** A subscriber to all datasets hears of the write. */
export async function byWebSocket(appview: string): Promise<Delivery & AsyncDisposable> {
  const heard = new Heard()
  const query = new URLSearchParams({ encoding: 'json', collection: ENTRY })
  const url = `${appview.replace(/^http/, 'ws')}/xrpc/${nsid('updates.subscribeUpdates')}?${query}`
  const socket = new WebSocket(url)
  socket.on('message', data => heard.note(JSON.parse(String(data))))
  await once(socket, 'open')
  return {
    figure: 'commit-to-subscriber-p99-ms',
    arrived: written => heard.of(written),
    exactness: () => 'by WebSocket',
    async [Symbol.asyncDispose]() {
      socket.terminate()
    },
  }
}

/** A webhook for all datasets is called with the write. */
export async function byWebhook(appview: string, owner: AtpAgent): Promise<Delivery & AsyncDisposable> {
  const heard = new Heard()
  const server = createServer(async (request, response) => {
    const { data } = JSON.parse(await text(request)) as { data: Update }
    heard.note(data)
    response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { did } = await askXrpc<{ did: string }>(appview, 'service.describeService', {})
  const method = nsid('updates.registerWebhook')
  const { data } = await owner.com.atproto.server.getServiceAuth({ aud: did, lxm: method })
  const answer = await fetch(`${appview}/xrpc/${method}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${data.token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      url: `http://127.0.0.1:${port}/`,
      filterJson: JSON.stringify({ collection: [ENTRY] }),
    }),
  })
  if (!answer.ok) throw new Error(`${method} answered ${answer.status}: ${await answer.text()}`)
  return {
    figure: 'commit-to-webhook-p99-ms',
    arrived: written => heard.of(written),
    exactness: () => 'by webhook',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Update {
  readonly uri?: string
  readonly cid?: string
}

/** When each write was heard of, before or after somebody asks for it. */
class Heard {
  readonly #times = new Map<string, number>()
  readonly #waiting = new Map<string, (time: number) => void>()

  note({ uri, cid }: Update): void {
    const time = performance.now()
    const key = `${uri} ${cid}`
    this.#times.set(key, time)
    this.#waiting.get(key)?.(time)
  }

  async of({ uri, cid }: Written): Promise<number> {
    const key = `${uri} ${cid}`
    const known = this.#times.get(key)
    if (known !== undefined) return known
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.#waiting.set(key, resolve)
    const timer = setTimeout(() => reject(notArrived('delivered', uri)), PATIENCE_MILLISECONDS)
    return promise.finally(() => clearTimeout(timer))
  }
}

const notArrived = (how: string, uri: string) =>
  new Error(`${uri} was not ${how} after ${PATIENCE_MILLISECONDS / 1000} s`)
