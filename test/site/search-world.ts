import { definition, nsid } from '@frost/lexicon'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'

const ENTRY = nsid('dataset.entry')

type Fields = Record<string, unknown>

const box = (west: number, south: number, east: number, north: number) => ({
  bbox: { west: `${west}`, south: `${south}`, east: `${east}`, north: `${north}` },
})

/** Of each dataset: its key, and what its record says beside the date. */
const DATASETS: Readonly<Record<string, Fields>> = {
  mur: {
    title: 'Sea surface temperature of the whole ocean',
    description: `A daily analysis.\n\n${'It is made of many things. '.repeat(30)}The foundation temperature is found by optimal interpolation.`,
    creators: [{ name: 'Ada Lovelace' }, { name: 'Grace Hopper' }],
    subjects: [{ term: 'Oceanography' }, { term: 'Climate' }],
    rights: [{ spdx: 'CC-BY-4.0' }],
    distributions: [{ id: 'zarr', uri: 's3://ocean/mur.zarr', format: 'zarr' }],
    models: [
      {
        $type: definition('arrayModel'),
        variables: [{ name: 'analysed_sst', standardName: 'sea_surface_temperature', units: 'K' }],
      },
    ],
    coverage: { spatial: [box(-180, -90, 180, 90)], temporal: [{ start: '2002-06', ongoing: true }] },
  },
  fiji: {
    title: 'Reefs of Fiji',
    description: 'Coral cover at forty reefs, with water temperature.',
    creators: [{ name: 'Grace Hopper' }],
    subjects: [{ term: 'Coral reefs' }],
    rights: [{ spdx: 'CC-BY-SA-4.0' }],
    distributions: [{ id: 'csv', uri: 'https://example.org/reefs.csv', format: 'csv' }],
    coverage: { spatial: [box(177, -20, -178, -15)], temporal: [{ start: '1998', end: '2006' }] },
  },
  baltic: {
    title: 'Buoys of the Baltic Sea',
    description: 'Hourly water temperature and salinity.',
    subjects: [{ term: 'Oceanography' }],
    rights: [{ spdx: 'CC0-1.0' }],
    distributions: [
      { id: 'zarr', uri: 's3://ocean/buoys.zarr', format: 'zarr' },
      { id: 'csv', uri: 'https://example.org/buoys.csv', format: 'csv' },
    ],
    models: [{ $type: definition('arrayModel'), variables: [{ name: 'salinity' }, { name: 'sst' }] }],
    coverage: { spatial: [box(9, 53, 30, 66)], temporal: [{ start: '2001', ongoing: true }] },
  },
  genomes: {
    title: 'Genomes of cod',
    description: 'Reads and assemblies.',
    subjects: [{ term: 'Genomics' }],
    rights: [{ spdx: 'CC0-1.0' }],
    distributions: [{ id: 'bam', uri: 's3://cod/reads.bam', format: 'bam' }],
  },
}

export interface SearchWorld {
  readonly world: Stand
  readonly reader: { readonly handle: string; readonly password: string }
}

/** A network with datasets of several kinds, places and times, of two publishers, and somebody who looks for them. */
export async function searchWorld(): Promise<SearchWorld> {
  const world = await stand()
  const ocean = await newAccount(world.network, 'oceanlab')
  const cod = await newAccount(world.network, 'codlab')
  await putRecord(ocean, 'actor.profile', 'self', { name: 'Ocean Laboratory', kind: 'organization' })
  for (const [rkey, record] of Object.entries(DATASETS))
    await putRecord(rkey === 'genomes' ? cod : ocean, 'dataset.entry', rkey, record)
  for (let number = 0; number < 24; number++)
    await putRecord(ocean, 'dataset.entry', `survey-${number}`, {
      title: `Survey ${number} of the shelf`,
      subjects: [{ term: `Leg ${number}` }],
      distributions: [{ id: 'csv', uri: `https://example.org/${number}.csv`, format: 'csv' }],
      coverage: {
        spatial: [box(-60 + number, 40, -58 + number, 42)],
        temporal: [{ start: `${1970 + number}`, end: `${1972 + number}` }],
      },
    })
  const { index } = world.appview.services
  await world.until(
    () => index.status(),
    ({ counts, seq, searchSeq }) => counts[ENTRY] === Object.keys(DATASETS).length + 24 && searchSeq === seq,
  )
  const { handle, password } = await world.network.createAccount({ handle: 'reader' })
  return { world, reader: { handle, password } }
}
