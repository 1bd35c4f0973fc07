import { describe, expect, it } from 'vitest'
import { MailCatcher } from './mail.ts'

const mail = (to: string, html = '') => ({ pds: 'icehub', to, subject: 'Code', html })

describe('MailCatcher', () => {
  it('keeps mail by address and finds the code in it', () => {
    const mails = new MailCatcher(':memory:')
    mails.deliver(mail('ada@example.com', '<b>ABCDE-FGH23</b>'))
    mails.deliver(mail('lin@example.com', 'no code'))
    expect(mails.list('ADA@example.com')).toMatchObject([{ to: 'ada@example.com', token: 'ABCDE-FGH23' }])
    expect(mails.list('lin@example.com')[0]).not.toHaveProperty('token')
    expect(mails.list()).toHaveLength(2)
    mails.close()
  })

  it('waits for mail that has not come yet, and not for ever', async () => {
    const mails = new MailCatcher(':memory:')
    const { id } = mails.deliver(mail('ada@example.com', 'first'))
    const next = mails.next('ada@example.com', { after: id })
    mails.deliver(mail('lin@example.com', 'for another'))
    mails.deliver(mail('ada@example.com', 'second'))
    expect((await next).html).toBe('second')
    await expect(mails.next('eve@example.com', { timeoutMs: 20 })).rejects.toThrow(
      'no mail to eve@example.com',
    )
    mails.close()
  })
})
