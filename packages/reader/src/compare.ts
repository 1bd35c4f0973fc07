import { Ledger } from './budget.ts'
import type { CompareOptions, Comparison, Method, State } from './compare/comparison.ts'
import { icebergTable } from './compare/iceberg.ts'
import { icechunkRepository } from './compare/icechunk.ts'
import { wholeObject } from './compare/object.ts'
import { parquetFile, parquetFolder } from './compare/parquet.ts'
import { digestOf } from './compare/prints.ts'
import { zarrStore } from './compare/zarr.ts'
import { ReaderError } from './errors.ts'
import type { Probe } from './format.ts'
import { FORMATS } from './formats.ts'
import { type LocationOptions, openObjects } from './location.ts'
import { meteredObjects } from './objects/metered.ts'
import { namedInErrors } from './objects/named.ts'
import type { Budget, Cost, Objects } from './objects.ts'
import { probeObjects } from './probe.ts'

export type { CompareOptions, Comparison, Evidence, Result } from './compare/comparison.ts'

/** One place where a dataset lies, as it is held against others. */
export interface Copy {
  /** Without credentials. */
  readonly location: string
  /** As the bytes say; undefined for an object of no format that is known. */
  readonly format: string | undefined
  /** How it is compared; only copies of one method are. */
  readonly method: string
  readonly state: State
  /** What was read of it so far. */
  readonly spent: Cost
  /** The digest of its bytes, where it is one object, all of which is read: `sha256`, `md5`, … @throws {ReaderError} */
  digest(algorithm: string): Promise<string | undefined>
  /** What `copy` is to this one. @throws {ReaderError} */
  compare(copy: Copy, options?: Partial<CompareOptions>): Promise<Comparison>
}

export interface OpenCopyOptions extends LocationOptions {
  /** As in `openDataset`. */
  readonly pin?: string
  /** What may be read of it; without bounds where absent. */
  readonly budget?: Budget
}

const SAMPLES = 24

/** What holding `copies` against each other may read of each: any one may turn out to be what all others are held against. */
export function compareBudget(copies: number, samples = SAMPLES): Budget {
  const times = Math.max(1, copies) * Math.max(1, Math.ceil(samples / SAMPLES))
  return { requests: 400 * times, bytes: 64_000_000 * times }
}

/**
 * Opens a copy as far as comparing it needs: metadata, never data.
 * @throws {ReaderError} `NotFound`, `Forbidden`, `Unavailable`; `Unrecognised` for a folder of no format that is known
 */
export async function openCopy(location: string | Objects, options: OpenCopyOptions = {}): Promise<Copy> {
  const { pin, budget, ...place } = options
  const meter = new Ledger(budget)
  const objects = namedInErrors(
    meteredObjects(typeof location === 'string' ? openObjects(location, place) : location, meter),
  )
  const reads = { signal: options.signal }
  const { probe, objects: probed, refusal, found } = await probeObjects(objects, reads)
  const format = await formatOf(probe)
  const method = methodOf(format, probe)
  if (method === undefined) {
    if (refusal) throw refusal
    if ((objects.refusals?.() ?? 0) > 0)
      throw new ReaderError('Forbidden', `'${objects.name}' may not be read: the store refuses`)
    throw (await found())
      ? new ReaderError(
          'Unrecognised',
          `'${objects.name}' is a web page, or a folder of no format that can be compared`,
        )
      : new ReaderError('NotFound', `nothing lies at '${objects.name}'`)
  }
  const state = await method.open({ objects: probed, pin, options: reads })
  return new OpenedCopy(probed, format, method, state, meter)
}

async function formatOf(probe: Probe): Promise<string | undefined> {
  for (const { id, recognises } of FORMATS) if (await recognises(probe)) return id
  return undefined
}

function methodOf(format: string | undefined, probe: Probe): Method<never> | undefined {
  const method = () => {
    if (format === 'icechunk') return icechunkRepository
    if (format === 'iceberg') return icebergTable(probe)
    if (format === 'zarr') return zarrStore
    if (format === 'parquet') return probe.head === undefined ? parquetFolder : parquetFile
    return probe.head === undefined || isPage(probe.head) ? undefined : wholeObject
  }
  return method() as Method<never> | undefined
}

/** What a server shows of a dataset or a folder, which is no data. */
function isPage(head: Uint8Array): boolean {
  return /^\s*(<\?xml[^>]*>\s*)?<(!doctype html|html|listbucketresult)/i.test(
    Buffer.from(head).toString('latin1'),
  )
}

class OpenedCopy implements Copy {
  readonly location: string
  readonly format: string | undefined
  readonly state: State
  readonly #objects: Objects
  readonly #method: Method<never>
  readonly #meter: Ledger

  constructor(
    objects: Objects,
    format: string | undefined,
    method: Method<never>,
    state: State,
    meter: Ledger,
  ) {
    this.location = objects.name
    this.format = format
    this.state = state
    this.#objects = objects
    this.#method = method
    this.#meter = meter
  }

  get method(): string {
    return this.#method.id
  }

  get spent(): Cost {
    return this.#meter.spent
  }

  async digest(algorithm: string): Promise<string | undefined> {
    if (this.state.size === undefined) return undefined
    return digestOf(this.#objects, '', algorithm, {})
  }

  async compare(copy: Copy, options: Partial<CompareOptions> = {}): Promise<Comparison> {
    if (copy.method !== this.method)
      return {
        result: 'incomparable',
        summary: `${copy.format ?? 'a file'} beside ${this.format ?? 'a file'}: values are not compared, export both with frost get`,
        evidence: [],
      }
    return this.#method.compare(this.state as never, copy.state as never, {
      samples: SAMPLES,
      ...options,
    })
  }
}
