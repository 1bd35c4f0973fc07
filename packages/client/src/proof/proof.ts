/** A proof that can be carried about: a record in its signed repository, and the log that says whose key that is. */

import { parseAtUri } from '@frost/lexicon'
import { decodeRecord } from '@frost/sync/cbor'
import { accountKeys } from '../account/account-keys.ts'
import { dataOf, type LoggedOperation, signingKeys, verifyLog } from '../account/did-log.ts'
import { Home } from '../account/home.ts'
import { FrostError, UsageError } from '../errors.ts'
import { didDocument, identityOfDid } from '../identity.ts'
import type { Settings } from '../settings.ts'
import { appviewCar } from './appview-car.ts'
import { readProof } from './record-proof.ts'

/** The file, as JSON. What it claims is worth nothing: all of it is found again in `car` and `log`. */
export interface ProofFile {
  readonly proof: 1
  readonly uri: string
  readonly cid: string
  readonly rev: string
  readonly key: string
  /** Signed commit, nodes on the way, record: a CAR in base64. */
  readonly car: string
  /** Audit log of a did:plc. */
  readonly log?: readonly LoggedOperation[]
  /** Document of a did:web, as its domain gave it. */
  readonly document?: object
  /** Who gave the CAR, and when; nobody's word but the maker's. */
  readonly source: string
  readonly madeAt: string
}

/** What a proof shows: the record was in the repository at the revision, which the key signed. Not when, nor that it still is. */
export interface Proved {
  readonly uri: string
  readonly cid: string
  readonly did: string
  readonly rev: string
  readonly key: string
  /**
   * `log`: the key is listed in the DID's own log, from the operation on, to the next one that names another; the dates are the
   * directory's word, as the maker copied it, and that the operation was not undone, by one that is left out, is the maker's. `domain`:
   * it is in a document that only the domain can confirm.
   */
  readonly keyBy:
    | { readonly kind: 'log'; readonly operation: string; readonly from: string; readonly until?: string }
    | { readonly kind: 'domain' }
  readonly record: Readonly<Record<string, unknown>>
}

export interface ProofSource {
  /** The state that is meant: one that the record was in, where somebody had pinned it. As it stands where left out. */
  readonly cid?: string
  /** Who is asked: the record's own repository first, then the AppView; or one of them. */
  readonly from?: 'repository' | 'appview'
}

/**
 * Makes a proof of a record.
 * @param uri at-uri with a DID
 * @throws FrostError `NoProof` that says why nobody gives one
 */
export async function makeProof(
  uri: string,
  settings: Settings,
  { from, cid: wanted }: ProofSource = {},
): Promise<ProofFile> {
  const { did, path } = partsOf(uri)
  const { keys, log } = await accountKeys(did, settings)
  const refusals: string[] = []
  for (const ask of [
    ...(from === 'appview' ? [] : [() => ofRepository(did, path, settings)]),
    ...(from === 'repository' ? [] : [() => ofAppView(uri, wanted, settings.appviewUrl)]),
  ]) {
    try {
      const { car, source } = await ask()
      const { cid, rev, key, record } = await readProof(once(car), did, path, keys)
      if (!cid || !record) throw new FrostError('NotFound', `${source}: the record is not in the repository`)
      if (wanted !== undefined && cid !== wanted)
        throw new FrostError('NotFound', `${source}: the record is in the state ${cid}`)
      const document = log ? undefined : await didDocument(did, settings)
      return {
        proof: 1,
        uri,
        cid,
        rev,
        key,
        car: car.toString('base64'),
        ...(log && { log }),
        ...(document && { document }),
        source,
        madeAt: new Date().toISOString(),
      }
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      refusals.push(error.message)
    }
  }
  throw new FrostError('NoProof', `nobody proves ${uri}: ${refusals.join('; ')}`)
}

async function ofRepository(did: string, path: string, settings: Settings) {
  const { pds } = await identityOfDid(did, settings)
  const [collection, rkey] = path.split('/') as [string, string]
  return { car: await gathered(await Home.public(pds, did).proof(collection, rkey)), source: pds }
}

async function ofAppView(uri: string, cid: string | undefined, appview: string) {
  const params = { uri, ...(cid !== undefined && { cid }) }
  return { car: await gathered(await appviewCar(appview, 'service.getProof', params)), source: appview }
}

/**
 * Verifies a proof without asking anybody.
 * @throws FrostError `BadProof` that says what does not hold
 */
export async function checkProof(text: string): Promise<Proved> {
  const file = parsed(text)
  const { did, path } = partsOf(file.uri)
  const bad = (why: string) => new FrostError('BadProof', `the proof of ${file.uri} does not hold: ${why}`)
  const keys = await keysOf(did, file)
  const car = Buffer.from(file.car, 'base64')
  const { cid, rev, key, record } = await readProof(once(car), did, path, keys)
  if (!cid) throw bad('the record is not in the repository')
  if (!record) throw bad('the record is not in it')
  for (const [name, claimed, found] of [
    ['cid', file.cid, cid],
    ['rev', file.rev, rev],
    ['key', file.key, key],
  ])
    if (claimed !== found) throw bad(`it claims the ${name} ${claimed}, but proves ${found}`)
  return { uri: file.uri, cid, did, rev, key, keyBy: listing(key, file.log), record: decodeRecord(record) }
}

function parsed(text: string): ProofFile {
  let file: Partial<ProofFile> | undefined
  try {
    file = JSON.parse(text)
  } catch {
    // told below
  }
  const { proof, uri, cid, rev, key, car, log } = file ?? {}
  if (proof !== 1 || [uri, cid, rev, key, car].some(field => typeof field !== 'string'))
    throw new FrostError('BadProof', 'the file is no proof: make one with frost proof REF')
  if (log !== undefined && !Array.isArray(log)) throw new FrostError('BadProof', "the proof's log is no list")
  return file as ProofFile
}

/** The keys that the DID lists. A log counts for a did:plc only: nothing would tie it to another DID. */
async function keysOf(did: string, { log, document }: ProofFile): Promise<string[]> {
  if (did.startsWith('did:plc:')) {
    if (!log) throw new FrostError('BadProof', `the log of ${did} is not in the proof`)
    await verifyLog(did, log)
    return signingKeys(log)
  }
  if (log)
    throw new FrostError(
      'BadProof',
      `the proof has a log, but ${did} has none: its domain alone says its key`,
    )
  if (!document) throw new FrostError('BadProof', `the document of ${did} is not in the proof`)
  const { parseDidDocument } = await import('@frost/sync/identity')
  const { key } = parseDidDocument(did, document, { allowLoopbackHttp: true })
  if (!key) throw new FrostError('BadProof', `the document of ${did} in the proof names no key`)
  return [key.did]
}

function listing(key: string, log: readonly LoggedOperation[] | undefined): Proved['keyBy'] {
  if (!log) return { kind: 'domain' }
  const counting = log.filter(({ nullified }) => !nullified)
  const at = counting.findLastIndex(operation => dataOf(operation)?.verificationMethods.atproto === key)
  let first = at
  while (first > 0 && dataOf(counting[first - 1]!)?.verificationMethods.atproto === key) first--
  const next = counting[at + 1]
  const { cid, createdAt } = counting[first]!
  return { kind: 'log', operation: cid, from: createdAt, ...(next && { until: next.createdAt }) }
}

function partsOf(uri: string): { did: string; path: string } {
  const reference = parseAtUri(uri)
  if (!reference?.authority.startsWith('did:'))
    throw new UsageError(`'${uri}' is no at-uri of a DID: at://did:…/collection/key`)
  return { did: reference.authority, path: `${reference.collection}/${reference.rkey}` }
}

const MOST_BYTES = 16_000_000

async function gathered(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > MOST_BYTES) throw new FrostError('TooLarge', `the proof is larger than ${MOST_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
