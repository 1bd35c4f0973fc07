import type { MiddlewareHandler } from 'hono'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { DiskCache } from '../cache/disk-cache.ts'
import type { Pool } from '../pool/pool.ts'

const PATHS = new Set([
  '/describe',
  '/preview.json',
  '/preview.png',
  '/export',
  '/formats',
  '/_health',
  '/metrics',
])

/** What an operator watches, in Prometheus' text format under `/metrics`. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = new Histogram({
    name: 'frost_request_duration_seconds',
    help: 'Time to answer, by path and status',
    labelNames: ['path', 'status'] as const,
    buckets: [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [this.#registry],
  })
  readonly #exported = new Counter({
    name: 'frost_gateway_exported_bytes_total',
    help: 'Bytes of exports that were sent',
    registers: [this.#registry],
  })
  readonly #exports = new Counter({
    name: 'frost_gateway_exports_total',
    help: 'Exports by how they ended; left: by the client, cut: by a failure midway',
    labelNames: ['outcome'],
    registers: [this.#registry],
  })

  constructor(pool: Pool, cache: DiskCache) {
    collectDefaultMetrics({ register: this.#registry })
    this.#watchPool(pool)
    this.#watchCache(cache)
  }

  #watchPool(pool: Pool): void {
    const registers = [this.#registry]
    new Gauge({
      name: 'frost_gateway_workers',
      help: 'Processes that read, by state',
      labelNames: ['state'],
      registers,
      collect() {
        const { starting, ready, busy } = pool.status
        this.set({ state: 'starting' }, starting)
        this.set({ state: 'idle' }, ready - busy)
        this.set({ state: 'busy' }, busy)
      },
    })
    new Gauge({
      name: 'frost_gateway_workers_resident_bytes',
      help: 'Memory of all of them together',
      registers,
      collect() {
        this.set(pool.memory)
      },
    })
    new Gauge({
      name: 'frost_gateway_queued_requests',
      help: 'Requests that wait for a process',
      registers,
      collect() {
        this.set(pool.status.queued)
      },
    })
    new Counter({
      name: 'frost_gateway_worker_deaths_total',
      help: 'Processes that ended, by cause; closed: exchanged for a fresh one',
      labelNames: ['cause'],
      registers,
      collect() {
        this.reset()
        for (const [cause, count] of Object.entries(pool.deaths)) this.inc({ cause }, count)
      },
    })
  }

  #watchCache(cache: DiskCache): void {
    const registers = [this.#registry]
    new Gauge({
      name: 'frost_gateway_cache_bytes',
      help: 'Bytes of the answers that are kept',
      registers,
      collect() {
        this.set(cache.bytes)
      },
    })
    new Counter({
      name: 'frost_gateway_cache_total',
      help: 'Uses of the cache, by outcome',
      labelNames: ['outcome'],
      registers,
      collect() {
        this.reset()
        for (const [outcome, count] of Object.entries(cache.counts)) this.inc({ outcome }, count)
      },
    })
  }

  exported(outcome: 'whole' | 'left' | 'cut', bytes = 0): void {
    this.#exports.inc({ outcome })
    this.#exported.inc(bytes)
  }

  /** Times every request; unknown paths share one label, so that strangers cannot grow the registry. */
  middleware(): MiddlewareHandler {
    return async (c, next) => {
      const stop = this.#requests.startTimer()
      await next()
      stop({ path: PATHS.has(c.req.path) ? c.req.path : 'other', status: c.res.status })
    }
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }
}
