import { existsSync } from 'node:fs'
import { FrostError, UsageError } from '@frost/client/errors'
import { isLoopback } from '@frost/client/settings'
import { type Distribution, distributionsOf, placeOf } from '@frost/client/store'
import type { OpenDatasetOptions, OpenedDataset } from '@frost/reader'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { readingLookupOf } from './context-lookup.ts'

/** Options by which a command is told where and what to read. */
export interface PlaceOptions {
  pin?: string
  distribution?: string
  endpoint?: string
  region?: string
  requesterPays?: boolean
  nearest?: boolean
}

export function addPlaceOptions(command: Command): Command {
  return command
    .option('--pin <pin>', 'state to read: branch:main, tag:v1 or snapshot:ID, where the store has versions')
    .option(
      '--distribution <id>',
      'which of the places where a dataset lies; the first that can be read where left out',
    )
    .option(
      '--nearest',
      "of the copies of the owner's original, the one that opens first from here; a mirror only where none does",
    )
    .option('--endpoint <url>', "address of the object store, where it is not the cloud's own")
    .option('--region <region>', 'region of the bucket')
    .option('--requester-pays', 'agree to pay for the requests, with credentials from the environment')
}

interface Place {
  readonly location: string
  readonly options: OpenDatasetOptions
}

/** Opens a URL, a file of this machine, or the data of a dataset by its REF. */
export async function openPlace(
  context: Context,
  target: string,
  options: PlaceOptions,
  signal?: AbortSignal,
): Promise<OpenedDataset> {
  const { openDataset } = await import('@frost/reader')
  const { pin, endpoint, region, requesterPays } = options
  const open = (place: Place, until = signal) =>
    openDataset(place.location, {
      ...place.options,
      env: process.env,
      ...(until && { signal: until }),
      ...(pin !== undefined && { pin }),
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      ...(requesterPays && { requesterPays, payRequests: true }),
    })
  if (isLocation(target)) {
    if (options.nearest)
      throw new UsageError('--nearest goes with a dataset: give its handle/slug, not a place')
    return open(given(target))
  }
  if (!options.nearest) return open(await ofDataset(context, target, options.distribution))
  if (options.distribution !== undefined)
    throw new UsageError('--nearest chooses the place: leave out --distribution')
  return openNearestOf(context, target, open, signal)
}

async function openNearestOf(
  context: Context,
  ref: string,
  open: (place: Place, signal: AbortSignal) => Promise<OpenedDataset>,
  signal: AbortSignal | undefined,
): Promise<OpenedDataset> {
  const { findRecord } = await import('@frost/client/lookup')
  const { copiesOfOriginal, openNearest } = await import('./nearest-copy.ts')
  const { value, uri } = await findRecord(ref, await readingLookupOf(context))
  const reach = async (candidates: Parameters<typeof openNearest>[0]) => {
    const { dataset, candidate } = await openNearest(
      candidates,
      ({ distribution }, until) => open(placed(context, distribution), until),
      signal,
    )
    if (candidates.length > 1 || candidates[0] !== own[0])
      context.output.note(`Reading ${candidate.name}, which opened first: ${dataset.location}`)
    return dataset
  }
  const own = copiesOfOriginal(distributionsOf(value).filter(isRemote))
  const failed = await reach(own).catch(error => {
    if ((error as FrostError).code !== 'NoCopyOpens') throw error
    return error as FrostError
  })
  if (!(failed instanceof FrostError)) return failed
  const { AppView } = await import('@frost/client/appview')
  const { isCopy, mirroredCopies } = await import('@frost/client/verify/copies')
  const mirrors = (await mirroredCopies(new AppView(context.settings.appviewUrl), uri)).filter(
    mirror => isCopy(mirror) && isRemote(mirror),
  )
  if (mirrors.length === 0) throw failed
  return reach(mirrors.map(mirror => ({ name: `the ${mirror.id}`, distribution: mirror })))
}

const SCHEMES = /^(?:https?|s3a?|gs|gcs|az|abfss?|file):/i

function isLocation(target: string): boolean {
  if (/^https?:\/\/[^/]+\/d\/[^/]+\/[^/]+\/?$/i.test(target)) return false
  return SCHEMES.test(target) || /^[./~]/.test(target) || existsSync(target)
}

/** What somebody names on the command line is theirs to read, their own machine included. */
function given(target: string): Place {
  return { location: target, options: { allowLocal: true, guard: { allowLoopback: true } } }
}

async function ofDataset(context: Context, ref: string, wanted: string | undefined): Promise<Place> {
  const { findRecord } = await import('@frost/client/lookup')
  const { value, uri } = await findRecord(ref, await readingLookupOf(context))
  const all = distributionsOf(value)
  const found = wanted === undefined ? readable(all) : all.find(({ id }) => id === wanted)
  if (!found) {
    const ids = all.map(({ id }) => id).join(', ')
    if (wanted !== undefined)
      throw new UsageError(`--distribution is '${wanted}': the dataset has ${ids || 'none'}`)
    throw new FrostError(
      'NotReadable',
      `${uri} names no place that can be read from here${ids ? ` (it has ${ids})` : ''}`,
    )
  }
  return placed(context, found)
}

function placed(context: Context, distribution: Distribution): Place {
  const { location, options } = placeOf(distribution, {
    // A network on this machine keeps its data on this machine.
    allowLoopback: isLoopback(context.settings.appviewUrl),
  })
  const { pin } = distribution
  return {
    location,
    options: { ...options, ...(pin?.scheme.endsWith('-snapshot') && { pin: `snapshot:${pin.value}` }) },
  }
}

function isRemote({ uri }: Distribution): boolean {
  return SCHEMES.test(uri) && !/^file:/i.test(uri)
}

const ROLES = ['primary', 'alternate-encoding', 'virtual', 'replica', 'subset', 'sample', 'part']

function readable(distributions: readonly Distribution[]): Distribution | undefined {
  return distributions
    .filter(isRemote)
    .sort((a, b) => ROLES.indexOf(a.role ?? 'primary') - ROLES.indexOf(b.role ?? 'primary'))[0]
}
