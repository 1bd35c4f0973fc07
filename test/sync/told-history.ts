import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AtpAgent } from '@atproto/api'

export const THING = 'org.example.thing'
export const OTHER = 'org.example.other'
const UNWANTED = 'org.example.unwanted'
export const WANTED: readonly string[] = [THING, OTHER]

export interface Account {
  readonly did: string
  readonly agent: AtpAgent
}

/** `collection/rkey` → CID, sorted. */
export type Held = Readonly<Record<string, string>>

const APPLY = 'com.atproto.repo.applyWrites#'

/** Writes a record with a stock client; gives its CID. */
export async function put({ did, agent }: Account, rkey: string, value: object = {}, collection = THING) {
  const record = { $type: collection, ...value }
  const body = { repo: did, collection, rkey, record, validate: false }
  return (await agent.com.atproto.repo.putRecord(body)).data.cid
}

/** What the account's own host says that it holds of the wanted collections. */
export async function heldAtHost({ did, agent }: Account): Promise<Held> {
  const held: [string, string][] = []
  for (const collection of WANTED) {
    const { data } = await agent.com.atproto.repo.listRecords({ repo: did, collection, limit: 100 })
    for (const { uri, cid } of data.records) held.push([uri.split('/').slice(3).join('/'), cid])
  }
  return Object.fromEntries(held.sort())
}

export async function keepRepository({ did, agent }: Account, folder: string, name: string): Promise<void> {
  await writeFile(join(folder, name), (await agent.com.atproto.sync.getRepo({ did })).data)
}

/**
 * One account's life after its record `first`: every kind of write, links, bytes, unusual text, unwanted collections. Gives every
 * wanted change as `action collection/rkey CID`; those of one commit stand in the order of their paths.
 * @param midway called once when some of it is done
 */
export async function live(account: Account, midway: () => Promise<void>): Promise<string[]> {
  const { did, agent } = account
  const told: string[] = []
  const unusual = {
    text: 'Wärme \u{1f30a} <&>\u2028 "\\',
    numbers: [0, -1, 2 ** 40, 1 - 2 ** 53],
    nothing: null,
  }
  const created = await put(account, 'a', { ...unusual, nested: { é: [], zz: {}, b: false } })
  told.push(`create ${THING}/a ${created}`)
  const linked = { bytes: { $bytes: 'AAECAwQ' }, link: { $link: created } }
  told.push(`create ${OTHER}/b ${await put(account, 'b', linked, OTHER)}`)
  await midway()
  await put(account, 'x', { hidden: true }, UNWANTED)
  told.push(`update ${THING}/a ${await put(account, 'a', { text: 'again' })}`)
  const { data } = await agent.com.atproto.repo.applyWrites({
    repo: did,
    validate: false,
    writes: [
      { $type: `${APPLY}create`, collection: THING, rkey: 'c', value: { $type: THING, n: 1 } },
      { $type: `${APPLY}create`, collection: UNWANTED, rkey: 'y', value: { $type: UNWANTED } },
      { $type: `${APPLY}update`, collection: OTHER, rkey: 'b', value: { $type: OTHER, n: 2 } },
      { $type: `${APPLY}delete`, collection: THING, rkey: 'first' },
    ],
  })
  const [c, , b] = data.results as { cid: string }[]
  told.push(`update ${OTHER}/b ${b!.cid}`, `create ${THING}/c ${c!.cid}`, `delete ${THING}/first`)
  await agent.com.atproto.repo.deleteRecord({ repo: did, collection: THING, rkey: 'c' })
  told.push(`delete ${THING}/c`)
  told.push(`create ${THING}/c ${await put(account, 'c', { text: 'back' })}`)
  return told
}
