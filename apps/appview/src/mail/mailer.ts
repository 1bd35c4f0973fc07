import type { Transporter } from 'nodemailer'

export interface Mail {
  readonly to: string
  /** `<…@…>`; one is made where it is absent. */
  readonly messageId?: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface MailerOptions {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  readonly smtpUrl: string
  /** `FROST <no-reply@example.org>`. */
  readonly from: string
}

/** A refusal by the receiving server; final where trying again would not help. */
export class MailRefused extends Error {
  readonly isFinal: boolean

  constructor(cause: unknown) {
    const {
      message,
      responseCode = 0,
      command,
    } = cause as Error & {
      responseCode?: number
      command?: string
    }
    super(`the mail was not taken: ${message}`, { cause })
    // A server that refuses the sender or the login refuses everybody: that is not the address's fault.
    this.isFinal = responseCode >= 500 && command === 'RCPT TO'
  }
}

/** Sends mail through one SMTP server. */
export class Mailer {
  readonly #options: MailerOptions
  #transport: Promise<Transporter> | undefined

  constructor(options: MailerOptions) {
    this.#options = options
  }

  /** @throws MailRefused */
  async send({ headers, ...mail }: Mail): Promise<void> {
    const transport = await this.#open()
    try {
      await transport.sendMail({
        ...mail,
        from: this.#options.from,
        headers: { 'Auto-Submitted': 'auto-generated', ...headers },
        // Text that strangers wrote names no file and no address to be read into the mail.
        disableFileAccess: true,
        disableUrlAccess: true,
      })
    } catch (cause) {
      throw new MailRefused(cause)
    }
  }

  async close(): Promise<void> {
    ;(await this.#transport)?.close()
  }

  #open(): Promise<Transporter> {
    this.#transport ??= import('nodemailer').then(({ createTransport }) =>
      createTransport(this.#options.smtpUrl),
    )
    return this.#transport
  }
}
