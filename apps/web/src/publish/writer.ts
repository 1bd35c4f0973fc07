import { XrpcError } from '@atproto/lex'
import { AppView as ClientAppView } from '@frost/client/appview'
import { describeError } from '@frost/client/describe-error'
import { FrostError } from '@frost/client/errors'
import type { LookupOptions } from '@frost/client/lookup'
import { Repository } from '@frost/client/repository'
import { frost } from '@frost/lexicon'
import type { Context } from 'hono'
import type { AppView } from '../appview.ts'
import type { WebConfig } from '../config.ts'
import { Unreadable } from '../gateway.ts'
import type { Sessions } from '../session/sessions.ts'
import { type Acting, SessionEnded, type SiteEnv } from '../session/viewer.ts'

/** Somebody who writes: their repository, and how references are looked up for them. */
export interface Writer {
  readonly acting: Acting
  readonly repository: Repository
  readonly lookup: LookupOptions
}

/** Longest that a page waits until the AppView has read what was written. */
const PATIENCE_MILLISECONDS = 6_000
const STEP_MILLISECONDS = 60

/** Lets people write through the site, and waits until what they wrote is to be seen. */
export class Writers {
  readonly #config: WebConfig
  readonly #appview: AppView
  readonly #sessions: Sessions
  readonly #resolver: ClientAppView

  constructor(config: WebConfig, appview: AppView, sessions: Sessions) {
    this.#config = config
    this.#appview = appview
    this.#sessions = sessions
    this.#resolver = new ClientAppView(config.appviewUrl)
  }

  /** @throws SessionEnded where whoever asks is not signed in */
  async of(c: Context<SiteEnv>): Promise<Writer> {
    const acting = await this.#sessions.acting(c)
    const { did, pds, handle, agent } = acting
    return {
      acting,
      repository: new Repository({ agent }),
      lookup: { settings: this.#config.settings, self: { did, pds, handle }, appview: this.#resolver },
    }
  }

  /**
   * Waits until the AppView has read their repository up to a revision, so that the next page shows what they wrote.
   * @returns false where it has not within a few seconds
   */
  async isRead({ acting: { agent, did, pds } }: Writer, rev: string | undefined): Promise<boolean> {
    const end = Date.now() + PATIENCE_MILLISECONDS
    let hasAsked = false
    for (let step = STEP_MILLISECONDS; ; step = Math.min(step * 2, 1_000)) {
      const read = await this.#appview.callAs(agent, frost.feed.getSettings, {}).catch(() => undefined)
      if (read?.rev !== undefined && (rev === undefined || read.rev >= rev)) return true
      if (Date.now() + step > end) return false
      if (!hasAsked && step > 4 * STEP_MILLISECONDS) {
        // No relay may know their server: the AppView is told of it.
        hasAsked = true
        await this.#appview.follow(did, pds).catch(() => undefined)
      }
      await new Promise(resolve => setTimeout(resolve, step))
    }
  }
}

/** Whether an error means that only a new sign-in helps. */
export function isSessionOver(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++)
    if (cause instanceof SessionEnded || /^Token(Refresh|Revoked|Invalid)Error$/.test(cause.constructor.name))
      return true
  return false
}

/** What went wrong at a write, for the person; other errors are thrown on. */
export function problemOf(error: unknown): string {
  if (isSessionOver(error))
    return 'Your session at your own server has ended, and nothing was written. Sign in again in another tab, then press the button once more: what you typed is still here.'
  if (error instanceof FrostError) {
    const text = error.message.replaceAll(/(^|[\s(])--([a-z-]+)/g, '$1$2')
    return text.charAt(0).toUpperCase() + text.slice(1)
  }
  if (error instanceof Unreadable) return `The data cannot be read, and nothing was written: ${error.message}`
  if (error instanceof XrpcError)
    return `Your server refused it, and nothing was written: ${describeError(error)}`
  throw error
}
