import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  readonly to: string
  readonly headers: string
  /** Decoded, all parts. */
  readonly body: string
}

/** A mail server on loopback that keeps what it takes. */
export class MailServer implements AsyncDisposable {
  readonly taken: ReceivedMail[] = []
  /** Refuses a recipient with a status; undefined takes it. */
  refusal: (to: string) => number | undefined = () => undefined
  readonly #server: SMTPServer

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: ({ address }, _, done) => {
        const status = this.refusal(address)
        done(status === undefined ? null : Object.assign(new Error('not here'), { responseCode: status }))
      },
      onData: (stream, session, done) => {
        void text(stream).then(raw => {
          const [headers = '', ...parts] = raw.split('\r\n\r\n')
          this.taken.push({
            to: session.envelope.rcptTo.map(({ address }) => address).join(),
            headers: headers.replace(/\r\n[ \t]+/g, ' '),
            body: unquoted(parts.join('\n\n')),
          })
          done()
        }, done)
      },
    })
  }

  static async open(): Promise<MailServer> {
    const server = new MailServer()
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}

/** Text in quoted-printable (RFC 2045) as it was meant. */
function unquoted(text: string): string {
  const bytes = text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
