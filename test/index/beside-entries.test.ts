/** What stands beside entries, whichever database holds it: models too large for them, and what is known once they are gone. */
import type { Index } from '@frost/index'
import { documentsOf } from '@frost/index/documents'
import { definition, nsid } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { weighed } from './bytes-read.ts'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, account, BOB, change, Events, entryUri, read, TIME } from './network-of.ts'

const DATASET = entryUri(ALICE, 'a')
const MODEL = `at://${ALICE}/${nsid('dataset.model')}/a`
const recordRef = (uri: string, cid?: string) => ({
  $type: definition('recordRef'),
  uri,
  ...(cid && { cid }),
})

describe.each(ENGINES)('beside entries on %s', engine => {
  const { fresh, close } = freshIndexes(engine)
  const begin = async (name?: string) => {
    const events = new Events()
    const index = await fresh(name)
    return {
      index,
      put: async (did: string, name: string, rkey: string, record: object) =>
        index.store.apply(events.batch([await events.put(did, name, rkey, { createdAt: TIME, ...record })])),
      remove: (did: string, name: string, rkey: string) =>
        index.store.apply(events.batch([events.delete(did, name, rkey)])),
      say: (...said: Parameters<typeof account>) => index.store.apply(events.batch([account(...said)])),
    }
  }
  const found = async (index: Index, params: object) => {
    await index.searchable()
    const { entries } = await read(index.queries.searchEntries(params as never))
    return entries.map(({ uri }: { uri: string }) => uri)
  }
  const model = (name: string, dataset = DATASET) => ({
    dataset,
    model: { $type: definition('arrayModel'), variables: [{ name, longName: `The ${name}` }] },
  })

  it('finds a dataset by the variables of its model, whenever that comes, changes and goes', async () => {
    const { index, put, remove } = await begin()
    const { cid } = await change('create', 'dataset.model', 'a', { createdAt: TIME, ...model('albedo') })
    const ref = { $type: definition('modelRef'), ref: { uri: MODEL, cid }, variableCount: 1 }
    await put(ALICE, 'dataset.entry', 'a', { title: 'Snow', models: [ref] })
    expect(await found(index, { q: 'albedo' })).toEqual([])
    await put(ALICE, 'dataset.model', 'a', model('albedo'))
    expect(await found(index, { q: 'albedo' })).toEqual([DATASET])
    expect(await found(index, { model: ['array'], variable: ['albedo'] })).toEqual([DATASET])
    await put(ALICE, 'dataset.model', 'a', model('emissivity'))
    expect(await found(index, { q: 'albedo' })).toEqual([])
    expect(await found(index, { q: 'emissivity' })).toEqual([DATASET])
    // A model of another dataset says nothing of this one, nor does one of somebody else.
    await put(ALICE, 'dataset.model', 'a', model('albedo', entryUri(ALICE, 'b')))
    expect(await found(index, { q: 'emissivity' })).toEqual([])
    await put(ALICE, 'dataset.model', 'a', model('albedo'))
    await put(BOB, 'dataset.entry', 'a', { title: 'Stolen', models: [ref] })
    expect(await found(index, { q: 'albedo' })).toEqual([DATASET])
    await remove(ALICE, 'dataset.model', 'a')
    expect(await found(index, { q: 'albedo' })).toEqual([])
  })

  it('finds by their models, once it is opened anew, what a version before had not seen them of', async () => {
    const { index, put } = await begin('kept')
    const ref = { uri: MODEL, cid: (await change('create', 'dataset.model', 'a', model('albedo'))).cid }
    await put(ALICE, 'dataset.entry', 'a', {
      title: 'Snow',
      models: [{ $type: definition('modelRef'), ref }],
    })
    await put(ALICE, 'dataset.model', 'a', model('albedo'))
    await index.searchable()
    // As that version left it: the entry alone.
    const [document] = await documentsOf(index.database, [DATASET])
    const before = { ...document!, variables: [], models: [] }
    await index.search.apply({ upserts: [before], deletes: [], watermark: await index.search.watermark() })
    await index.database.deleteFrom('meta').where('key', '=', 'search_holds_models').execute()
    expect(await found(index, { q: 'albedo' })).toEqual([])
    await close(index)
    const again = await fresh('kept')
    expect(await found(again, { q: 'albedo' })).toEqual([DATASET])
    await again.search.apply({ upserts: [before], deletes: [], watermark: await again.search.watermark() })
    await close(again)
    // Once is enough.
    expect(await found(await fresh('kept'), { q: 'albedo' })).toEqual([])
  })

  it('is made anew at a start where search lacks what the log no longer tells', async () => {
    const { index, put } = await begin('pruned')
    const uris = ['a', 'b', 'c'].map(rkey => entryUri(ALICE, rkey))
    for (const uri of uris) await put(ALICE, 'dataset.entry', uri.split('/').at(-1)!, { title: 'Snow' })
    await index.searchable()
    expect(await index.pruneUpdates('2999-01-01T00:00:00.000Z')).toBe(await index.updates.last())
    // As a version of another shape finds it, or whoever lost its folder.
    await index.search.clear()
    await close(index)
    const again = await fresh('pruned')
    expect((await found(again, { q: 'snow' })).sort()).toEqual(uris)
    const events = new Events()
    const entry = { title: 'Snow', createdAt: TIME }
    await again.store.apply(events.batch([await events.put(BOB, 'dataset.entry', 'd', entry)]))
    expect(await found(again, { q: 'snow' })).toHaveLength(4)
    expect(await again.check()).toMatchObject({ datasets: 4, searchable: 4 })
  })

  it('holds few large records at once, however many there are and however many models each refers to', async () => {
    const { index, put } = await begin()
    const { cid } = await change('create', 'dataset.model', 'a', { createdAt: TIME, ...model('albedo') })
    const padding = 'x'.repeat(400_000)
    const models = ['a', 'b', 'c', 'd'].map(rkey => ({
      $type: definition('modelRef'),
      ref: { uri: `at://${ALICE}/${nsid('dataset.model')}/${rkey}`, cid },
    }))
    for (const [rkey, name] of Object.entries({ a: 'albedo', b: 'emissivity', c: 'snow_depth' }))
      await put(ALICE, 'dataset.model', rkey, { ...model(name), padding })
    // Larger than any model need be: it stays a reference.
    await put(ALICE, 'dataset.model', 'd', { ...model('heavy'), padding: padding.repeat(2) })
    const uris = Array.from({ length: 45 }, (_, n) => entryUri(ALICE, n === 0 ? 'a' : `e${n}`))
    for (const uri of uris)
      await put(ALICE, 'dataset.entry', uri.split('/').at(-1)!, { title: 'Snow', models, padding })
    const { db, weights } = weighed(index)
    const documents = await documentsOf(db, uris)
    expect(documents.map(({ uri }) => uri).sort()).toEqual([...uris].sort())
    expect(documents.find(({ uri }) => uri === DATASET)?.variables).toEqual([
      'albedo',
      'The albedo',
      'emissivity',
      'The emissivity',
      'snow_depth',
      'The snow_depth',
    ])
    expect(Math.max(...weights)).toBeLessThan(16_500_000)
    // Entries in two parts; of the models those that name the dataset, one by one.
    expect(weights.filter(weight => weight > 1_000_000)).toHaveLength(2)
    expect(weights.filter(weight => weight < 1_000_000)).toHaveLength(3)
    expect(await found(index, { q: 'emissivity' })).toEqual([DATASET])
  })

  it('knows what is gone by the DID as it is written, and by no handle that stands for none', async () => {
    const { index, put, remove } = await begin()
    const did = 'did:web:localhost%3A4185'
    await put(did, 'dataset.entry', 'a', { title: 'Snow' })
    await remove(did, 'dataset.entry', 'a')
    const uri = entryUri(did, 'a')
    expect(await read(index.queries.getTombstone({ uri }))).toMatchObject({ uri, state: 'deleted' })
    await index.database.updateTable('repo').set({ handle: 'handle.invalid' }).execute()
    for (const handle of ['handle.invalid', 'Handle.Invalid']) {
      await expect(index.queries.getTombstone({ uri: uri.replace(did, handle) })).rejects.toMatchObject({
        name: 'TombstoneNotFound',
        message: expect.stringContaining('DID'),
      })
      await expect(index.queries.getProfile({ actor: handle } as never)).rejects.toMatchObject({
        name: 'ActorNotFound',
      })
    }
  })

  it('says of what is gone that it was there, never what it said', async () => {
    const { index, put, remove, say } = await begin()
    const tomb = (uri: string) => read(index.queries.getTombstone({ uri }))
    const nothing = (uri: string) =>
      expect(index.queries.getTombstone({ uri })).rejects.toMatchObject({ name: 'TombstoneNotFound' })
    await put(ALICE, 'dataset.entry', 'a', { title: 'Snow' })
    await nothing(DATASET)
    await nothing(entryUri(ALICE, 'never'))
    await nothing(entryUri('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'a'))
    await remove(ALICE, 'dataset.entry', 'a')
    expect(await tomb(DATASET)).toEqual({
      uri: DATASET,
      state: 'deleted',
      deletedAt: TIME,
      author: { did: ALICE, handle: 'handle.invalid' },
    })
    // Words of others are claims, the owner's stay.
    const withdrawn = { subject: recordRef(DATASET), kind: 'withdrawn', text: 'Wrong' }
    await put(BOB, 'dataset.notice', '3laaaaaaaaa2a', { ...withdrawn, text: 'Mine' })
    expect(await tomb(DATASET)).not.toHaveProperty('notices')
    await put(ALICE, 'dataset.notice', '3laaaaaaaaa2a', withdrawn)
    expect((await tomb(DATASET)).notices).toMatchObject([{ kind: 'withdrawn', text: 'Wrong' }])
    // Where the deletion was not seen, the owner's word is enough, and that of others is not.
    const other = entryUri(ALICE, 'other')
    await put(BOB, 'dataset.entry', 'b', { title: 'Ice', derivedFrom: [{ ref: recordRef(other) }] })
    expect(await tomb(other)).toMatchObject({ uri: other, state: 'unavailable' })
    await put(ALICE, 'dataset.notice', '3laaaaaaaaa2b', { ...withdrawn, subject: recordRef(other) })
    expect(await tomb(other)).toMatchObject({ state: 'deleted', notices: [{ kind: 'withdrawn' }] })

    await put(BOB, 'dataset.entry', 'c', { title: 'Sea' })
    await index.moderation.takeDown([entryUri(BOB, 'c')], 'operator')
    expect(await tomb(entryUri(BOB, 'c'))).toEqual({
      uri: entryUri(BOB, 'c'),
      state: 'taken-down',
      author: { did: BOB, handle: 'handle.invalid' },
    })
    // An account that is away may come back: nothing of it is gone.
    await say(ALICE, false, 'deactivated')
    await nothing(DATASET)
    await index.moderation.takeDown([BOB], 'operator')
    expect(await tomb(entryUri(BOB, 'b'))).toMatchObject({ state: 'taken-down' })
    await nothing(entryUri(BOB, 'never'))
  })
})
