/** Keys as long as the lexicons let them be: an engine whose indexes hold only short ones must take them all the same. */
import { createHash } from 'node:crypto'
import type { Index } from '@frost/index'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomOf } from '../sync/random.ts'
import { recordOf } from '../sync/records.ts'
import { ENGINES, type Place, place } from './engines.ts'
import { ALICE, BOB, Events, TIME } from './network-of.ts'

/** Text that nothing makes shorter. */
function noise(length: number): string {
  let text = ''
  for (let n = 0; text.length < length; n++) text += createHash('sha256').update(String(n)).digest('hex')
  return text.slice(0, length)
}

describe.each(ENGINES)('the index on %s', engine => {
  let here: Place
  let index: Index
  beforeAll(async () => {
    here = await place(engine)
    index = await here.open()
  }, 120_000)
  afterAll(async () => {
    await index?.close()
    await here?.[Symbol.asyncDispose]()
  })

  it('takes records that refer to the longest uris and addresses', async () => {
    const events = new Events()
    const uri = `at://did:web:${noise(1900)}/${`com.${noise(60)}.`.repeat(4)}thing/${noise(512)}`
    const subject = { $type: `${nsid('defs')}#recordSubject`, uri }
    const address = `https://example.org/${noise(2000)}`
    await index.store.apply(
      events.batch([
        await events.put(ALICE, 'graph.follow', 'a', { subject, createdAt: TIME }),
        await events.put(ALICE, 'dataset.entry', 'b', {
          title: 'Long',
          createdAt: TIME,
          landingPage: address,
          identifiers: [{ scheme: 'other', value: noise(1000), covers: 'dataset' }],
        }),
      ]),
    )
    const { counts, rejected } = await index.status()
    expect(rejected).toEqual({})
    expect([counts[nsid('graph.follow')], counts[nsid('dataset.entry')]]).toEqual([1, 1])
    expect((await index.check()).projections).toEqual([])
  })

  it('takes a version that adopts the correction with the longest uri, and says so twice', async () => {
    const events = new Events()
    const correct = { uri: `at://${BOB}/${nsid('discussion.correction')}/a`, cid: CID }
    const far = {
      uri: `at://did:web:${noise(1900)}/${`com.${noise(60)}.`.repeat(4)}thing/${noise(512)}`,
      cid: CID,
    }
    const version = recordOf('dataset.version', [ALICE], randomOf(1))
    const before = (await index.status()).counts[nsid('dataset.version')] ?? 0
    await index.store.apply(
      events.batch([
        await events.put(ALICE, 'dataset.version', 'a', {
          ...version,
          corrects: [far, correct, correct, far],
        }),
      ]),
    )
    const { counts, rejected } = await index.status()
    expect([rejected, counts[nsid('dataset.version')]]).toEqual([{}, before + 1])
    expect((await index.check()).projections).toEqual([])
    const adopted = index.database.selectFrom('link').select('uri').where('kind', '=', 'adoption')
    expect(await adopted.execute()).toHaveLength(2)
  })

  // SQLite's table of links holds nothing twice.
  it.runIf(engine === 'postgres')('keeps once what an earlier version held twice', async () => {
    const before = await here.open('earlier')
    const link = { uri: 'at://a', did: ALICE, kind: 'follow', subject: 'at://b', sort_key: TIME }
    const other = { ...link, subject: 'at://c' }
    await before.database.insertInto('link').values([link, other, link]).execute()
    await before.database.updateTable('meta').set({ value: '24' }).where('key', '=', 'schema').execute()
    await before.close()
    const after = await here.open('earlier')
    const held = await after.database.selectFrom('link').selectAll().orderBy('subject').execute()
    await after.close()
    expect(held).toEqual([link, other])
  })
})

const CID = 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
