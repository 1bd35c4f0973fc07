import type { LexMap } from '@atproto/lex'
import { withoutEnd } from '@frost/lexicon'
import type { Description, OpenDatasetOptions, OpenedDataset } from '@frost/reader'
import { FrostError, UsageError } from './errors.ts'

/** A distribution as records hold it, as far as reading it goes. */
export interface Distribution {
  readonly id?: string
  readonly uri: string
  readonly format?: string
  readonly endpoint?: string
  readonly region?: string
  readonly requesterPays?: boolean
  readonly path?: string
  readonly role?: string
  readonly pin?: { readonly scheme: string; readonly value: string; readonly branch?: string }
}

/** Pins by which stores name their own versions, by the format that says so. */
export const SNAPSHOT_SCHEMES: ReadonlyMap<string, string> = new Map([
  ['icechunk', 'icechunk-snapshot'],
  ['iceberg', 'iceberg-snapshot'],
])

/** Who reads, and with what. */
export interface StoreAccess {
  /** Whether stores on this machine may be read: on a network that runs on it. */
  readonly allowLoopback: boolean
  /** Credentials and endpoints; absent: none. */
  readonly env?: OpenDatasetOptions['env']
  readonly signal?: AbortSignal
}

export function distributionsOf(entry: LexMap): Distribution[] {
  return (Array.isArray(entry.distributions) ? entry.distributions : []).filter(
    (one): one is never => typeof (one as { uri?: unknown } | null)?.uri === 'string',
  )
}

/**
 * The distribution whose store keeps its own versions.
 * @param id The one that is wanted; the first such one where left out.
 * @throws UsageError that names those there are.
 */
export function versionedDistribution(entry: LexMap, id?: string): Distribution {
  const all = distributionsOf(entry)
  const found =
    id === undefined
      ? all.find(({ format }) => SNAPSHOT_SCHEMES.has(String(format)))
      : all.find(one => one.id === id)
  if (found && SNAPSHOT_SCHEMES.has(String(found.format))) return found
  const ids = all.map(one => `${one.id} (${one.format ?? 'no format'})`).join(', ') || 'none'
  throw new UsageError(
    found
      ? `--distribution is '${id}', which is ${found.format ?? 'of no known format'}: only Icechunk and Iceberg keep their own versions`
      : `${id === undefined ? 'no distribution is in Icechunk or Iceberg' : `--distribution is '${id}'`}: the dataset has ${ids}; use --pin scheme:value, such as --pin etag:…`,
  )
}

/** Where a distribution lies, as the reader takes it. */
export function placeOf(
  { uri, path, endpoint, region, requesterPays }: Distribution,
  { allowLoopback, env, signal }: StoreAccess,
): { readonly location: string; readonly options: OpenDatasetOptions } {
  return {
    location: path ? `${withoutEnd(uri, '/')}/${path.replace(/^\/+/, '')}` : uri,
    options: {
      guard: { allowLoopback },
      ...(env && { env }),
      ...(signal && { signal }),
      ...(endpoint && { endpoint }),
      ...(region && { region }),
      ...(requesterPays && { requesterPays }),
    },
  }
}

/** Opens a distribution at a branch, tag or snapshot. @throws ReaderError */
export async function openStore(
  distribution: Distribution,
  pin: string | undefined,
  access: StoreAccess,
): Promise<OpenedDataset> {
  const { openDataset } = await import('@frost/reader')
  const { location, options } = placeOf(distribution, access)
  return openDataset(location, { ...options, ...(pin !== undefined && { pin }) })
}

/** The newest snapshot on a branch, as a store says it. */
export interface BranchTip {
  readonly pin: {
    readonly scheme: string
    readonly value: string
    readonly branch: string
    readonly committedAt?: string
  }
  /** What its commit says. */
  readonly message?: string
  /** Data is complete up to here, where a time coordinate says so. */
  readonly upTo?: string
}

/**
 * Reads the newest snapshot of a branch from the store itself.
 * @throws ReaderError as the store fails; FrostError `NoBranch`
 */
export async function branchTip(
  distribution: Distribution,
  branch: string,
  access: StoreAccess,
): Promise<BranchTip> {
  const dataset = await openStore(distribution, `branch:${branch}`, access)
  try {
    return tipIn(await dataset.describe(), distribution, branch)
  } finally {
    await dataset.close()
  }
}

/** The newest snapshot of a branch in what a store that was opened there says of itself. @throws FrostError `NoBranch` */
export function tipIn(
  { format, versions = [], coverage }: Pick<Description, 'format' | 'versions' | 'coverage'>,
  distribution: Distribution,
  branch: string,
): BranchTip {
  const scheme = SNAPSHOT_SCHEMES.get(format)
  const tip = versions.find(({ refs }) => refs?.includes(`branch:${branch}`))
  if (!scheme || !tip)
    throw new FrostError(
      'NoBranch',
      `${distribution.uri} is ${format} and names no snapshot of branch '${branch}': check the format and --from-branch`,
    )
  const { id, committedAt, message } = tip
  const upTo = coverage.time?.end
  return {
    pin: { scheme, value: id, branch, ...(committedAt && { committedAt }) },
    ...(message && { message }),
    ...(upTo && { upTo }),
  }
}

/**
 * Looks again and again at a branch: as long as the object that points at its snapshot is the same by its ETag, nothing else of the
 * store is read.
 */
export class BranchWatch {
  readonly #distribution: Distribution
  readonly #branch: string
  readonly #access: StoreAccess
  #settled: string | undefined

  constructor(distribution: Distribution, branch: string, access: StoreAccess) {
    this.#distribution = distribution
    this.#branch = branch
    this.#access = access
  }

  /** The newest snapshot; undefined where the store is as it was when it was last settled. */
  async look(): Promise<{ readonly tip: BranchTip; readonly mark: string | undefined } | undefined> {
    // Before the snapshot is read: what changes in between is then seen at the next look.
    const mark = await this.#mark()
    if (mark !== undefined && mark === this.#settled) return undefined
    return { mark, tip: await branchTip(this.#distribution, this.#branch, this.#access) }
  }

  /** What was seen needs no second look. */
  settle(mark: string | undefined): void {
    this.#settled = mark
  }

  async #mark(): Promise<string | undefined> {
    const { openObjects } = await import('@frost/reader')
    const { location, options } = placeOf(this.#distribution, this.#access)
    const objects = openObjects(location, options)
    for (const path of this.#pointers()) {
      const { etag, size } = (await objects.getRange(path, 0, 1)) ?? {}
      if (etag !== undefined) return `${path} ${etag} ${size}`
    }
    return undefined
  }

  /** Objects that change whenever the branch moves. */
  #pointers(): readonly string[] {
    return this.#distribution.format === 'iceberg'
      ? ['metadata/version-hint.text']
      : ['repo', `refs/branch.${this.#branch}/ref.json`]
  }
}
