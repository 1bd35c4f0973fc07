import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import type { MailCatcher } from './mail.ts'

const LARGEST_MAIL = 1024 * 1024

/** A mail server that keeps what it takes in the box's catcher. */
export interface MailDrop {
  /** `smtp://127.0.0.1:PORT` */
  readonly url: string
  stop(): Promise<void>
}

/** Starts a mail server on a free port of loopback: nothing leaves the machine, nobody needs to sign in. */
export async function startMailDrop(mails: MailCatcher): Promise<MailDrop> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    size: LARGEST_MAIL,
    onData: (stream, { envelope }, done) => {
      void text(stream).then(raw => {
        const { subject, body } = readMail(raw)
        for (const { address } of envelope.rcptTo)
          mails.deliver({ pds: 'appview', to: address, subject, html: body })
        done()
      }, done)
    },
  })
  // A peer that goes away in the middle of a mail is its own affair.
  server.on('error', () => undefined)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    stop: () => new Promise(resolve => server.close(() => resolve())),
  }
}

/** Subject and text of a mail as FROST sends it: parts in quoted-printable (RFC 2045), a subject in ASCII. */
export function readMail(raw: string): { readonly subject: string; readonly body: string } {
  const end = raw.indexOf('\r\n\r\n')
  const headers = raw.slice(0, end).replace(/\r\n[ \t]+/g, ' ')
  const subject = /^Subject: (.*)$/im.exec(headers)?.[1]?.trim() ?? ''
  const bytes = raw
    .slice(end + 4)
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return { subject, body: Buffer.from(bytes, 'latin1').toString() }
}
