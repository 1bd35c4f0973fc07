import { createReadStream } from 'node:fs'
import { access, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nsid } from '@frost/lexicon'
import { type Car, readCarStream } from '@frost/sync/car'
import { writeCar } from '@frost/sync/car-writer'
import { type BinaryCid, cidOfBlock } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { encodeCommit } from '@frost/sync/commit-writer'
import { parseNode } from '@frost/sync/mst-node'
import { keysWith, type RangeRecord, rangeRecords, treeOf } from '@frost/sync/mst-range'
import { FrostError } from '../errors.ts'
import { privateFolder, readJson, writeJson } from '../files.ts'
import { appviewCar } from '../proof/appview-car.ts'
import type { Signer } from './did-log.ts'
import { readRepository, signerOf } from './repository-car.ts'
import type { Luggage, Source } from './source.ts'

const MOST_BYTES = 1_000_000_000
const RANGE = keysWith(nsid(''))

/**
 * What an AppView keeps of an account: its FROST records with the tree and the commit that its owner signed, so that none can be
 * forged or left out. A repository of these alone is made and signed anew. Of several AppViews the one with the newest revision counts:
 * any of them may have missed the last writes, or keep them to itself.
 * @param appviews Origins.
 */
export function appviewSource(did: string, ...appviews: readonly string[]): Source {
  return {
    did,
    async open(keys, folder, signer) {
      await privateFolder(folder)
      const file = join(folder, 'of-appview.car')
      // Kept once the account is on its way: what the AppView holds changes meanwhile.
      if (!(await exists(file))) await writeInto(file, did, await newestOf(appviews, did, keys), signer)
      const summary = await readRepository(createReadStream(file), did, [signer.did()])
      const { others = [] } = (await readJson<{ others: string[] }>(`${file}.json`)) ?? {}
      const lacks = [
        `it has the ${summary.records.size} FROST records of revision ${summary.rev} only, nothing of other applications${others.length > 0 ? ` (there was ${others.join(', ')})` : ''}`,
        ...(summary.blobs.size > 0 ? [`it has none of the ${summary.blobs.size} blobs`] : []),
      ]
      return { car: file, summary, lacks, blob: async () => undefined } satisfies Luggage
    },
  }
}

/** What an AppView proves of an account: the newest state that it keeps, which its owner signed. */
export interface Proved {
  readonly car: Car
  readonly rev: string
  readonly records: RangeRecord[]
  readonly others: string[]
}

/**
 * Of what some AppViews prove of an account the state with the newest revision.
 * @param keys `did:key:…` that may have signed it
 * @throws what the first of them threw, where none proves anything
 */
export async function newestOf(
  appviews: readonly string[],
  did: string,
  keys: readonly string[],
): Promise<Proved> {
  const asked = await Promise.allSettled(appviews.map(appview => provedBy(appview, did, keys)))
  const proved = asked.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const [first] = asked
  if (proved.length === 0)
    throw first?.status === 'rejected' ? first.reason : new Error('no AppView is given')
  return proved.reduce((newest, one) => (one.rev > newest.rev ? one : newest))
}

async function provedBy(appview: string, did: string, keys: readonly string[]): Promise<Proved> {
  const car = await readCarStream(await appviewCar(appview, 'service.getRepository', { did }), {
    maxBytes: MOST_BYTES,
  })
  return { car, ...verified(car, did, appview, keys) }
}

async function writeInto(
  file: string,
  did: string,
  { car, rev, records, others }: Proved,
  signer: Signer,
): Promise<void> {
  const { root, nodes } = treeOf(records)
  const unsigned = { did, rev, data: root }
  const commit = encodeCommit(unsigned, await signer.sign(encodeCommit(unsigned)))
  const cid = cidOfBlock(commit)
  const blocks = new Map<BinaryCid, Uint8Array>(
    records.map(record => [record.cid, car.blocks.get(record.cid)!]),
  )
  await writeJson(`${file}.json`, { others })
  await writeFile(`${file}.draft`, writeCar(cid, [[cid, commit], ...nodes, ...blocks]), { mode: 0o600 })
  await rename(`${file}.draft`, file)
}

/** What the AppView gives, held against the commit that the account's owner signed. @throws FrostError `BadRepository` */
function verified(
  { root, blocks }: Car,
  did: string,
  appview: string,
  keys: readonly string[],
): { rev: string; records: RangeRecord[]; others: string[] } {
  const bad = (why: string, cause?: unknown) =>
    new FrostError('BadRepository', `${appview} does not prove what it gives of ${did}: ${why}`, { cause })
  try {
    const block = blocks.get(root)
    if (!block) throw bad('the commit is not in it')
    const commit = parseCommit(block)
    if (commit.did !== did) throw bad(`the commit is of ${commit.did}`)
    if (!signerOf(commit, keys)) throw bad('the commit is not signed by a key of the account')
    const records = rangeRecords(commit.data, RANGE, blocks)
    const lacking = records.find(({ cid }) => !blocks.has(cid))
    if (lacking) throw bad(`the record ${lacking.key} is not in it`)
    return { rev: commit.rev, records, others: othersIn(blocks) }
  } catch (error) {
    throw error instanceof FrostError ? error : bad((error as Error).message, error)
  }
}

/** Collections of other applications, as far as the nodes at the edge name them. */
function othersIn(blocks: Car['blocks']): string[] {
  const found = new Set<string>()
  for (const block of blocks.values()) {
    if (block[0] !== 0xa2 || block[2] !== 0x65) continue
    for (const { key } of parseNode(block).entries)
      if (key < RANGE.from || key >= RANGE.to) found.add(key.slice(0, key.indexOf('/')))
  }
  return [...found].sort()
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
