import { Mailer } from '@frost/appview/mail/mailer'
import { MailCatcher } from '@frost/network/mail'
import { startMailDrop } from '@frost/network/smtp'
import { expect, it } from 'vitest'

it('a mail sent by SMTP is kept by the catcher, with the link in it', async () => {
  const mails = new MailCatcher(':memory:')
  const drop = await startMailDrop(mails)
  const mailer = new Mailer({ smtpUrl: drop.url, from: 'FROST <no-reply@localhost>' })
  const text = `${'Temperature in °C. '.repeat(10)}\n\nhttp://localhost:4181/mail/confirm?token=abc`
  await mailer.send({ to: 'ada@example.com', subject: 'Confirm', text, html: `<p>${text}</p>` })
  expect(mails.list('ada@example.com')).toMatchObject([
    { pds: 'appview', subject: 'Confirm', link: 'http://localhost:4181/mail/confirm?token=abc' },
  ])
  expect(mails.list()[0]!.html).toContain('Temperature in °C.')
  await mailer.close()
  await drop.stop()
  mails.close()
})
