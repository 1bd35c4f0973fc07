/** Accounts whose DID is a domain: nobody signs operations, whoever writes the domain's document decides. */
import { join } from 'node:path'
import { parseDidDocument } from '@frost/sync/identity'
import { FrostError } from '../errors.ts'
import { writeJson } from '../files.ts'
import { type DidDocument, didDocument, type Resolver } from '../identity.ts'
import type { Home } from './home.ts'
import type { Credentials } from './plc-changes.ts'

/** What the document must say. */
export interface Wanted {
  /** `did:key:…` of the account's signing key. */
  readonly key: string
  /** Origin of the PDS. */
  readonly pds?: string
  readonly handle?: string
}

/**
 * Makes sure that the document of a did:web says what is wanted.
 * @param folder Where the document that is to be published is written, as did.json.
 * @throws FrostError `DocumentNeeded` that says what to publish and where
 */
export async function requireDocument(
  did: string,
  wanted: Wanted,
  folder: string,
  settings: Resolver,
): Promise<void> {
  const document = await didDocument(did, settings)
  const { key, pds, claimedHandle } = parseDidDocument(did, document, { allowLoopbackHttp: true })
  const isRight =
    key?.did === wanted.key &&
    (wanted.pds === undefined || pds === wanted.pds) &&
    (wanted.handle === undefined || claimedHandle === wanted.handle)
  if (isRight) return
  const path = join(folder, 'did.json')
  await writeJson(path, amended(document, wanted))
  throw new FrostError(
    'DocumentNeeded',
    `${did} is a domain, and its document decides: publish ${path} as ${addressOf(did)}, then give the command again`,
  )
}

/** Makes sure that the document of a did:web says what the PDS wants of it. @throws FrostError `DocumentNeeded` */
export function requireHome(
  home: Home,
  { verificationMethods, alsoKnownAs: [name] }: Credentials,
  folder: string,
  settings: Resolver,
): Promise<void> {
  const handle = name?.replace(/^at:\/\//, '')
  const wanted = { key: verificationMethods.atproto!, pds: home.pds, ...(handle && { handle }) }
  return requireDocument(home.did, wanted, folder, settings)
}

function addressOf(did: string): string {
  const host = decodeURIComponent(did.slice('did:web:'.length))
  return `${host.startsWith('localhost') ? 'http' : 'https'}://${host}/.well-known/did.json`
}

/** The document with what is wanted in the place of what was there. */
export function amended(
  document: DidDocument & { verificationMethod?: { id: string }[] },
  { key, pds, handle }: Wanted,
): object {
  const { id } = document
  const isNamed = (item: { id: string }, name: string) =>
    item.id === `#${name}` || item.id === `${id}#${name}`
  const methods = document.verificationMethod ?? []
  return {
    ...document,
    ...(handle && {
      alsoKnownAs: [
        `at://${handle}`,
        ...(document.alsoKnownAs ?? []).filter(name => !name.startsWith('at://')),
      ],
    }),
    verificationMethod: [
      ...methods.filter(item => !isNamed(item, 'atproto')),
      {
        id: `${id}#atproto`,
        type: 'Multikey',
        controller: id,
        publicKeyMultibase: key.slice('did:key:'.length),
      },
    ],
    ...(pds && {
      service: [
        ...(document.service ?? []).filter(item => !isNamed(item, 'atproto_pds')),
        { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds },
      ],
    }),
  }
}
