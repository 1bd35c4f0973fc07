import { type JsonValue, jsonToLex } from '@atproto/lex'
import { readCatalog } from '@frost/catalogs'
import { validateRecord } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'

const corpora = [
  ['aws-open-data', 'aws-open-data', 960],
  ['stac', 'earth-engine-stac', 905],
  ['stac', 'nasa-cmr-stac', 4978],
  ['croissant', 'croissant', 43],
  ['leap', 'leap', 32],
] as const

const time = '2026-01-01T00:00:00.000Z'

describe.each(corpora)('%s of %s', (catalog, folder, count) => {
  const path = sharedPath('corpora', folder)

  it.skipIf(path === undefined)(
    `gives ${count} valid records, each under its own key, alike at every reading`,
    { timeout: 60_000 },
    async () => {
      const keys = new Map<string, string>()
      for await (const { id, problem, records } of readCatalog(catalog, path!, time)) {
        expect({ id, problem }).toEqual({ id, problem: undefined })
        const [{ rkey, record } = expect.unreachable(id)] = records
        const result = validateRecord(record.$type, jsonToLex(record as JsonValue) as never)
        expect({ id, result }).toMatchObject({ id, result: { ok: true } })
        expect(String(record.title).trim()).not.toBe('')
        keys.set(rkey, JSON.stringify(record))
      }
      expect(keys.size).toBe(count)
      for await (const { records } of readCatalog(catalog, path!, time))
        expect(JSON.stringify(records[0]!.record)).toBe(keys.get(records[0]!.rkey))
    },
  )
})
