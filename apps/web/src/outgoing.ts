import { guardedConnector } from '@frost/reader/guard/connector'
import { Agent, Dispatcher, setGlobalDispatcher } from 'undici'

/**
 * Bounds what this process may be led to ask for by what strangers write (handles, DID documents, addresses of servers): public
 * addresses over https, and the site's own services.
 * @param trusted addresses of the services that the operator has named
 */
export function guardOutgoing(trusted: readonly string[]): void {
  setGlobalDispatcher(new Guard(new Set(trusted.map(url => new URL(url).origin))))
}

class Guard extends Dispatcher {
  readonly #trusted: ReadonlySet<string>
  readonly #plain = new Agent()
  readonly #guarded = new Agent({
    connect: guardedConnector({ connectTimeout: 8_000 }),
    connections: 10,
    headersTimeout: 20_000,
    bodyTimeout: 20_000,
    maxHeaderSize: 32 * 1024,
  })

  constructor(trusted: ReadonlySet<string>) {
    super()
    this.#trusted = trusted
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { origin } = new URL(String(options.origin))
    if (this.#trusted.has(origin)) return this.#plain.dispatch(options, handler)
    if (!origin.startsWith('https:')) throw new Error(`${origin} is not asked: it is no https address`)
    return this.#guarded.dispatch(options, handler)
  }

  override async close(): Promise<void> {
    await Promise.all([this.#plain.close(), this.#guarded.close()])
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.#plain.destroy(), this.#guarded.destroy()])
  }
}
