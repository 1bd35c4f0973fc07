import type { Index } from '@frost/index'
import { readFilter } from '@frost/index/updates'
import { HttpClient } from '@frost/sync/http'
import type { UpdateHub } from '../updates/hub.ts'
import { type SenderTools, WebhookSender } from './sender.ts'

export interface WebhookServiceOptions {
  /** Plain http to this machine is delivered to: in a local network, or when the operator wants it. */
  readonly allowLoopbackHttp: boolean
  readonly onError: (error: unknown) => void
  readonly retryDelay?: SenderTools['retryDelay']
}

/** A sender for every webhook, those that come and go while it runs included. */
export class WebhookService {
  readonly #index: Index
  readonly #tools: SenderTools
  readonly #http: HttpClient
  readonly #senders = new Map<string, WebhookSender>()
  /** Changes are followed one after another. */
  #last: Promise<void> = Promise.resolve()
  #isStopped = false
  readonly #unsubscribe: () => void

  constructor(index: Index, hub: UpdateHub, options: WebhookServiceOptions) {
    this.#index = index
    this.#http = new HttpClient({ allowLoopbackHttp: options.allowLoopbackHttp }, 'frost-webhooks')
    const { onError, retryDelay } = options
    this.#tools = { hub, webhooks: index.webhooks, http: this.#http, onError, retryDelay }
    this.#unsubscribe = index.webhooks.onChange(id => this.#follow(() => this.#renew(id)))
  }

  /** Begins to deliver what waits and what comes. */
  start(): void {
    this.#follow(async () => {
      for (const { id } of await this.#index.webhooks.list()) await this.#renew(id)
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe()
    await this.#last
    await Promise.all([...this.#senders.values()].map(sender => sender.stop()))
    this.#http.close()
  }

  #follow(change: () => Promise<void>): void {
    this.#last = this.#last.then(change).catch(this.#tools.onError)
  }

  /** Lets the sender of a webhook begin anew from what is stored; ends it if the webhook is gone. */
  async #renew(id: string): Promise<void> {
    await this.#senders.get(id)?.stop()
    this.#senders.delete(id)
    const hook = await this.#index.webhooks.get(id)
    if (!hook || this.#isStopped) return
    try {
      const filter = await readFilter(this.#index.database, JSON.parse(hook.filter))
      const sender = new WebhookSender(hook, filter, this.#tools)
      this.#senders.set(id, sender)
      sender.wake()
    } catch (error) {
      const last_error = `the filter cannot be read: ${(error as Error).message}`
      await this.#index.webhooks.update(id, { state: 'disabled', last_error })
    }
  }
}
