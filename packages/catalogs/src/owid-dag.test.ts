import { type JsonValue, jsonToLex } from '@atproto/lex'
import { definition, nsid, validateRecord } from '@frost/lexicon'
import { expect, it } from 'vitest'
import type { CatalogItem, Home, RecordJson } from './item.ts'
import { owidDag } from './owid-dag.ts'

const time = '2026-01-01T00:00:00.000Z'
const cid = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const home: Home = { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', cid: () => cid }
const entry = (rkey: string) => `at://${home.did}/${nsid('dataset.entry')}/${rkey}`

const read = (text: string) => [...owidDag([{ name: 'main.yml', text }], time)]
function recordsOf(items: CatalogItem[]): RecordJson[] {
  const records = items.flatMap(({ recordsIn }) => [...(recordsIn?.(home) ?? [])].map(({ record }) => record))
  for (const record of records)
    expect(validateRecord(record.$type, jsonToLex(record as JsonValue) as never)).toMatchObject({ ok: true })
  return records
}

it('a step is a version of a dataset, made from what stands below it', () => {
  const items = read(`steps:
  data://grapher/wb/2024-05-06/wdi:
    - data-private://garden/wb/2024-05-06/wdi:
      - snapshot://wb/2024/wdi.zip
      - github://open-numbers/gapminder
  data://garden/wb/latest/wdi: !!set
    ? data://garden/wb/2024-05-06/wdi
`)
  expect(items.map(({ id }) => id)).toEqual([
    'snapshot://wb/2024/wdi.zip',
    'data://garden/wb/2024-05-06/wdi',
    'data://grapher/wb/2024-05-06/wdi',
    'data://garden/wb/latest/wdi',
  ])
  const records = recordsOf(items)
  expect(records.map(({ title, version }) => title ?? version)).toEqual([
    'wdi.zip (snapshot)',
    '2024',
    'wdi (garden)',
    '2024-05-06',
    'wdi (grapher)',
    '2024-05-06',
  ])
  const [, snapshot, living, garden] = records
  expect(living).toMatchObject({
    publisher: { name: 'Our World in Data' },
    derivedFrom: [{ ref: { $type: definition('recordRef'), uri: expect.stringContaining('.version/') } }],
  })
  expect(snapshot).toMatchObject({
    dataset: entry('snapshot.wb.wdi.zip'),
    releasedAt: '2024-01-01T00:00:00.000Z',
  })
  expect(garden).toMatchObject({
    dataset: entry('garden.wb.wdi'),
    entry: { uri: entry('garden.wb.wdi'), cid },
    derivedFrom: [
      { ref: { $type: definition('recordRef'), cid } },
      { ref: { $type: definition('urlRef'), uri: 'https://github.com/open-numbers/gapminder' } },
    ],
  })
})

it('says what cannot be carried over, and carries the rest', () => {
  const items = read(`steps:
  data://garden/a/2024-01-01/b:
    - data://garden/a/2024-01-01/c
    - not a step
  data://garden/a/2024-01-01/d:
    - data://garden/a/2024-01-01/e:
      - data://garden/a/2024-01-01/d
data://garden/a/2024-01-01/f:
`)
  expect(items.flatMap(({ id, problem }) => (problem ? [[id, problem]] : []))).toEqual([
    ['not a step', expect.stringContaining('is no step: write scheme://')],
    ['data://garden/a/2024-01-01/f', expect.stringContaining("stands outside 'steps' in main.yml")],
    ['data://garden/a/2024-01-01/d', expect.stringContaining('is made from itself')],
    ['data://garden/a/2024-01-01/e', expect.stringContaining('is made from itself')],
  ])
  expect(recordsOf(items)).toHaveLength(4)
  expect(() => read('include: [a.yml]')).toThrow("holds no 'steps'")
})
