import { frost } from '@frost/lexicon'
import { method, type Services } from '../method.ts'

export const getSettings = method(
  frost.feed.getSettings,
  async ({ viewer }, services) => ({ settings: await settingsOf(services, viewer!) }),
  { signedIn: true },
)

export async function settingsOf({ index, mail }: Services, did: string) {
  const [{ quietReasons }, held, labelers] = await Promise.all([
    index.readers.get(did),
    index.mail.get(did),
    index.labelers.of(did),
  ])
  return {
    quietReasons: [...quietReasons],
    mailOffered: mail !== undefined,
    ...(labelers && { labelers }),
    ...(held && { mail: { address: held.address, frequency: held.frequency, state: held.state } }),
  }
}
