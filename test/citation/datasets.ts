import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Citable, citableOf, type EntryLike } from '@frost/catalogs/citation/index'
import { nsid } from '@frost/lexicon'

const folder = fileURLToPath(new URL('../../apps/network/seed/', import.meta.url))

interface SeedFile {
  readonly profile?: { readonly name: string }
  readonly records: readonly {
    readonly collection: string
    readonly rkey: string
    readonly record: EntryLike
  }[]
}

/** A DID and a CID as they are shaped; whose they are does not matter to a format. */
const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const CID = 'bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae'

/** The real datasets that a first start publishes, those with most to tell first. */
export function realDatasets(): Citable[] {
  const files = readdirSync(folder).filter(name => name.endsWith('.json'))
  const citables = files.flatMap(name => {
    const { profile, records } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as SeedFile
    return records
      .filter(({ collection }) => collection === 'dataset.entry')
      .map(({ rkey, record }) =>
        citableOf(record, {
          uri: `at://${DID}/${nsid('dataset.entry')}/${rkey}`,
          cid: CID,
          page: `https://frost.example/d/ada.example/${rkey}`,
          account: profile?.name,
        }),
      )
  })
  const tells = ({ doi, creators, keywords, version }: Citable) =>
    (doi ? 10 : 0) + creators.length + keywords.length / 100 + (version ? 1 : 0)
  return citables.sort((a, b) => tells(b) - tells(a) || a.uri.localeCompare(b.uri))
}
