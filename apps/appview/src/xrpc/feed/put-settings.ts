import { QueryError } from '@frost/index'
import { frost } from '@frost/lexicon'
import { method } from '../method.ts'
import { settingsOf } from './get-settings.ts'

export const putSettings = method(
  frost.feed.putSettings,
  async ({ input, viewer }, services) => {
    const { quietReasons, mailAddress, mailFrequency } = input
    if (mailAddress || mailFrequency)
      throw new QueryError(
        'MailNotOffered',
        'this AppView sends no e-mail: leave mailAddress and mailFrequency out',
      )
    if (quietReasons) await services.index.readers.setQuietReasons(viewer!, quietReasons)
    return { settings: await settingsOf(services, viewer!) }
  },
  { signedIn: true },
)
