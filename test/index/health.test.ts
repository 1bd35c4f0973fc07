/** Looking whether data can be read, at real servers, hostile ones among them; on both engines. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { placeOf } from '@frost/appview/health/places'
import { HealthService, type HealthServiceOptions } from '@frost/appview/health/service'
import type { Index } from '@frost/index'
import { nsid } from '@frost/lexicon'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, account, BOB, Events, TIME } from './network-of.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

interface Server {
  readonly url: string
  /** Paths that were asked for, robots.txt left out, with their times. */
  readonly asked: { readonly path: string; readonly at: number; readonly agent: string }[]
  /** Bytes that were taken of its bodies. */
  sent(): number
  /** Most requests that it had to answer at the same time. */
  most(): number
}

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function serve(answer: Answer, robots?: string | Answer): Promise<Server> {
  const asked: Server['asked'] = []
  let [sent, open, most] = [0, 0, 0]
  const server = createServer((request, response) => {
    open++
    most = Math.max(most, open)
    response.on('close', () => {
      open--
      sent += request.socket.bytesWritten
    })
    if (request.url === '/robots.txt') {
      if (robots === undefined) response.writeHead(404).end()
      else if (typeof robots === 'string') response.end(robots)
      else robots(request, response)
      return
    }
    asked.push({ path: request.url!, at: performance.now(), agent: request.headers['user-agent'] ?? '' })
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  stops.push(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://localhost:${port}`, asked, sent: () => sent, most: () => most }
}

const yes: Answer = (_, response) => response.writeHead(206, { 'content-range': 'bytes 0-0/9' }).end('x')

function looking(index: Index, options: Partial<HealthServiceOptions> = {}): HealthService {
  const service = new HealthService(index, {
    interval: 86_400_000,
    retry: 0,
    host: 0,
    perMinute: 0,
    skip: [],
    allowLoopbackHttp: true,
    origin: 'https://appview.example.org',
    isOnline: () => true,
    onError: error => {
      throw error
    },
    ...options,
  })
  service.start()
  stops.push(() => service.stop())
  return service
}

const entryOf = (distributions: readonly object[]) => ({ title: 'Casts', createdAt: TIME, distributions })

interface Seen {
  readonly distribution?: string
  readonly state: string
  readonly since?: string
  readonly latency?: number
  readonly reason?: string
}

describe.each(ENGINES)('on %s', engine => {
  const { fresh } = freshIndexes(engine)
  let index: Index
  let events: Events
  beforeAll(() => {
    vi.setConfig({ testTimeout: 30_000 })
  })

  const open = async (name?: string) => {
    index = await fresh(name)
    events = new Events()
  }
  const put = async (rkey: string, distributions: readonly object[]) => {
    await index.store.apply(
      events.batch([await events.put(ALICE, 'dataset.entry', rkey, entryOf(distributions))]),
    )
    return `at://${ALICE}/${nsid('dataset.entry')}/${rkey}`
  }
  const viewOf = async (uri: string) => {
    const { entry } = JSON.parse((await index.queries.getEntry({ uri })).json) as {
      entry: { availability?: Seen[]; bestCopy?: { distribution?: string; mirror?: string } }
    }
    return entry
  }
  const found = (uri: string, states: readonly string[]) =>
    vi.waitFor(
      async () => {
        const { availability = [] } = await viewOf(uri)
        expect(availability.map(({ state }) => state)).toEqual(states)
        return availability
      },
      { timeout: 20_000, interval: 20 },
    )

  it('says which copies can be read, since when, and which answers soonest', async () => {
    await open()
    const fast = await serve(yes)
    const slow = await serve((request, response) => void setTimeout(() => yes(request, response), 150))
    const locked = await serve((_, response) => response.writeHead(401).end())
    const gone = await serve((_, response) => response.writeHead(404).end())
    const uri = await put('casts', [
      { id: 'slow', uri: `${slow.url}/casts.csv`, format: 'csv', role: 'primary' },
      { id: 'fast', uri: `${fast.url}/casts.csv`, format: 'csv', role: 'replica' },
      { id: 'locked', uri: `${locked.url}/casts.csv`, role: 'replica' },
      { id: 'gone', uri: `${gone.url}/casts.csv`, role: 'replica' },
      { id: 'tape', uri: 'globus://tape/casts' },
    ])
    looking(index)
    const seen = await found(uri, ['up', 'up', 'refused', 'down', 'unchecked'])
    expect(seen[0]).toMatchObject({
      distribution: 'slow',
      since: expect.any(String),
      latency: expect.any(Number),
    })
    expect(seen[2]!.reason).toBe('its server answers 401')
    expect((await viewOf(uri)).bestCopy).toMatchObject({ distribution: 'fast' })
    expect(fast.asked).toHaveLength(1)
    expect(fast.asked[0]!.agent).toBe('frost-health (+https://appview.example.org)')
    // Twice before it was called down.
    expect(gone.asked.length).toBeGreaterThanOrEqual(2)
  })

  it('names a mirror where no copy of the owner’s answers', async () => {
    await open()
    const [gone, kept] = [await serve((_, response) => response.writeHead(410).end()), await serve(yes)]
    const uri = await put('casts', [{ id: 'csv', uri: `${gone.url}/casts.csv` }])
    const mirror = {
      subject: uri,
      createdAt: TIME,
      distribution: { id: 'data', uri: `${kept.url}/copy.csv` },
    }
    await index.store.apply(events.batch([await events.put(BOB, 'dataset.mirror', 'copy', mirror)]))
    looking(index)
    await found(uri, ['down'])
    await vi.waitFor(async () =>
      expect((await viewOf(uri)).bestCopy?.mirror).toBe(`at://${BOB}/${nsid('dataset.mirror')}/copy`),
    )
    const { mirrors } = JSON.parse((await index.queries.listMirrors({ entry: uri })).json) as {
      mirrors: { availability: Seen }[]
    }
    expect(mirrors[0]!.availability).toMatchObject({ state: 'up' })
  })

  it('keeps to robots.txt, to its own list of hosts, and away from this machine unless it is told', async () => {
    await open()
    const closed = await serve(yes, 'User-agent: *\nDisallow: /private')
    const skipped = await serve(yes)
    const uri = await put('casts', [
      { id: 'a', uri: `${closed.url}/private/casts.csv` },
      { id: 'b', uri: `${closed.url}/open/casts.csv` },
    ])
    looking(index)
    const [first] = await found(uri, ['unchecked', 'up'])
    expect([first!.reason, closed.asked.map(({ path }) => path)]).toEqual([
      expect.stringContaining('robots.txt'),
      ['/open/casts.csv'],
    ])
    await open()
    const other = await put('casts', [{ id: 'a', uri: `${skipped.url}/casts.csv` }])
    // Known already before its host was put on the list.
    await index.availability.begin(index.updates, placeOf)
    looking(index, { skip: ['localhost'] })
    expect((await found(other, ['unchecked']))[0]!.reason).toBe('this AppView does not ask its host')
    // Nor where another host leads there.
    await open()
    const away: Answer = (_, response) => {
      response.writeHead(302, { location: skipped.url.replace('localhost', '127.0.0.1') }).end()
    }
    const leading = await serve(away)
    const places = ['data.csv', 'more.csv'].map((name, id) => ({
      id: `${id}`,
      uri: `${leading.url}/${name}`,
    }))
    const led = await put('casts', places)
    looking(index, { skip: ['127.0.0.1'] })
    for (const { reason } of await found(led, ['unchecked', 'unchecked']))
      expect(reason).toBe('its server leads to a host that this AppView does not ask')
    await open()
    const inside = await put('casts', [{ id: 'a', uri: `${skipped.url}/casts.csv` }])
    looking(index, { allowLoopbackHttp: false })
    expect((await found(inside, ['unchecked']))[0]!.reason).toContain('on this machine')
    expect(skipped.asked).toEqual([])
  })

  it('asks of a bucket whether it lists something', async () => {
    await open()
    const bucket = await serve(({ url = '' }, response) => {
      const names = url.includes('prefix=folder') ? '<Contents><Key>folder/a.csv</Key></Contents>' : ''
      if (url.includes('list-type=2')) response.end(`<ListBucketResult>${names}</ListBucketResult>`)
      else response.writeHead(404).end()
    })
    const uri = await put('casts', [
      { id: 'gone', uri: 's3://lab/gone.csv', endpoint: bucket.url },
      { id: 'folder', uri: 's3://lab/folder', endpoint: bucket.url },
      { id: 'empty', uri: 's3://bare', endpoint: bucket.url },
    ])
    looking(index)
    const seen = await found(uri, ['down', 'up', 'down'])
    expect(seen[0]!.reason).toMatch(/answers 404|lists nothing/)
  })

  it('holds nobody to what others say of the same address', async () => {
    await open()
    const server = await serve((request, response) =>
      request.url === '/get?id=1' || request.url === '/store'
        ? yes(request, response)
        : response.writeHead(404).end(),
    )
    await put('stranger', [
      { id: 'a', uri: `${server.url}/store`, format: 'csv', requesterPays: true },
      { id: 'b', uri: `${server.url}/store`, format: 'zarr' },
    ])
    const uri = await put('casts', [
      { id: 'one', uri: `${server.url}/get?id=1` },
      { id: 'two', uri: `${server.url}/get?id=2` },
      { id: 'store', uri: `${server.url}/store`, format: 'zarr' },
    ])
    const service = looking(index)
    await found(uri, ['up', 'down', 'down'])
    await put('casts', [{ id: 'store', uri: `${server.url}/store`, format: 'csv' }])
    await found(uri, ['up'])
    await service.stop()
  })

  it('lets others have their turn while it takes in what there is', async () => {
    await open()
    await put('casts', [{ id: 'a', uri: 'https://example.org/a' }])
    let turns = 0
    setImmediate(() => turns++)
    await index.availability.begin(index.updates, placeOf)
    expect(turns).toBe(1)
  })

  it('follows no redirect inward, reads no body, and is held up by nobody', async () => {
    await open()
    const secret = await serve(yes)
    const inward = await serve((_, response) =>
      response.writeHead(302, { location: secret.url.replace('localhost', '127.0.0.2') }).end(),
    )
    const huge = await serve((_, response) => {
      response.writeHead(200)
      const pour = () => {
        if (response.destroyed) return
        if (response.write(Buffer.alloc(65_536))) setImmediate(pour)
        else response.once('drain', pour)
      }
      pour()
    })
    const silent = await serve(() => {})
    const quick = await serve(yes)
    const uri = await put('casts', [
      { id: 'inward', uri: `${inward.url}/x` },
      { id: 'huge', uri: `${huge.url}/x` },
      { id: 'quick', uri: `${quick.url}/x` },
    ])
    await put('stuck', [{ id: 'silent', uri: `${silent.url}/x` }])
    looking(index)
    const [first] = await found(uri, ['down', 'up', 'up'])
    expect(first!.reason).toMatch(/is not https/)
    expect(secret.asked).toEqual([])
    await vi.waitFor(() => expect(huge.sent()).toBeGreaterThan(0))
    expect(huge.sent()).toBeLessThan(8_000_000)
    await vi.waitFor(() => expect(silent.asked).toHaveLength(1), { timeout: 20_000 })
  })

  it('leaves a host alone that asks for it, and loses no state over that', async () => {
    await open()
    let busy = false
    const server = await serve((request, response) => {
      if (busy) response.writeHead(429, { 'retry-after': '3600' }).end()
      else yes(request, response)
    })
    const uri = await put('casts', [{ id: 'a', uri: `${server.url}/a` }])
    looking(index)
    await found(uri, ['up'])
    busy = true
    await put('more', [{ id: 'b', uri: `${server.url}/b` }])
    await vi.waitFor(() => expect(server.asked.map(({ path }) => path)).toEqual(['/a', '/b']))
    await put('most', [{ id: 'c', uri: `${server.url}/c` }])
    const { host } = new URL(server.url)
    const due = async () =>
      (
        await index.database
          .selectFrom('availability_host')
          .selectAll()
          .where('host', '=', host)
          .executeTakeFirstOrThrow()
      ).next_at
    await vi.waitFor(async () => expect(Date.parse(await due())).toBeGreaterThan(Date.now() + 3_000_000))
    expect((await viewOf(uri)).availability).toMatchObject([{ state: 'up' }])
    expect(server.asked).toHaveLength(2)
  })

  it('asks one host one thing at a time, at its pace, and others meanwhile', async () => {
    await open()
    const host = await serve((request, response) => void setTimeout(() => yes(request, response), 20))
    const others = await serve(yes)
    for (let at = 0; at < 4; at++) await put(`one-${at}`, [{ id: 'a', uri: `${host.url}/${at}` }])
    await put('other', [{ id: 'a', uri: `${others.url}/x` }])
    looking(index, { host: 200 })
    await vi.waitFor(() => expect(host.asked).toHaveLength(4), { timeout: 20_000, interval: 20 })
    const gaps = host.asked.slice(1).map(({ at }, place) => at - host.asked[place]!.at)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(190)
    expect(host.most()).toBe(1)
    expect(others.asked[0]!.at).toBeLessThan(host.asked[2]!.at)
  })

  /** Leads to another server. */
  const leadingTo =
    (url: string): Answer =>
    (_, response) =>
      response.writeHead(302, { location: url }).end()

  it('regression: where a server leads, robots.txt holds as well', async () => {
    await open()
    const closed = await serve(yes, 'User-agent: *\nDisallow: /')
    const leading = await serve(leadingTo(`${closed.url}/casts.csv`))
    const within = await serve(leadingTo('/private'), 'User-agent: *\nDisallow: /private')
    const uri = await put('casts', [
      { id: 'away', uri: `${leading.url}/casts.csv` },
      { id: 'within', uri: `${within.url}/casts.csv` },
    ])
    looking(index)
    for (const { reason } of await found(uri, ['unchecked', 'unchecked']))
      expect(reason).toContain('robots.txt asks programs to stay away')
    expect(closed.asked).toEqual([])
    expect(within.asked.map(({ path }) => path)).toEqual(['/casts.csv'])
  })

  it('regression: many that lead to one host do not make it hurry', async () => {
    await open()
    const led = await serve(yes)
    const away = led.url.replace('localhost', '127.0.0.1')
    const distributions = []
    for (let at = 0; at < 4; at++) {
      const { url } = await serve(leadingTo(`${away}/${at}`))
      distributions.push({ id: `${at}`, uri: `${url}/casts.csv` })
    }
    const uri = await put('casts', distributions)
    looking(index, { host: 200 })
    await found(uri, ['up', 'up', 'up', 'up'])
    expect(led.asked).toHaveLength(4)
    const gaps = led.asked.slice(1).map(({ at }, place) => at - led.asked[place]!.at)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(120)
  })

  it('regression: a Crawl-delay is waited for between two URLs of one place too', async () => {
    await open()
    const gone: Answer = (_, response) => response.writeHead(404).end()
    const slow = await serve(gone, 'User-agent: *\nCrawl-delay: 0.2')
    const uri = await put('casts', [{ id: 'store', uri: `${slow.url}/store`, format: 'zarr' }])
    looking(index)
    expect((await found(uri, ['down']))[0]!.reason).toBe('its server answers 404')
    const gaps = slow.asked.slice(1).map(({ at }, place) => at - slow.asked[place]!.at)
    expect(new Set(slow.asked.map(({ path }) => path)).size).toBeGreaterThan(1)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(190)
  })

  it('regression: a copy whose robots.txt cannot be read is not looked at, and not down', async () => {
    await open()
    const away = await serve(yes)
    const broken = [
      await serve(yes, (_, response) => response.writeHead(503).end()),
      await serve(yes, leadingTo('http://example.org/robots.txt')),
      await serve(yes, leadingTo(`${away.url}/casts.csv`)),
      await serve(yes, leadingTo('/robots.txt')),
    ]
    const uri = await put(
      'casts',
      broken.map(({ url }, id) => ({ id: `${id}`, uri: `${url}/casts.csv` })),
    )
    looking(index)
    const seen = await found(
      uri,
      broken.map(() => 'unchecked'),
    )
    for (const { reason } of seen)
      expect(reason).toMatch(/robots.txt cannot be read, so programs stay away: /)
    expect(seen[1]!.reason).toContain("'http://example.org' is not https")
    for (const { asked } of [...broken, away]) expect(asked).toEqual([])
  })

  it('asks the host that a robots.txt leads to for its own, and keeps to that', async () => {
    await open()
    let times = 0
    const closed = await serve(yes, (_, response) => {
      times++
      response.end('User-agent: *\nDisallow: /private')
    })
    const leading = [1, 2].map(() => serve(yes, leadingTo(`${closed.url}/robots.txt`)))
    const [one, other] = [await leading[0]!, await leading[1]!]
    const uri = await put('casts', [{ id: 'a', uri: `${one.url}/private/a` }])
    looking(index)
    await found(uri, ['unchecked'])
    const more = await put('more', [{ id: 'b', uri: `${other.url}/open/b` }])
    await found(more, ['up'])
    expect(times).toBe(1)
  })

  it('goes on after a restart where it was, and forgets what no record names', async () => {
    await open('kept')
    const server = await serve(yes)
    const uri = await put('casts', [{ id: 'a', uri: `${server.url}/a` }])
    const first = looking(index)
    await found(uri, ['up'])
    await first.stop()
    await put('casts', [{ id: 'a', uri: `${server.url}/moved` }])
    // Only what is new is asked; what was seen an instant ago is not due for a day.
    looking(index)
    await found(uri, ['up'])
    expect(server.asked.map(({ path }) => path)).toEqual(['/a', '/moved'])
    await index.database
      .updateTable('availability')
      .set({ next_at: TIME })
      .where('urls', 'like', '%/a"%')
      .execute()
    await index.database.updateTable('availability_host').set({ next_at: TIME }).execute()
    await put('another', [{ id: 'b', uri: `${server.url}/b` }])
    await vi.waitFor(async () => {
      const rows = await index.database.selectFrom('availability').select('urls').execute()
      expect(rows.map(({ urls }) => new URL(JSON.parse(urls)[0]).pathname).sort()).toEqual(['/b', '/moved'])
    })
    await vi.waitFor(() => expect(server.asked.map(({ path }) => path)).toEqual(['/a', '/moved', '/b']))
  })

  it('says nothing of anybody while nothing can be reached at all', async () => {
    await open()
    const uri = await put('casts', [{ id: 'a', uri: 'https://nowhere.invalid/casts.csv' }])
    looking(index, { isOnline: () => false, retry: 60_000 })
    await vi.waitFor(async () => {
      const { next_at, failures } = await index.database
        .selectFrom('availability')
        .selectAll()
        .executeTakeFirstOrThrow()
      expect([Date.parse(next_at) > Date.now(), failures]).toEqual([true, 0])
    })
    expect((await viewOf(uri)).availability).toBeUndefined()
    await open()
    const told = await put('casts', [{ id: 'a', uri: 'https://nowhere.invalid/casts.csv' }])
    looking(index, { isOnline: () => true })
    expect((await found(told, ['down']))[0]!.reason).toContain('nowhere.invalid')
  })

  it('comes back to what an account names that was away', async () => {
    await open()
    const server = await serve(yes)
    await put('casts', [{ id: 'a', uri: `${server.url}/a` }])
    await index.store.apply(events.batch([account(ALICE, false, 'deactivated')]))
    looking(index)
    await vi.waitFor(async () => expect(await index.availability.position()).toBe(await index.updates.last()))
    expect(server.asked).toEqual([])
    await index.store.apply(events.batch([account(ALICE, true)]))
    await vi.waitFor(() => expect(server.asked).toHaveLength(1))
  })
})
