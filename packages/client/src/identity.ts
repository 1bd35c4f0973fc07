import { resolveTxt } from 'node:dns/promises'
import { isValidDid, isValidHandle, normalizeHandle } from '@atproto/syntax'
import { FrostError, UsageError } from './errors.ts'
import { boundedText, callService, fetchJson, ServiceError } from './http.ts'
import { isLoopback, isUsableService, type Settings } from './settings.ts'

/** An account as its DID document says: never keyed by handle. */
export interface Identity {
  readonly did: string
  /** The handle the DID's document names; checked both ways only where the account was looked up by that handle. */
  readonly handle?: string
  /** Origin of the PDS that holds the repository. */
  readonly pds: string
}

export type Resolver = Pick<Settings, 'service' | 'plcUrl' | 'localPlcUrl' | 'localPdsUrl' | 'appviewUrl'>

const PUBLIC_PLC = 'https://plc.directory'

/**
 * Finds an account by handle or DID. Handles under the reserved `.test` and `.localhost` are asked of `--service`, or of
 * the first PDS of the network on this machine.
 * @throws UsageError if `identifier` is neither, FrostError if it cannot be found; the message says what to do.
 */
export async function resolveIdentity(identifier: string, settings: Resolver): Promise<Identity> {
  const name = identifier.replace(/^@/, '').replace(/^at:\/\//, '')
  if (isValidDid(name)) return identityOfDid(name, settings)
  if (!isValidHandle(name)) {
    throw new UsageError(`'${identifier}' is neither a handle (ada.example.org) nor a DID (did:plc:…)`)
  }
  const handle = normalizeHandle(name)
  const did = await resolveHandle(handle, settings)
  const identity = await identityOfDid(did, settings)
  if (identity.handle === handle) return identity
  // The document must name the handle too, or anyone's domain could claim anyone's account.
  throw new FrostError(
    'HandleMismatch',
    `handle '${handle}' points to ${did}, which does not name it back: use the DID`,
  )
}

/** The DID a handle points to, not yet checked against the DID's document. */
export async function resolveHandle(handle: string, settings: Resolver): Promise<string> {
  const askLocal = isReserved(handle)
  const service = settings.service ?? (askLocal ? settings.localPdsUrl : undefined)
  const did = service
    ? await handleByService(handle, service)
    : ((await handleByDns(handle)) ?? (await handleByHttps(handle)))
  if (did && isValidDid(did)) return did
  throw new FrostError(
    'HandleNotFound',
    `handle '${handle}' leads to no account${service ? ` at ${service}` : ''}: check its spelling, or give --service`,
  )
}

/** Reads the DID document of `did` and what it says about the account. */
export async function identityOfDid(did: string, settings: Resolver): Promise<Identity> {
  const document = await didDocument(did, settings)
  const pds = document.service?.find(
    ({ id, type }) =>
      type === 'AtprotoPersonalDataServer' && (id === '#atproto_pds' || id === `${did}#atproto_pds`),
  )?.serviceEndpoint
  if (typeof pds !== 'string' || !isUsableService(pds)) {
    throw new FrostError(
      'NoService',
      `${did} names ${pds ? `the unusable PDS '${pds}'` : 'no PDS'} in its DID document`,
    )
  }
  const handle = document.alsoKnownAs
    ?.find(name => typeof name === 'string' && name.startsWith('at://'))
    ?.slice(5)
  return {
    did,
    handle: handle && isValidHandle(handle) ? normalizeHandle(handle) : undefined,
    pds: new URL(pds).origin,
  }
}

/** A DID document, as far as AT Protocol reads it. */
export interface DidDocument {
  id: string
  alsoKnownAs?: string[]
  service?: { id: string; type: string; serviceEndpoint: unknown }[]
}

/**
 * Reads the document of a DID.
 * @throws FrostError `DidNotFound`
 */
export async function didDocument(did: string, settings: Resolver): Promise<DidDocument> {
  for (const url of documentAddresses(did, settings)) {
    const answer = await fetchJson(url, {
      headers: { accept: 'application/did+ld+json, application/json' },
    }).catch(() => undefined)
    const document = answer?.response.ok ? (answer.body as DidDocument | null) : undefined
    if (document?.id === did) return document
  }
  throw new FrostError(
    'DidNotFound',
    `${did} is not to be found: check it, or set FROST_PLC_URL to its directory`,
  )
}

function documentAddresses(did: string, settings: Resolver): string[] {
  if (did.startsWith('did:web:')) {
    const host = decodeURIComponent(did.slice('did:web:'.length))
    const isLocal = URL.canParse(`http://${host}`) && isLoopback(`http://${host}`)
    return [`${isLocal ? 'http' : 'https'}://${host}/.well-known/did.json`]
  }
  return plcDirectories(settings).map(directory => `${directory}/${did}`)
}

/** Directories of did:plc to ask, best first. A DID is the hash of its first operation, so several can be asked. */
export function plcDirectories(settings: Resolver): string[] {
  if (settings.plcUrl) return [settings.plcUrl]
  const isLocal = isLoopback(settings.service ?? settings.appviewUrl)
  return isLocal ? [settings.localPlcUrl, PUBLIC_PLC] : [PUBLIC_PLC]
}

function isReserved(handle: string): boolean {
  return handle.endsWith('.test') || handle.endsWith('.localhost')
}

async function handleByService(handle: string, service: string): Promise<string | undefined> {
  try {
    const params = { handle }
    return (await callService<{ did: string }>(service, 'com.atproto.identity.resolveHandle', { params })).did
  } catch (error) {
    if (error instanceof ServiceError && error.status === 400) return undefined
    if (error instanceof FrostError && error.code === 'Unreachable') {
      throw new FrostError(
        'Unreachable',
        `handle '${handle}' cannot be looked up, ${error.message}: start it ('frost network up') or give --service`,
      )
    }
    throw error
  }
}

async function handleByDns(handle: string): Promise<string | undefined> {
  const records = await resolveTxt(`_atproto.${handle}`).catch(() => [])
  const dids = records.map(parts => parts.join('')).filter(text => text.startsWith('did='))
  return dids.length === 1 ? dids[0]?.slice(4) : undefined
}

async function handleByHttps(handle: string): Promise<string | undefined> {
  const url = `https://${handle}/.well-known/atproto-did`
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(10_000) })
    return response.ok ? (await boundedText(response, url)).trim() : undefined
  } catch {
    return undefined
  }
}
