import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ObjectStore, startObjectStore } from '@frost/network/object-store/server'
import type { Distribution } from '@frost/web/preview/readable-copy'
import { snippetsFor } from '@frost/web/snippets/languages'
import { placeOf } from '@frost/web/snippets/place'
import type { Snippet } from '@frost/web/snippets/snippet'
import { transformSync } from 'esbuild'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { writeSamples } from './sample-data.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Debian's, which has the scientific libraries; another one may come first on PATH. */
const PYTHON = '/usr/bin/python3'
const DEADLINE = 120_000

interface Case {
  readonly path: string
  readonly copy: Omit<Distribution, 'id' | 'uri'>
  /** What every language must have printed. */
  readonly prints: RegExp
  /** Whether the record says that it is a table. */
  readonly isTable?: boolean
}

/** Each command reads three times: one case for each kind of format says all. */
const BY_COMMAND = [
  'air.zarr',
  'air.json',
  'air.nc',
  'stations.csv',
  'stations.parquet',
  'geotiff/LisbonElevation.tif',
]

const fixtures = sharedPath('fixtures', 'data')
const CASES: readonly Case[] = [
  { path: 'air.zarr', copy: { format: 'zarr' }, prints: /anomaly/ },
  { path: 'nested.zarr', copy: { format: 'zarr', path: 'monthly' }, prints: /anomaly/ },
  { path: 'image.zarr', copy: { format: 'ome-zarr' }, prints: /multiscales|Near-surface/ },
  { path: 'air.json', copy: { format: 'kerchunk' }, prints: /tas/ },
  { path: 'air.nc', copy: { format: 'netcdf' }, prints: /anomaly/ },
  { path: 'air.nc', copy: { format: 'netcdf', contentSize: '999999999' }, prints: /anomaly/ },
  { path: 'air.nc', copy: { format: 'hdf5' }, prints: /anomaly/ },
  { path: 'stations.csv', copy: { format: 'csv' }, prints: /9007199254740993/ },
  { path: 'stations.tsv', copy: { format: 'tsv' }, prints: /9007199254740993/ },
  { path: 'stations.ndjson', copy: { format: 'ndjson' }, prints: /Station 2/ },
  { path: 'stations.parquet', copy: { format: 'parquet' }, prints: /9007199254740993/ },
  { path: 'stations.arrow', copy: { format: 'arrow' }, prints: /9007199254740993/ },
  { path: 'rows.json', copy: { format: 'json' }, isTable: true, prints: /Adélie/ },
  { path: 'tree.json', copy: { format: 'json' }, prints: /Adélie/ },
  ...(fixtures
    ? [
        { path: 'netcdf/eraint_uvz.nc', copy: { format: 'netcdf' }, prints: /latitude/ },
        { path: 'geotiff/LisbonElevation.tif', copy: { format: 'cog' }, prints: /547/ },
      ]
    : []),
]

describe('snippets as they are shown', () => {
  let folder: string
  let store: ObjectStore
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frost-snippets-'))
    await writeSamples(folder)
    moreSamples(folder)
    store = await startObjectStore({ folder })
  })
  afterAll(async () => {
    await store?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const shown = CASES.flatMap(({ path, copy, prints, isTable }) => {
    const at = (url: string) =>
      placeOf({ id: 'data', uri: `${url}/${path}`, ...copy } as Distribution, { isTable })!
    return snippetsFor(at('http://127.0.0.1:1'))
      .filter(
        ({ language }) =>
          language !== 'Command line' ||
          (BY_COMMAND.includes(path) && copy.format !== 'hdf5' && !copy.contentSize),
      )
      .flatMap(({ language, snippets }) =>
        snippets.map(({ title }) => ({
          name: `${path} as ${copy.format}${copy.contentSize ? ', large' : ''}: ${language}, ${title}`,
          language,
          prints,
          again: () =>
            snippetsFor(at(store.url))
              .find(one => one.language === language)!
              .snippets.find(one => one.title === title)!,
          missing: missingFor(language, snippets.find(one => one.title === title)!),
        })),
      )
  })

  for (const { name, language, prints, again, missing } of shown) {
    if (missing) console.warn(`skipped ${name}: ${missing}`)
    it.skipIf(missing !== undefined)(
      name,
      async () => {
        const { status, said } = await run(language, again())
        expect(said, said.slice(-1_500)).toMatch(prints)
        expect(status, said.slice(-1_500)).toBe(0)
      },
      DEADLINE,
    )
  }
})

describe('snippets of any record', () => {
  const seed = fileURLToPath(new URL('../../apps/network/seed/', import.meta.url))
  const copies = readdirSync(seed)
    .filter(name => name.endsWith('.json'))
    .flatMap(name => JSON.parse(readFileSync(join(seed, name), 'utf8')).records)
    .flatMap(({ record }) => (record.distributions ?? []) as Distribution[])
    .map(copy => (typeof copy.uri === 'string' ? copy : { ...copy, uri: 'http://127.0.0.1:4190/file.csv' }))

  it('are programs: of everything that is there at the first start', () => {
    const texts = copies.flatMap(copy => codeOf(copy))
    expect(texts.length).toBeGreaterThan(300)
    areSound(texts)
  })

  it('are programs, whatever an address, a group or a region holds', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(...`"'\\$\`{};()#%&|<> \nabé\u2028🧊/:.`),
      maxLength: 24,
    })
    const texts = new Set<string>()
    const parts = fc.tuple(
      fc.constantFrom('https://example.org/', 's3://bucket/', 'gs://bucket/', 'az://box@account/'),
      fc.constantFrom(
        'zarr',
        'icechunk',
        'kerchunk',
        'netcdf',
        'cog',
        'parquet',
        'csv',
        'json',
        'arrow',
        'iceberg',
      ),
      hostile,
      hostile,
      fc.boolean(),
    )
    for (const [start, format, name, inner, requesterPays] of fc.sample(parts, 300)) {
      const copy = { id: 'x', uri: start + name, format, path: inner, region: inner, requesterPays }
      for (const text of codeOf({ ...copy, endpoint: `https://store.example.org/${inner}` } as Distribution))
        texts.add(text)
    }
    areSound([...texts])
  })
})

function codeOf(copy: Distribution): string[] {
  const place = placeOf(copy)
  if (place === undefined) return []
  return snippetsFor(place).flatMap(({ language, snippets }) =>
    snippets.map(({ code }) => `${language}\n${code}`),
  )
}

/** Python, JavaScript and the shell read each text whole; none is longer than what it says (an address may not add a statement). */
function areSound(texts: readonly string[]): void {
  const of = (language: string) =>
    texts.filter(text => text.startsWith(`${language}\n`)).map(text => text.slice(language.length + 1))
  for (const code of of('JavaScript')) transformSync(code, { format: 'esm' })
  for (const code of of('Command line')) {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' })
    expect(status, `${code}\n${stderr}`).toBe(0)
  }
  if (!existsSync(PYTHON)) return console.warn(`skipped the grammar of Python: there is no ${PYTHON}`)
  const check =
    'import ast, json, sys\nfor code in json.load(sys.stdin):\n    try: ast.parse(code)\n    except SyntaxError as error: sys.exit(code + "\\n" + str(error))'
  const { status, stderr } = spawnSync(PYTHON, ['-c', check], {
    input: JSON.stringify(of('Python')),
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
}

/** What else one meets: groups, an image's levels, references into another store, JSON of both kinds. */
function moreSamples(folder: string): void {
  const air = join(folder, 'air.zarr')
  cpSync(air, join(folder, 'nested.zarr', 'monthly'), { recursive: true })
  writeFileSync(join(folder, 'nested.zarr', '.zgroup'), '{"zarr_format":2}')
  const { metadata } = JSON.parse(readFileSync(join(air, '.zmetadata'), 'utf8'))
  const nested = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`monthly/${key}`, value]))
  writeFileSync(
    join(folder, 'nested.zarr', '.zmetadata'),
    JSON.stringify({ zarr_consolidated_format: 1, metadata: { '.zgroup': { zarr_format: 2 }, ...nested } }),
  )
  cpSync(join(air, 'tas'), join(folder, 'image.zarr', '0'), { recursive: true })
  writeFileSync(join(folder, 'image.zarr', '.zgroup'), '{"zarr_format":2}')
  const multiscales = [{ version: '0.4', axes: ['t', 'y', 'x'], datasets: [{ path: '0' }] }]
  writeFileSync(join(folder, 'image.zarr', '.zattrs'), JSON.stringify({ multiscales }))
  const csv = readFileSync(join(folder, 'stations.csv'), 'utf8')
  writeFileSync(
    join(folder, 'stations.tsv'),
    csv
      .split('\n')
      .filter(line => !line.includes('"'))
      .join('\n')
      .replaceAll(',', '\t'),
  )
  const rows = [{ species: 'Adélie', mass: 3750, sex: null }]
  writeFileSync(join(folder, 'rows.json'), JSON.stringify(rows))
  writeFileSync(join(folder, 'tree.json'), JSON.stringify({ title: 'Adélie', parts: { rows } }))
  const refs: Record<string, string> = {}
  for (const name of readdirSync(air, { recursive: true, encoding: 'utf8' }))
    if (/(^|\/)[.\d][\w.]*$/.test(name) && !name.endsWith('.zmetadata'))
      refs[name] = `base64:${readFileSync(join(air, name)).toString('base64')}`
  writeFileSync(join(folder, 'air.json'), JSON.stringify({ version: 1, refs }))
  for (const name of ['netcdf', 'geotiff'])
    if (fixtures) cpSync(join(fixtures, name), join(folder, name), { recursive: true })
}

const MODULES: Readonly<Record<string, string>> = { netcdf4: 'netCDF4' }
const known = new Map<string, boolean>()

/** In words, what this machine lacks to run a snippet. */
function missingFor(language: string, { needs = '', code }: Snippet): string | undefined {
  if (language === 'R' || language === 'Julia') {
    const command = language === 'R' ? 'Rscript' : 'julia'
    if (!has('sh', ['-c', `command -v ${command}`])) return `${language} is not installed here`
    return 'packages of its own'
  }
  if (language === 'JavaScript') {
    const packages = [...code.matchAll(/from '([^']+)'/g)].map(([, name]) => name!)
    const lacking = packages.find(
      name =>
        !name.startsWith('node:') &&
        !existsSync(join(root, 'node_modules', name.split('/', name.startsWith('@') ? 2 : 1).join('/'))),
    )
    return lacking && `the package ${lacking} is not installed here`
  }
  if (language !== 'Python') return undefined
  if (!existsSync(PYTHON)) return `there is no ${PYTHON}`
  const modules = needs
    .replace(/^pip install /, '')
    .split(' ')
    .filter(Boolean)
  const lacking = modules.find(name => !has(PYTHON, ['-c', `import ${MODULES[name] ?? name}`]))
  return lacking && `the Python package ${lacking} is not installed here`
}

function has(command: string, args: readonly string[]): boolean {
  const key = [command, ...args].join(' ')
  if (!known.has(key)) known.set(key, spawnSync(command, args, { stdio: 'ignore' }).status === 0)
  return known.get(key)!
}

/** Runs a snippet as a reader would: as a file in an empty folder, with the packages that it names within reach. */
async function run(language: string, { code }: Snippet): Promise<{ status: number | null; said: string }> {
  const place = await mkdtemp(join(tmpdir(), 'frost-snippet-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
    const [command, name] = {
      Python: [PYTHON, 'snippet.py'],
      JavaScript: [process.execPath, 'snippet.mjs'],
      'Command line': ['sh', 'snippet.sh'],
    }[language] as [string, string]
    mkdirSync(join(place, 'home'))
    writeFileSync(join(place, name), language === 'Command line' ? `set -e\n${code}\n` : code)
    return await new Promise((resolve, reject) => {
      const child = spawn(command, [name], {
        cwd: place,
        env: {
          ...process.env,
          HOME: join(place, 'home'),
          PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
        },
      })
      let said = ''
      child.stdout.on('data', chunk => (said += chunk))
      child.stderr.on('data', chunk => (said += chunk))
      child.on('error', reject)
      child.on('close', status => resolve({ status, said }))
    })
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}
