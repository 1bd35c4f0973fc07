import { frost } from '@frost/lexicon'
import { method, type Services } from '../method.ts'

export const getSettings = method(
  frost.feed.getSettings,
  async ({ viewer }, services) => ({ settings: await settingsOf(services, viewer!) }),
  { signedIn: true },
)

export async function settingsOf({ index }: Services, did: string) {
  const { quietReasons } = await index.readers.get(did)
  return { quietReasons: [...quietReasons], mailOffered: false }
}
