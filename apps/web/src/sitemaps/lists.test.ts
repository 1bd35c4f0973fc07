import { WebServer } from '@frost/sync/testing/web-server'
import { expect, it } from 'vitest'
import { AppView } from '../appview.ts'
import { listsOf } from './lists.ts'

const DIDS = ['a', 'b', 'c', 'd'].map(letter => `did:plc:${letter.repeat(24)}`)
const headers = { 'content-type': 'application/json' }

it('collections are all listed, a part a question, without those of an account that went meanwhile', async () => {
  const [ada, none, gone, dan] = DIDS
  const actor = (did: string | undefined, collections: number) => ({ did, counts: { collections } })
  await using server = await WebServer.start(({ pathname, searchParams }) => {
    const cursor = searchParams.get('cursor')
    if (pathname.endsWith('searchActors'))
      return cursor === null
        ? { json: { actors: [actor(ada, 101), actor(none, 0)], cursor: 'more' }, headers }
        : { json: { actors: [actor(gone, 3), actor(dan, 1)] }, headers }
    const did = searchParams.get('actor')
    if (did === gone) return { json: { error: 'ActorNotFound', message: 'gone' }, status: 400, headers }
    const count = did === dan || cursor !== null ? 1 : 100
    const collections = Array.from({ length: count }, (_, at) => ({
      uri: `at://${did}/x.y.z/${cursor ?? ''}${at}`,
    }))
    return { json: { collections, ...(count === 100 && { cursor: 'next' }) }, headers }
  })
  const list = listsOf(new AppView(server.origin)).collections!
  const paths: string[] = []
  let cursor: string | undefined
  do {
    const asked = server.asked.length
    const listed = await list(cursor)
    expect(server.asked.length - asked).toBe(1)
    paths.push(...listed.places.map(({ path }) => path))
    cursor = listed.cursor
  } while (cursor !== undefined)
  expect(paths).toHaveLength(102)
  expect(new Set(paths).size).toBe(102)
  expect(paths.at(-1)).toContain(dan)
  expect(server.asked).toHaveLength(6)
})
