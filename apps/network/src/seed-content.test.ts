/**
 * The content of `apps/network/seed`: every record keeps its lexicon, every reference has a target, and what is
 * said about the files of `vega-datasets` is what the files say.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { DataType, type Schema, tableFromIPC } from 'apache-arrow'
import { describe, expect, it } from 'vitest'

interface SeedRecord {
  collection: string
  rkey: string
  record: Json
}
interface SeedFile {
  account: { handle: string; pds: string }
  profile: Json
  records: SeedRecord[]
}
type Json = { [key: string]: JsonValue }
type JsonValue = string | number | boolean | null | JsonValue[] | Json
interface Column {
  name: string
  type: string
  nullable?: boolean
}

const folder = fileURLToPath(new URL('../seed/', import.meta.url))
const vega = new URL('../data/', `file://${createRequire(import.meta.url).resolve('vega-datasets')}`)
const names = readdirSync(folder).filter(name => name.endsWith('.json'))
const files = names.map(name => JSON.parse(readFileSync(folder + name, 'utf8')) as SeedFile)
const all = files.flatMap(file =>
  file.records.map(entry => ({ ...entry, key: `${file.account.handle}/${entry.collection}/${entry.rkey}` })),
)
const byKey = new Map(all.map(entry => [entry.key, entry]))
const handles = new Set(files.map(file => file.account.handle))
const entries = all.filter(entry => entry.collection === 'dataset.entry')

/** Every object inside a value, itself included. */
function* objects(value: JsonValue): Generator<Json> {
  if (Array.isArray(value)) for (const item of value) yield* objects(item)
  else if (value !== null && typeof value === 'object') {
    yield value
    for (const item of Object.values(value)) yield* objects(item)
  }
}

/** The values of one kind of placeholder inside a value. */
function placeholders(value: JsonValue, name: '$seed' | '$seedRef' | '$did' | '$store'): string[] {
  return [...objects(value)].filter(object => name in object).map(object => String(object[name]))
}

/** Nodes of a circle of references among the seed, or undefined: records are written in the order of references. */
function circle(): string[] | undefined {
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  const visit = (key: string): string[] | undefined => {
    if (state.get(key) === 'done') return undefined
    if (state.get(key) === 'open') return [...path.slice(path.indexOf(key)), key]
    state.set(key, 'open')
    path.push(key)
    for (const target of placeholders(byKey.get(key)?.record ?? {}, '$seedRef')) {
      const found = visit(target)
      if (found) return found
    }
    path.pop()
    state.set(key, 'done')
    return undefined
  }
  for (const { key } of all) {
    const found = visit(key)
    if (found) return found
  }
  return undefined
}

describe('the content of the seed', () => {
  it('names each file after its account and places it on a PDS of the box', () => {
    for (const [at, { account }] of files.entries()) {
      expect(names[at]).toBe(`${account.handle}.json`)
      expect(account.handle).toMatch(/^[a-z0-9](?:[a-z0-9-]{1,16})[a-z0-9]$/)
      expect(['icehub', 'icebucket']).toContain(account.pds)
    }
    expect(handles.size).toBe(files.length)
  })

  it('gives every record an rkey of its own', () => {
    expect(byKey.size).toBe(all.length)
    for (const { rkey } of all) expect(rkey).toMatch(/^[A-Za-z0-9._:~-]{1,512}$/)
  })

  it('points only to accounts and records that exist, and never in a circle of strong references', () => {
    for (const { key, record } of all) {
      for (const target of [...placeholders(record, '$seed'), ...placeholders(record, '$seedRef')])
        expect(byKey.has(target), `${key} points to ${target}`).toBe(true)
      for (const target of placeholders(record, '$did'))
        expect(handles.has(target), `${key} points to the account ${target}`).toBe(true)
    }
    expect(circle()).toBeUndefined()
  })

  it('holds at least 75 entries beside those of vega-datasets, of at least ten fields of science and many formats', () => {
    const real = entries.filter(({ key }) => !key.startsWith('vega/'))
    const fields = new Set<JsonValue>()
    const formats = new Set<JsonValue>()
    for (const { record } of real) {
      for (const subject of list(record.subjects)) if (subject.scheme) fields.add(subject.term as string)
      for (const distribution of list(record.distributions)) formats.add(distribution.format as string)
    }
    expect(real.length).toBeGreaterThanOrEqual(75)
    expect(fields.size).toBeGreaterThanOrEqual(10)
    expect(formats.size).toBeGreaterThanOrEqual(20)
  })

  it('gives at least 15 datasets a history of several versions, in order and pinned', () => {
    const versions = all.filter(({ collection }) => collection === 'dataset.version')
    const byDataset = Map.groupBy(versions, ({ record }) => placeholders(record.dataset!, '$seed')[0])
    expect([...byDataset.values()].filter(of => of.length > 1).length).toBeGreaterThanOrEqual(15)
    for (const { key, record } of versions) {
      const dataset = placeholders(record.dataset!, '$seed')[0]
      expect(placeholders(record.entry!, '$seedRef'), key).toEqual([dataset])
      const previous = record.previous && byKey.get(placeholders(record.previous, '$seedRef')[0]!)?.record
      if (previous) expect(String(previous.releasedAt) < String(record.releasedAt), key).toBe(true)
      const ids = list(byKey.get(dataset!)!.record.distributions).map(({ id }) => id)
      for (const pin of list(record.pins)) if (pin.distribution) expect(ids, key).toContain(pin.distribution)
    }
  })

  it('uses each id of a distribution once and refers only to those there are', () => {
    for (const { key, record } of entries) {
      const distributions = list(record.distributions)
      const ids = distributions.map(({ id }) => id)
      expect(new Set(ids).size, key).toBe(ids.length)
      for (const { of } of distributions) if (of) expect(ids, key).toContain(of)
      for (const model of list(record.models))
        for (const { id } of list(model.distributions)) expect(ids, key).toContain(id)
      const processes = list(record.processes).map(({ id }) => id)
      for (const { process } of list(record.derivedFrom))
        if (process) expect(processes, key).toContain(process)
    }
  })

  it('writes identifiers that pass their own check digits', () => {
    for (const object of files.flatMap(file => [...objects(file as unknown as Json)])) {
      const value = String(object.value)
      if (object.scheme === 'ror') expect(rorIsSound(value), value).toBe(true)
      if (object.scheme === 'orcid') expect(orcidIsSound(value), value).toBe(true)
      if (object.scheme === 'doi') expect(value).toMatch(/^10\.\d{4,9}\/\S+$/)
    }
  })

  it('writes dates that can be, none before 1970 or in the future of the records that follow', () => {
    for (const { key, record } of all)
      for (const name of ['createdAt', 'releasedAt']) {
        const value = record[name]
        if (value === undefined) continue
        expect(new Date(String(value)).toISOString(), key).toBe(value)
        expect(String(value) > '1970' && String(value) < '2026-11', key).toBe(true)
      }
  })
})

describe('the files of vega-datasets', () => {
  const described = entries.filter(({ record }) => placeholders(record, '$store').length > 0)

  it('are described at least twelve times', () => expect(described.length).toBeGreaterThanOrEqual(12))

  it.each(described.map(entry => [entry.key, entry.record] as const))(
    '%s says what its file says',
    (_, record) => {
      for (const distribution of list(record.distributions)) {
        const path = placeholders(distribution, '$store')[0]!
        const bytes = readFileSync(new URL(path.replace(/^vega\//, ''), vega))
        expect(distribution.contentSize).toBe(String(bytes.length))
        expect(distribution.digests).toEqual([{ algorithm: 'sha-256', value: sha256(bytes) }])
      }
      const distributions = new Map(list(record.distributions).map(each => [each.id, each]))
      for (const model of list(record.models)) {
        const at = distributions.get(list(model.distributions)[0]?.id ?? list(record.distributions)[0]!.id)!
        const file = placeholders(at, '$store')[0]!.replace(/^vega\//, '')
        if (model.$type === '@defs#tableModel') {
          const columns = list(model.columns) as unknown as Column[]
          expect(
            columns.map(({ name, type, nullable }) => ({ name, type, nullable: nullable ?? false })),
          ).toEqual(columnsOf(file, String(at.format)))
          expect(model.columnCount).toBe(columns.length)
          if (model.rowCount) expect(model.rowCount).toBe(String(rowsOf(file, String(at.format))))
        }
        if (model.$type === '@defs#arrayModel') {
          const raster = JSON.parse(readFileSync(new URL(file, vega), 'utf8'))
          const sizes = new Map(list(model.dims).map(({ name, size }) => [name, size]))
          expect([sizes.get('height'), sizes.get('width')]).toEqual([raster.height, raster.width])
          expect(raster.values.length).toBe(raster.width * raster.height)
        }
      }
    },
  )

  it('are pinned by their true digest where another dataset derives from them', () => {
    let pinned = 0
    for (const { key, record } of all)
      for (const { ref } of list(record.derivedFrom)) {
        const { pin, distribution, uri } = ref as Json
        if ((pin as Json | undefined)?.scheme !== 'digest') continue
        const source = byKey.get(placeholders(uri!, '$seed')[0]!)!
        const file = list(source.record.distributions).find(({ id }) => id === distribution)!
        expect((pin as Json).value, key).toBe(`sha256:${list(file.digests)[0]!.value}`)
        pinned++
      }
    expect(pinned).toBeGreaterThanOrEqual(2)
  })
})

/** A list of objects that may be absent. */
function list(value: JsonValue | undefined): Json[] {
  return (value ?? []) as Json[]
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** ROR: six characters of Crockford's base32 and a check of ISO 7064 mod 97-10 (ror.readme.io). */
function rorIsSound(value: string): boolean {
  const [, digits, check] = /^0([0-9a-hjkmnp-tv-z]{6})(\d\d)$/.exec(value) ?? []
  if (digits === undefined) return false
  const number = [...digits].reduce(
    (sum, digit) => sum * 32 + '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(digit),
    0,
  )
  return 98 - ((number * 100) % 97) === Number(check)
}

/** ORCID: fifteen digits and a check of ISO 7064 mod 11-2. */
function orcidIsSound(value: string): boolean {
  if (!/^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/.test(value)) return false
  const digits = [...value.replaceAll('-', '')]
  const sum = digits.slice(0, -1).reduce((total, digit) => (total + Number(digit)) * 2, 0)
  const check = (12 - (sum % 11)) % 11
  return digits.at(-1) === (check === 10 ? 'X' : String(check))
}

/** Columns with Arrow types: declared by Arrow and Parquet files, inferred from all values of text and JSON. */
function columnsOf(file: string, format: string): Column[] {
  const bytes = readFileSync(new URL(file, vega))
  if (format === 'arrow') return arrowColumns(tableFromIPC(bytes).schema)
  if (format === 'parquet') {
    // The footer carries the Arrow schema as base64 of an IPC message, which begins with its continuation marker.
    const footer = bytes.subarray(-8 - bytes.readUInt32LE(bytes.length - 8)).toString('latin1')
    const schema = /\/{5}[A-Za-z0-9+/]+=*/.exec(footer)![0]
    return arrowColumns(tableFromIPC(Buffer.from(schema, 'base64')).schema)
  }
  if (format === 'csv' || format === 'tsv') {
    const text = bytes.toString('utf8')
    const [header, ...rows] = parseCsv(format === 'tsv' ? text.replaceAll('\t', ',') : text)
    return header!.map((name, at) =>
      inferColumn(
        name,
        rows.map(row => row[at] || null),
      ),
    )
  }
  const document = JSON.parse(bytes.toString('utf8'))
  const rows: Json[] =
    format === 'geojson' ? document.features.map((each: Json) => each.properties) : document
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const inferred = columns.map(name =>
    inferColumn(
      name,
      rows.map(row => row[name] as string | number | null),
    ),
  )
  return format === 'geojson'
    ? [...inferred, { name: 'geometry', type: 'binary', nullable: false }]
    : inferred
}

function rowsOf(file: string, format: string): number {
  const bytes = readFileSync(new URL(file, vega))
  if (format === 'arrow') return tableFromIPC(bytes).numRows
  if (format === 'csv' || format === 'tsv') return parseCsv(bytes.toString('utf8')).length - 1
  const document = JSON.parse(bytes.toString('utf8'))
  return (format === 'geojson' ? document.features : document).length
}

function arrowColumns(schema: Schema): Column[] {
  return schema.fields.map(({ name, type, nullable }) => ({ name, type: arrowName(type), nullable }))
}

function arrowName(type: DataType): string {
  if (DataType.isTimestamp(type)) return `timestamp[${['s', 'ms', 'us', 'ns'][type.unit]}]`
  if (DataType.isLargeUtf8(type)) return 'large_utf8'
  return String(type).toLowerCase()
}

function inferColumn(name: string, values: (string | number | null | undefined)[]): Column {
  const present = values.filter(value => value !== null && value !== undefined).map(String)
  const every = (pattern: RegExp) => present.every(value => pattern.test(value))
  const numeric = !values.some(value => typeof value === 'string' && /^0\d/.test(value))
  const type =
    numeric && every(/^-?\d+$/)
      ? 'int64'
      : numeric && every(/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i)
        ? 'float64'
        : every(/^\d{4}-\d\d-\d\d$/)
          ? 'date32'
          : every(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
            ? 'timestamp[s]'
            : 'utf8'
  return { name, type, nullable: present.length < values.length }
}

/** RFC 4180: fields may be quoted, with doubled quotes and line ends inside. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  for (const line of text.replaceAll('\r\n', '\n').match(/(?:"(?:[^"]|"")*"|[^"\n])+/g) ?? [])
    rows.push(
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      ),
    )
  return rows
}
