/**
 * Every record of the carried content keeps its lexicon, down to the names of its fields: validators let unknown
 * fields pass, so that a misspelt one would be carried and never seen.
 */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nsid, recordHints, validateRecord } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { planSeed, readSeed } from './seed-plan.ts'

interface Definition {
  type: string
  ref?: string
  refs?: string[]
  items?: Definition
  properties?: Record<string, Definition>
  record?: Definition
}

const root = fileURLToPath(new URL('../../../lexicons/', import.meta.url))
const lexicons = new Map(
  globSync('**/*.json', { cwd: root }).map(name => {
    const { id, defs } = JSON.parse(readFileSync(root + name, 'utf8'))
    return [id as string, defs as Record<string, Definition>]
  }),
)

const files = await readSeed(fileURLToPath(new URL('../seed', import.meta.url)))
const plan = await planSeed(files, {
  authority: nsid('').slice(0, -1),
  dids: new Map(files.map(({ account: { handle } }) => [handle, did(handle)])),
  storeUrl: path => `http://localhost:4190/${path}`,
})
const records = plan.flatMap(level =>
  [...level].flatMap(([handle, planned]) =>
    planned.map(({ collection, rkey, value }) => ({
      at: `${handle}/${collection}/${rkey}`,
      collection,
      value,
    })),
  ),
)

describe('the records of the carried content', () => {
  it('are all planned', () => {
    const written = files.reduce((sum, file) => sum + file.records.length + (file.profile ? 1 : 0), 0)
    expect(records.length).toBe(written)
  })

  it.each(records)('$at', ({ collection, value }) => {
    expect(validateRecord(collection, value)).toMatchObject({ ok: true })
    expect(recordHints(value as object)).toEqual([])
    expect(misspelt(value, { type: 'ref', ref: collection }, collection, '')).toEqual([])
    expect(Buffer.byteLength(JSON.stringify(value))).toBeLessThan(32_768)
  })
})

/** A well-formed DID of nobody. */
function did(handle: string): string {
  const letters = [...createHash('sha256').update(handle).digest()]
  return `did:plc:${letters
    .map(byte => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32])
    .join('')
    .slice(0, 24)}`
}

/** Paths of the fields that the lexicon does not name, and of union members that it does not know. */
function misspelt(value: unknown, definition: Definition, lexicon: string, path: string): string[] {
  const { type, items, properties, record, refs = [] } = definition
  if (type === 'record') return misspelt(value, record!, lexicon, path)
  if (type === 'array')
    return (value as unknown[]).flatMap(each => misspelt(each, items!, lexicon, `${path}[]`))
  if (type === 'object')
    return Object.entries(value as object)
      .filter(([name]) => name !== '$type')
      .flatMap(([name, each]) =>
        properties?.[name]
          ? misspelt(each, properties[name], lexicon, `${path}.${name}`)
          : [`${path}.${name}`],
      )
  if (type !== 'ref' && type !== 'union') return []
  const ref = type === 'ref' ? definition.ref! : String((value as { $type?: string }).$type)
  if (type === 'union' && !refs.includes(ref)) return [`${path} is a ${ref}`]
  const [id, name = 'main'] = ref.split('#') as [string, string?]
  return misspelt(value, lexicons.get(id || lexicon)![name]!, id || lexicon, path)
}
