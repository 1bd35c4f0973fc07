import type { MiddlewareHandler } from 'hono'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Services } from './xrpc/method.ts'

/** What an operator watches, in Prometheus' text format under `/metrics`. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = new Histogram({
    name: 'frost_request_duration_seconds',
    help: 'Time to answer, by method and status',
    labelNames: ['method', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [this.#registry],
  })

  constructor(services: Services) {
    collectDefaultMetrics({ register: this.#registry })
    this.#watchSync(services)
    this.#watchIndex(services)
  }

  #watchSync({ consumer }: Services): void {
    const registers = [this.#registry]
    new Gauge({
      name: 'frost_upstream_lag_seconds',
      help: 'Age of the newest event taken from an upstream',
      labelNames: ['upstream'],
      registers,
      collect() {
        for (const { url, lagSeconds } of consumer.status().upstreams)
          this.set({ upstream: url }, lagSeconds ?? 0)
      },
    })
    new Gauge({
      name: 'frost_upstream_connected',
      help: '1 while the firehose of an upstream is connected',
      labelNames: ['upstream'],
      registers,
      collect() {
        for (const { url, connected } of consumer.status().upstreams)
          this.set({ upstream: url }, connected ? 1 : 0)
      },
    })
    new Gauge({
      name: 'frost_sync_queued_events',
      help: 'Events received and not yet stored',
      registers,
      collect() {
        this.set(consumer.status().queued)
      },
    })
    new Counter({
      name: 'frost_sync_events_total',
      help: 'Events by outcome',
      labelNames: ['outcome'],
      registers,
      collect() {
        this.reset()
        for (const [outcome, count] of Object.entries(consumer.status().counters))
          this.inc({ outcome }, count)
      },
    })
  }

  #watchIndex({ index }: Services): void {
    const registers = [this.#registry]
    new Gauge({
      name: 'frost_records',
      help: 'Valid records of active accounts',
      labelNames: ['collection'],
      registers,
      async collect() {
        const { counts } = await index.status()
        this.reset()
        for (const [collection, count] of Object.entries(counts)) this.set({ collection }, count)
      },
    })
    new Gauge({
      name: 'frost_hosts',
      help: 'Hosts that accounts live at, by whether they are there or gone for good',
      labelNames: ['state'],
      registers,
      async collect() {
        const { known, gone } = await index.hosts.counts()
        this.set({ state: 'there' }, known - gone)
        this.set({ state: 'gone' }, gone)
      },
    })
    new Gauge({
      name: 'frost_copies',
      help: 'Places where data lies, by what was found there',
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset()
        for (const [state, count] of await index.availability.counts()) this.set({ state }, count)
      },
    })
    new Gauge({
      name: 'frost_search_lag_updates',
      help: 'Updates that search has not taken in yet',
      registers,
      async collect() {
        const { seq, searchSeq } = await index.status()
        this.set(seq - searchSeq)
      },
    })
  }

  /** Times every request; unknown paths share one label, so that strangers cannot grow the registry. */
  middleware(known: ReadonlySet<string>): MiddlewareHandler {
    return async (c, next) => {
      const stop = this.#requests.startTimer()
      await next()
      const name = c.req.path.replace(/^\/xrpc\//, '')
      stop({ method: known.has(name) ? name : 'other', status: c.res.status })
    }
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }
}
