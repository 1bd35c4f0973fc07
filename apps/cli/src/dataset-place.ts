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
}

export function addPlaceOptions(command: Command): Command {
  return command
    .option('--pin <pin>', 'state to read: branch:main, tag:v1 or snapshot:ID, where the store has versions')
    .option(
      '--distribution <id>',
      'which of the places where a dataset lies; the first that can be read where left out',
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
  const place = isLocation(target) ? given(target) : await ofDataset(context, target, options.distribution)
  const { pin, endpoint, region, requesterPays } = options
  return openDataset(place.location, {
    ...place.options,
    env: process.env,
    ...(signal && { signal }),
    ...(pin !== undefined && { pin }),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(requesterPays && { requesterPays, payRequests: true }),
  })
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
  const { location, options } = placeOf(found, {
    // A network on this machine keeps its data on this machine.
    allowLoopback: isLoopback(context.settings.appviewUrl),
  })
  const { pin } = found
  return {
    location,
    options: { ...options, ...(pin?.scheme.endsWith('-snapshot') && { pin: `snapshot:${pin.value}` }) },
  }
}

const ROLES = ['primary', 'alternate-encoding', 'virtual', 'replica', 'subset', 'sample', 'part']

function readable(distributions: readonly Distribution[]): Distribution | undefined {
  return distributions
    .filter(({ uri }) => SCHEMES.test(uri) && !/^file:/i.test(uri))
    .sort((a, b) => ROLES.indexOf(a.role ?? 'primary') - ROLES.indexOf(b.role ?? 'primary'))[0]
}
