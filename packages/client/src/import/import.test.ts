import { appendFile, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ImportItem, importItems } from './importer.ts'
import { Journal } from './journal.ts'
import { handleLabels } from './publisher-accounts.ts'

describe('labels for a publisher’s handle', () => {
  it.each([
    ['National Oceanic and Atmospheric Administration (NOAA)', 'noaa'],
    ['Met Office', 'met-office'],
    ['European Centre for Medium-Range Weather Forecasts', 'ecmrwf'],
    ['国立天文台', [...handleLabels('国立天文台')][0]],
  ])('%s → %s', (publisher, label) => expect([...handleLabels(publisher)][0]).toBe(label))

  it('are accepted by PDSes and several, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), publisher => {
        const labels = [...handleLabels(publisher)]
        expect(labels.length).toBeGreaterThan(0)
        expect(new Set(labels).size).toBe(labels.length)
        for (const label of labels) expect(label).toMatch(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])$/)
        for (const label of labels) expect(label.length).toBeLessThanOrEqual(18)
      }),
    )
  })
})

describe('the journal of an import', () => {
  it('remembers what an interrupted run has written, also behind a torn line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'frost-journal-'))
    const first = await Journal.open(folder, ['leap', '/x'])
    await first.add([{ uri: 'at://a/b/c', cid: 'bafy1' }])
    const [file] = await readdir(join(folder, 'imports'))
    await appendFile(join(folder, 'imports', file!), '["at://a/b/d","ba')

    const second = await Journal.open(folder, ['leap', '/x'])
    expect(second.size).toBe(1)
    expect(second.has('at://a/b/c', 'bafy1')).toBe(true)
    expect(second.has('at://a/b/c', 'bafy2')).toBe(false)
    expect((await Journal.open(folder, ['leap', '/y'])).size).toBe(0)
    await second.finish()
    expect((await Journal.open(folder, ['leap', '/x'])).size).toBe(0)
  })
})

it('records that name one another know their account, and the CIDs of those before them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'frost-import-'))
  const known: (string | undefined)[] = []
  const $type = nsid('dataset.entry')
  const items: ImportItem[] = [
    {
      id: 'chain',
      records: [],
      *recordsIn(home) {
        for (const rkey of ['first', 'second']) {
          known.push(home.cid(`at://${home.did}/${$type}/first`))
          yield { rkey, record: { $type, title: rkey } }
        }
        yield { rkey: 'second', record: { $type, title: 'again' } }
        yield { rkey: 'third', record: { $type } }
      },
    },
  ]
  const report = await importItems(items, {
    target: { accountKey: () => 'one', repository: async () => undefined },
    journal: await Journal.open(folder, ['chain']),
    validate: ({ title }) => (title === undefined ? 'title is missing' : undefined),
    dryRun: true,
  })
  expect(known).toEqual([undefined, expect.stringMatching(/^bafyrei/)])
  expect(report).toMatchObject({
    created: 2,
    rejected: [
      { id: 'chain', reason: "has the same key 'second' as 'chain'" },
      { id: 'chain', reason: 'title is missing' },
    ],
  })
})
