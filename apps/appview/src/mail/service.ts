import type { Index } from '@frost/index'
import { notificationsSince } from '@frost/index/queries/notifications'
import type { ReaderMailRow } from '@frost/index/reader-mail'
import { toJsonText } from '@frost/index/updates'
import { confirmationMail, digestMail, MOST_TOLD, type Places, type Told } from './letter.ts'
import { Mailer, type MailerOptions, MailRefused } from './mailer.ts'

const LOOK_MILLISECONDS = 60_000

export interface MailServiceOptions extends MailerOptions, Places {
  readonly onError: (error: unknown) => void
}

/** Tells people by e-mail what concerns them, as often as they want. */
export class MailService {
  readonly #index: Index
  readonly #options: MailServiceOptions
  readonly #mailer: Mailer
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isStopped = false

  constructor(index: Index, options: MailServiceOptions) {
    this.#index = index
    this.#options = options
    this.#mailer = new Mailer(options)
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MILLISECONDS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#timer)
    await this.#running
    await this.#mailer.close()
  }

  /** Sends what is due by now; one such round at a time. */
  async look(now = Date.now()): Promise<void> {
    const ahead = now - Date.now()
    this.#running ??= this.#round(() => Date.now() + ahead).finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  /** Sends the link that confirms an address. @throws QueryError TooManyMails; MailRefused */
  async ask(did: string, address: string): Promise<void> {
    const token = await this.#index.mail.ask(did, address)
    await this.#mailer.send(confirmationMail(address, token, this.#options))
  }

  async #round(clock: () => number): Promise<void> {
    try {
      for (const reader of await this.#index.mail.due(clock())) {
        if (this.#isStopped) return
        await this.#tell(reader, clock())
      }
    } catch (error) {
      this.#options.onError(error)
    }
  }

  async #tell(reader: ReaderMailRow, now: number): Promise<void> {
    const { mail, readers, database } = this.#index
    const { seenAt } = await readers.get(reader.did)
    const since = seenAt > reader.told_until ? seenAt : reader.told_until
    const { newest, count, until } = await notificationsSince(database, reader.did, since, MOST_TOLD)
    const told = JSON.parse(toJsonText(newest)) as Told[]
    if (told.length === 0) return mail.told(reader, now, until)
    await mail.begun(reader, now)
    try {
      await this.#mailer.send(digestMail(reader, told, count, this.#options))
    } catch (error) {
      if (!(error instanceof MailRefused)) throw error
      await mail.refused(reader, error.isFinal)
      this.#options.onError(error)
      return
    }
    await mail.told(reader, now, until)
  }
}
