import { accessNow } from '@frost/lexicon'
import type { Comparison, Copy, Evidence } from '@frost/reader'
import { describeError } from '../describe-error.ts'
import { placeOf, type StoreAccess } from '../store.ts'
import { type Claimed, isCopy, referencesFor } from './copies.ts'
import { declaredEvidence, uncheckedSums } from './declared.ts'

/**
 * What became of a place:
 * - `original`: it opens, and stands for itself
 * - `identical`, `behind`, `ahead`, `different`: what it is to the place that `against` names
 * - `incomparable`: it opens, and cannot be held against any other; where a read `failed`, `summary` says of which place
 * - `unreachable`: it does not open; `summary` says why
 */
export type Outcome = 'original' | Comparison['result'] | 'unreachable'

export interface VerifiedCopy {
  readonly id: string
  readonly kind: Claimed['kind']
  readonly by?: Claimed['by']
  /** The mirror's record. */
  readonly record?: string
  readonly uri: string
  readonly cloud?: string
  readonly region?: string
  readonly format?: string
  /** How it was compared; only copies of one method are. */
  readonly method?: string
  /** A snapshot, a size, a number of files. */
  readonly state?: string
  readonly etag?: string
  readonly result: Outcome
  readonly against?: string
  readonly summary: string
  /** It was to be compared, and a read of it or of what it is held against failed. */
  readonly failed?: true
  readonly evidence: readonly Evidence[]
  /** Requests and bytes that were read of it. */
  readonly cost?: { readonly requests: number; readonly bytes: number }
  /** Until it was open. */
  readonly milliseconds?: number
}

export interface Verification {
  readonly checkedAt: string
  /** True where nothing lags, differs, is unreachable or failed. */
  readonly agrees: boolean
  readonly copies: readonly VerifiedCopy[]
}

export interface VerifyOptions {
  readonly access: StoreAccess
  /** All of every copy is read, bounded by nothing. */
  readonly full?: boolean
  /** Parts of each copy that are looked at. */
  readonly samples?: number
  /** `branch:…`, `tag:…` or `snapshot:…`, of stores that keep versions. */
  readonly pin?: string
  readonly onProgress?: (text: string) => void
}

const AT_A_TIME = 4

interface Opened {
  readonly claimed: Claimed
  readonly copy?: Copy
  readonly error?: string
  readonly milliseconds: number
}

/** Holds the copies of a dataset against each other where they lie, by little more than their metadata. */
export async function verifyCopies(
  claims: readonly Claimed[],
  options: VerifyOptions,
): Promise<Verification> {
  let done = 0
  const opened = await inParts(claims, async claimed => {
    const result = await open(claimed, claims.length, options)
    options.onProgress?.(`Opened ${++done} of ${claims.length} copies`)
    return result
  })
  done = 0
  const copies = await inParts(opened, async one => {
    const result = await judge(one, opened, options)
    options.onProgress?.(`Compared ${++done} of ${claims.length} copies`)
    return result
  })
  const fine: readonly Outcome[] = ['original', 'identical', 'incomparable']
  return {
    checkedAt: new Date().toISOString(),
    agrees: copies.every(({ result, failed }) => fine.includes(result) && !failed),
    copies,
  }
}

async function open(
  claimed: Claimed,
  copies: number,
  { access, full, samples, pin }: VerifyOptions,
): Promise<Opened> {
  const { compareBudget, openCopy } = await import('@frost/reader')
  const started = performance.now()
  const milliseconds = () => Math.round(performance.now() - started)
  try {
    const { location, options } = placeOf(claimed, access)
    const copy = await openCopy(location, {
      ...options,
      ...(claimed.kind === 'given' && { allowLocal: true, guard: { allowLoopback: true } }),
      ...(pin !== undefined && { pin }),
      ...(!full && { budget: compareBudget(copies, samples) }),
    })
    return { claimed, copy, milliseconds: milliseconds() }
  } catch (error) {
    return { claimed, error: describeError(error), milliseconds: milliseconds() }
  }
}

async function judge(
  one: Opened,
  all: readonly Opened[],
  { full = false, samples }: VerifyOptions,
): Promise<VerifiedCopy> {
  const { claimed, copy, milliseconds } = one
  const { id, kind, by, record, uri, cloud, region, format } = claimed
  const known = {
    id,
    kind,
    ...(by && { by }),
    ...(record && { record }),
    uri,
    ...(cloud && { cloud }),
    ...(region && { region }),
    ...(format && { format }),
  }
  if (copy === undefined)
    return {
      ...known,
      result: 'unreachable',
      summary: unreachable(claimed, one.error!),
      evidence: [],
      milliseconds,
    }
  const opened = () => ({
    ...known,
    ...(copy.format && { format: copy.format }),
    method: full ? 'full-checksum' : copy.method,
    state: copy.state.label,
    ...(copy.state.etag && { etag: copy.state.etag }),
    milliseconds,
    cost: copy.spent,
  })
  try {
    const declared = await declaredEvidence(claimed, copy, full)
    const { result, against, summary, evidence } = await held(
      one,
      all,
      full ? Number.POSITIVE_INFINITY : samples,
    )
    const broken = declared.find(({ agrees }) => !agrees)
    const unchecked = uncheckedSums(claimed, declared)
    const later = unchecked.length > 0 ? `; ${unchecked.join(', ')} of the record: checked by --full` : ''
    return {
      ...opened(),
      // Of a store's own word against the record's the data is what counts: the record is then wrong of this copy.
      result: broken && (result === 'original' || result === 'identical') ? 'different' : result,
      ...(against && { against }),
      summary: broken ? `${broken.what}: ${broken.note}` : `${summary}${later}`,
      evidence: [...evidence, ...declared],
    }
  } catch (error) {
    // Of the two that were read it may be the other one that failed: the message names it.
    return {
      ...opened(),
      result: 'incomparable',
      summary: `not compared: ${describeError(error)}`,
      failed: true,
      evidence: [],
    }
  }
}

interface Held extends Omit<Comparison, 'result'> {
  readonly result: Outcome
  readonly against?: string
}

async function held(
  { claimed, copy }: Opened,
  all: readonly Opened[],
  samples: number | undefined,
): Promise<Held> {
  if (!isCopy(claimed))
    return claimed.kind === 'distribution'
      ? { result: 'original', summary: copy!.state.label, evidence: [] }
      : {
          result: 'incomparable',
          summary: `${copy!.state.label}; made anew (${claimed.method ?? claimed.role}): values are not compared`,
          evidence: [],
        }
  const openings = new Map(all.map(opened => [opened.claimed, opened]))
  const references = referencesFor(
    claimed,
    all.map(opened => opened.claimed),
  ).map(place => openings.get(place)!)
  const reference = references.find(other => other.copy?.method === copy!.method)
  if (reference === undefined)
    return {
      result: 'incomparable',
      summary: references.some(other => other.copy)
        ? `${copy!.format ?? 'this file'} has no counterpart among the other copies`
        : 'no other copy can be reached',
      evidence: [],
    }
  // Of two copies without an original the one that is named first stands in for it.
  if (isCopy(reference.claimed) && all.indexOf(reference) > all.findIndex(other => other.claimed === claimed))
    return { result: 'original', summary: `${copy!.state.label}; no original can be reached`, evidence: [] }
  const comparison = await reference.copy!.compare(copy!, samples === undefined ? {} : { samples })
  return { ...comparison, against: reference.claimed.id }
}

function unreachable({ access }: Claimed, error: string): string {
  const { level, isOpen } = accessNow(access)
  if (isOpen) return error
  return `${error} (access is ${level}${access?.requestUri ? `: ask at ${access.requestUri}` : ''})`
}

async function inParts<In, Out>(items: readonly In[], use: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  for (let at = 0; at < items.length; at += AT_A_TIME)
    results.push(...(await Promise.all(items.slice(at, at + AT_A_TIME).map(use))))
  return results
}
