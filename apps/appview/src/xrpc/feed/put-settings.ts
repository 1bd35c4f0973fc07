import { QueryError } from '@frost/index'
import { frost } from '@frost/lexicon'
import { MailRefused } from '../../mail/mailer.ts'
import { method, type Services } from '../method.ts'
import { settingsOf } from './get-settings.ts'

export const putSettings = method(
  frost.feed.putSettings,
  async ({ input, viewer }, services) => {
    const { quietReasons, mailAddress, mailFrequency, labelers, usualLabelers } = input
    const { index } = services
    if (mailAddress === '') await index.mail.forget(viewer!)
    else if (mailAddress !== undefined) await useAddress(services, viewer!, mailAddress)
    if (mailFrequency !== undefined) await index.mail.setFrequency(viewer!, checkedFrequency(mailFrequency))
    if (quietReasons) await index.readers.setQuietReasons(viewer!, quietReasons)
    if (labelers) {
      await services.labels?.check(labelers.map(({ did }) => did))
      await index.labelers.choose(viewer!, labelers)
    } else if (usualLabelers) await index.labelers.choose(viewer!, undefined)
    if (labelers || usualLabelers) await services.labels?.refresh()
    return { settings: await settingsOf(services, viewer!) }
  },
  { signedIn: true },
)

async function useAddress({ index, mail }: Services, did: string, given: string): Promise<void> {
  if (!mail) throw new QueryError('MailNotOffered', 'this AppView sends no e-mail: leave mailAddress out')
  const address = checkedAddress(given)
  const held = await index.mail.get(did)
  if (held?.address === address && held.state === 'confirmed') return
  try {
    await mail.ask(did, address)
  } catch (error) {
    if (!(error instanceof MailRefused) || !error.isFinal) throw error
    throw new QueryError('InvalidAddress', `mailAddress '${address}' is refused by its mail server`)
  }
}

/** One address and nothing that would make it several. */
function checkedAddress(text: string): string {
  const address = text.trim()
  if (/^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+\.[^\s@<>,;:"()[\]\\.\p{Cc}]+$/u.test(address))
    return address
  throw new QueryError('InvalidAddress', `mailAddress is '${text}': write it as name@example.org`)
}

function checkedFrequency(text: string): string {
  const known = ['soon', 'daily', 'weekly', 'never']
  if (known.includes(text)) return text
  throw new QueryError('InvalidFrequency', `mailFrequency is '${text}': there are ${known.join(', ')}`)
}
