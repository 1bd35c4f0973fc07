import { jsonToLex } from '@atproto/lex'
import { type LexiconDoc, Lexicons } from '@atproto/lexicon'
import { describe, expect, it } from 'vitest'
import { brokenExamples } from './corpus/invalid.ts'
import { examples } from './corpus/valid.ts'
import { allDocuments, lexiconDocuments } from './documents.ts'
import { nsid, RECORD_NSIDS } from './nsid.ts'
import { recordHints, validateRecord } from './validation.ts'

const stock = new Lexicons(structuredClone(allDocuments) as unknown as LexiconDoc[])

function stockAccepts(collection: string, record: unknown): boolean {
  try {
    stock.assertValidRecord(collection, record)
    return true
  } catch {
    return false
  }
}

describe('the lexicons', () => {
  it('have an example of every record type', () => {
    expect(examples.map(({ name }) => nsid(name)).sort()).toEqual(RECORD_NSIDS)
  })

  it.each(examples)('take the example of $name, by both validators', ({ name, record }) => {
    expect(validateRecord(nsid(name), jsonToLex(record as never))).toMatchObject({ ok: true })
    expect(stockAccepts(nsid(name), record)).toBe(true)
    expect(recordHints(record)).toEqual([])
  })

  it.each(brokenExamples)('refuse a $name where $why, by both validators', ({ name, record }) => {
    const validity = validateRecord(nsid(name), jsonToLex(record as never))
    expect(validity.ok).toBe(false)
    expect(stockAccepts(nsid(name), record)).toBe(false)
  })

  it('never name a record as a group is named', () => {
    const parts = RECORD_NSIDS.map(id => id.split('.').slice(-2) as [string, string])
    const groups = new Set(parts.map(([group]) => group))
    expect(parts.filter(([, name]) => groups.has(name))).toEqual([])
  })

  it('describe every definition and every field', () => {
    const bare: string[] = []
    const walk = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null) return
      const { type, properties } = value as {
        type?: string
        properties?: Record<string, { description?: string }>
      }
      if (properties && type !== undefined) {
        for (const [name, field] of Object.entries(properties))
          if (!field.description) bare.push(`${path}.${name}`)
      }
      for (const [name, item] of Object.entries(value)) walk(item, `${path}.${name}`)
    }
    for (const { id, defs } of lexiconDocuments) walk(defs, id)
    expect(bare).toEqual([])
  })

  it('bound every string and list, and close no list of values', () => {
    const unbounded: string[] = []
    const walk = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null) return
      const { type, format, maxLength, items } = value as Record<string, unknown>
      if (typeof type === 'string') {
        if (type === 'string' && format === undefined && maxLength === undefined) unbounded.push(path)
        if (type === 'array' && (maxLength === undefined || items === undefined)) unbounded.push(path)
        if ('enum' in value || 'closed' in value) unbounded.push(`${path} is closed`)
      }
      for (const [name, item] of Object.entries(value)) walk(item, `${path}.${name}`)
    }
    for (const { id, defs } of lexiconDocuments) walk(defs, id)
    expect(unbounded).toEqual([])
  })
})
