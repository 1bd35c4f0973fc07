import { cpSync, existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppViewConfig } from '@frost/appview'
import { configFromEnv } from '@frost/gateway/config'
import { startGateway } from '@frost/gateway/gateway'
import { definition, nsid } from '@frost/lexicon'
import { sharedPath } from '../shared.ts'
import { newAccount, type Stand, stand } from '../stand.ts'
import { writeSamples } from './sample-data.ts'

const ENTRY = nsid('dataset.entry')
/** A picture of one pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export interface PreviewWorld extends AsyncDisposable {
  readonly world: Stand
  readonly gatewayUrl: string
  /** Whether the fixtures beside the repository are there. */
  readonly hasFixtures: boolean
  readonly pathOf: (rkey: string) => string
}

/** A network whose object store holds the samples, an AppView that knows them as datasets, and a gateway that may read that store. */
export async function previewWorld(appview: Partial<AppViewConfig> = {}): Promise<PreviewWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'frost-samples-'))
  await writeSamples(folder)
  await writeFile(join(folder, 'map.png'), Buffer.from(PIXEL, 'base64'))
  const fixtures = sharedPath('fixtures', 'data')
  for (const name of ['geotiff', 'netcdf', 'icechunk'])
    if (fixtures && existsSync(join(fixtures, name)))
      cpSync(join(fixtures, name), join(folder, name), { recursive: true })
  const world = await stand({ network: { storeDir: folder }, appview })
  const { port } = new URL(world.network.store.url)
  const data = await mkdtemp(join(tmpdir(), 'frost-gateway-'))
  const gateway = await startGateway({
    ...configFromEnv({
      FROST_DATA: data,
      FROST_GATEWAY_LOOPBACK_PORTS: port,
      FROST_GATEWAY_WORKERS: '2',
      FROST_LOG_LEVEL: 'silent',
    }),
    port: 0,
  })
  await publish(world)
  return {
    world,
    gatewayUrl: gateway.url,
    hasFixtures: fixtures !== undefined,
    pathOf: rkey => `/d/oceanlab.icehub.test/${rkey}`,
    async [Symbol.asyncDispose]() {
      await gateway.stop()
      await world[Symbol.asyncDispose]()
      await Promise.all([folder, data].map(path => rm(path, { recursive: true, force: true })))
    },
  }
}

type Fields = Record<string, unknown>

/** Of each dataset: its key, title and one place; more where a list says so. */
async function publish(world: Stand): Promise<void> {
  const { agent, did } = await newAccount(world.network, 'oceanlab')
  const { url } = world.network.store
  const at = (path: string, format: string, more: Fields = {}) => ({
    id: format,
    uri: `${url}/${path}`,
    format,
    ...more,
  })
  const entries: Record<string, Fields> = {
    air: {
      title: 'Air temperature of a made-up Earth',
      description: 'Monthly fields of air temperature with seasons, on a grid of two degrees.',
      distributions: [at('air.zarr', 'zarr'), at('air.nc', 'netcdf')],
    },
    sparse: { title: 'A store without its chunks', distributions: [at('sparse.zarr', 'zarr')] },
    co2: { title: 'Carbon dioxide by month', distributions: [at('series.nc', 'netcdf')] },
    stations: { title: 'Stations with long numbers', distributions: [at('stations.parquet', 'parquet')] },
    gone: { title: 'A table that is not there', distributions: [at('nowhere.csv', 'csv')] },
    payable: {
      title: 'A bucket whose reader pays',
      distributions: [{ id: 'cog', uri: 's3://payable/a.tif', format: 'cog', requesterPays: true }],
    },
    closed: {
      title: 'Genomes under controlled access',
      access: { level: 'controlled' },
      distributions: [{ id: 'csv', uri: 's3://closed/a.csv', format: 'csv' }],
    },
    bucket: {
      title: 'What lies in a bucket',
      image: { $type: definition('urlRef'), uri: `${url}/map.png` },
      distributions: [{ id: 'all', uri: 's3://air.zarr', endpoint: url, format: 'zarr' }],
    },
    rain: { title: 'Rainfall of one day', distributions: [at('geotiff/gpm_1d.20240617.tif', 'cog')] },
    glacier: {
      title: 'Bed of the Vanderford Glacier',
      distributions: [at('geotiff/GA4886_VanderfordGlacier_2022_EGM2008_64m-epsg3031.cog', 'cog')],
    },
    basins: { title: 'Basins of the ocean', distributions: [at('netcdf/basin_mask.nc', 'netcdf')] },
  }
  for (const [rkey, record] of Object.entries(entries))
    await agent.com.atproto.repo.putRecord({
      repo: did,
      collection: ENTRY,
      rkey,
      record: { $type: ENTRY, createdAt: '2025-01-01T00:00:00.000Z', ...record },
      validate: false,
    })
  const { index } = world.appview.services
  await world.until(
    () => index.status(),
    ({ counts, seq, searchSeq }) => counts[ENTRY] === Object.keys(entries).length && searchSeq === seq,
  )
}
