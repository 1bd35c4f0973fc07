import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import { testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Frost, frostFor } from './run-frost.ts'

type Network = Awaited<ReturnType<typeof testNetwork>>

let network: Network
let appview: Awaited<ReturnType<typeof startAppview>>
let frost: Frost
let dataDir: string
let uri: string

beforeAll(async () => {
  network = await testNetwork()
  dataDir = await mkdtemp(join(tmpdir(), 'frost-search-'))
  appview = await startAppview({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    upstreams: [network.relayUrl],
    plcUrl: network.plcUrl,
    requestsPerWindow: 1_000_000,
    logLevel: 'silent',
  })
  const ada = await network.createAccount({ handle: 'ada-f.icehub.test' })
  frost = frostFor({ plcUrl: network.plcUrl, service: ada.service, appviewUrl: appview.url })
  await frost(['login', ada.handle, '--app-password'], { input: ada.password })
  uri = `at://${ada.did}/${nsid('dataset.entry')}/sst`
}, 60_000)

afterAll(async () => {
  await appview?.stop()
  await network?.[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true, force: true })
})

const found = async (...args: string[]) => {
  const { entries } = (await frost(['search', ...args, '--json'])).json as { entries: { uri: string }[] }
  return entries.map(entry => entry.uri)
}

describe('through a running AppView', () => {
  it('what is published is found by words and by each filter', async () => {
    const published = await frost([
      ...[
        'publish',
        's3://ocean/sst.zarr',
        '--slug',
        'sst',
        '--title',
        'Sea surface temperature of the Kuroshio',
      ],
      ...[
        '--license',
        'CC-BY-4.0',
        '--variable',
        'analysed_sst:kelvin',
        '--bbox',
        '120,20,150,45',
        '--from',
        '2002',
        '--until',
        '2003',
      ],
      ...['--doi', '10.5067/TEST-1'],
    ])
    expect(published.status).toBe(0)
    await vi.waitFor(async () => expect(await found('kuroshio temperature')).toEqual([uri]), {
      timeout: 15_000,
      interval: 200,
    })
    expect(await found('--format', 'zarr', '--license', 'CC-BY-4.0')).toEqual([uri])
    expect(await found('--variable', 'analysed_sst')).toEqual([uri])
    expect(await found('--bbox', '130,30,131,31', '--from', '2002-06', '--until', '2002-07')).toEqual([uri])
    expect(await found('--bbox', '-10,30,0,31')).toEqual([])
    expect(await found('kuroshio', '--format', 'netcdf')).toEqual([])
    const { stdout } = await frost(['search', 'kuroshio'])
    expect(stdout).toContain('ada-f.icehub.test/sst')
  })

  it('a DOI, the data’s address and the site’s page lead to it', async () => {
    for (const id of [
      '10.5067/test-1',
      'https://doi.org/10.5067/TEST-1',
      's3://ocean/sst.zarr',
      'http://127.0.0.1:4180/d/ada-f.icehub.test/sst',
    ]) {
      expect((await frost(['resolve', id])).stdout.trim()).toBe(uri)
    }
    expect((await frost(['cite', 'doi:10.5067/test-1'])).stdout).toContain('https://doi.org/10.5067/test-1')
    const unknown = await frost(['resolve', '10.9999/nothing'])
    expect(unknown.status).toBe(1)
    expect(unknown.stderr).toMatch(/no dataset is known for '10\.9999\/nothing'/)
  })

  it('derivation by address is written as a reference to the record', async () => {
    const { json } = await frost([
      'publish',
      'az://ocean/mean.zarr',
      '--title',
      'Mean',
      '--derived-from',
      's3://ocean/sst.zarr',
      '--json',
    ])
    const shown = (await frost(['show', String(json.uri), '--json'])).json as {
      record: { derivedFrom: { ref: { uri: string } }[] }
    }
    expect(shown.record.derivedFrom[0]?.ref.uri).toBe(uri)
  })

  it('goes out in the forms of other catalogues, one or all', async () => {
    const one = await frost(['export', 'sst', '--as', 'croissant'])
    expect(JSON.parse(one.stdout)).toMatchObject({
      '@type': 'sc:Dataset',
      name: 'Sea surface temperature of the Kuroshio',
      url: 'http://127.0.0.1:4180/d/ada-f.icehub.test/sst',
      distribution: [{ contentUrl: 's3://ocean/sst.zarr' }],
    })
    const { json } = await frost(['export', '10.5067/test-1', '--as', 'datacite', '--json'])
    expect(json).toMatchObject({ uri, as: 'datacite', document: { doi: '10.5067/test-1' } })
    const record = (await frost(['export', 'sst', '--as', 'json'])).stdout
    expect(JSON.parse(record)).toMatchObject({ $type: nsid('dataset.entry') })
    await vi.waitFor(async () => expect(await found('mean')).toHaveLength(1), {
      timeout: 15_000,
      interval: 200,
    })
    const folder = join(dataDir, 'exported')
    for (const [args, count] of [
      [['--all', '--actor', 'ada-f.icehub.test'], 2],
      [['--all'], 2],
    ] as const) {
      const { stdout } = await frost(['export', ...args, '--as', 'stac'])
      const lines = stdout.trim().split('\n')
      expect(lines.map(line => JSON.parse(line).type)).toEqual(Array(count).fill('Collection'))
    }
    const all = ['export', '--all', '--as', 'datacite-xml', '-o', folder, '--json']
    expect((await frost(all)).json).toMatchObject({ exported: 2, written: 2 })
    expect((await frost(all)).json).toMatchObject({ exported: 2, written: 0 })
    expect(await readFile(join(folder, 'ada-f.icehub.test', 'sst.xml'), 'utf8')).toContain('10.5067/test-1')
    // Without its account a container has no address in the web, and a Data Package no path.
    const packages = await frost(['export', '--all', '--as', 'datapackage'])
    expect(packages.stdout.trim().split('\n')).toHaveLength(1)
    expect(packages.stderr).toMatch(/warning: format 'datapackage' is no form of at:/)
    const [mean = ''] = await found('mean')
    expect(await frost(['export', mean, '--as', 'datapackage'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('choose another --as'),
    })
    for (const wrong of [
      ['--as', 'pdf', 'sst'],
      ['--as', 'stac'],
      ['--as', 'stac', 'sst', '--all'],
      ['--as', 'cff', '--all'],
    ])
      expect(await frost(['export', ...wrong])).toMatchObject({ status: 2, stdout: '' })
  })

  it('what its owner warns of stands with it, in results and where it is shown', async () => {
    const better = (await frost(['publish', 's3://ocean/sst-2.zarr', '--title', 'Warmer', '--json'])).json.uri
    const said = await frost([
      ...['notice', 'sst', '--kind', 'superseded', '--text', 'Two years more'],
      ...['--replaced-by', String(better)],
    ])
    expect(said.stderr).toBe('')
    const line = new RegExp(`superseded since \\d{4}-\\d{2}-\\d{2}: Two years more; use ${better}`)
    await vi.waitFor(
      async () =>
        expect((await frost(['search', 'kuroshio'])).stdout.replace(/\s+/g, ' ')).toMatch(/superseded since/),
      { timeout: 15_000, interval: 200 },
    )
    expect((await frost(['show', 'sst'])).stdout.replace(/\s+/g, ' ')).toMatch(line)
    expect((await frost(['show', 'sst', '--json'])).json).toMatchObject({
      notices: [{ kind: 'superseded', replacedBy: { uri: better } }],
    })
  })

  it('a wrong cursor is refused in one line', async () => {
    const { status, stderr } = await frost(['search', 'x', '--cursor', 'nonsense'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/cursor/i)
  })

  it('what is unpublished is found no more', async () => {
    await frost(['unpublish', 'sst', '--yes'])
    await vi.waitFor(async () => expect(await found('kuroshio')).toEqual([]), {
      timeout: 15_000,
      interval: 200,
    })
  })
})
