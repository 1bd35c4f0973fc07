import { ReaderError } from '../errors.ts'
import type { Objects, ReadOptions } from '../objects.ts'
import { type Comparison, type Evidence, type Method, type State, spread } from './comparison.ts'
import { printOfReference } from './prints.ts'

export interface ObjectState extends State {
  readonly objects: Objects
  readonly size: number
}

const PART_BYTES = 16 * 1024

/** One object of any format, known or not: size, ETag, and bytes at places spread over it, or all of them. */
export const wholeObject: Method<ObjectState> = {
  id: 'sampled-bytes',
  async open({ objects, options }) {
    const first = await objects.getRange('', 0, 1, options)
    if (first === undefined) throw new ReaderError('NotFound', `nothing lies at '${objects.name}'`)
    const { size, etag } = first
    if (size === undefined)
      throw new ReaderError('Unavailable', `'${objects.name}': the server does not say its size`)
    return { objects, size, label: `${size} bytes`, ...(etag !== undefined && { etag }) }
  },
  async compare(reference, copy, options): Promise<Comparison> {
    const full = options.samples === Number.POSITIVE_INFINITY
    const evidence: Evidence[] = []
    const sizes = `${reference.size} bytes against ${copy.size}`
    evidence.push({ what: 'size', agrees: reference.size === copy.size, note: sizes })
    const sameEtag = strong(reference.etag) !== undefined && strong(reference.etag) === strong(copy.etag)
    // Stores make them each in their own way: that two differ says nothing.
    if (sameEtag) evidence.push({ what: 'etag', agrees: true, note: reference.etag! })
    const common = Math.min(reference.size, copy.size)
    const bytes =
      full && reference.size === copy.size
        ? await wholes(reference, copy, options)
        : await ranges(reference, copy, common, options)
    evidence.push(bytes)
    if (!bytes.agrees) return { result: 'different', summary: 'its bytes differ', evidence }
    if (reference.size === copy.size)
      return {
        result: 'identical',
        summary: full ? 'every byte is the same' : 'the same as far as it was looked at',
        evidence,
      }
    const shorter = copy.size < reference.size
    return {
      result: shorter ? 'behind' : 'ahead',
      summary: `${shorter ? 'the first part' : 'a continuation'} of the original: ${sizes}`,
      evidence,
    }
  },
}

/** Every byte of two objects. */
export async function wholes(
  reference: Pick<ObjectState, 'objects'>,
  copy: Pick<ObjectState, 'objects'>,
  options: ReadOptions,
): Promise<Evidence> {
  const [a, b] = await Promise.all(
    [reference, copy].map(({ objects }) => printOfReference(objects, '', true, options)),
  )
  const agrees = a !== undefined && a.digest === b?.digest
  return {
    what: 'bytes',
    agrees,
    looked: 1,
    note: `all ${a?.size}; sha256 ${a?.digest} against ${b?.digest}`,
  }
}

async function ranges(
  reference: ObjectState,
  copy: ObjectState,
  size: number,
  options: Parameters<Method<ObjectState>['compare']>[2],
): Promise<Evidence> {
  const starts = new Set(
    spread(Math.max(1, Math.ceil(size / PART_BYTES)), Math.min(options.samples, 1024)).map(at =>
      Math.max(0, Math.min(at * PART_BYTES, size - PART_BYTES)),
    ),
  )
  let looked = 0
  for (const start of starts) {
    const end = Math.min(size, start + PART_BYTES)
    const [a, b] = await Promise.all(
      [reference, copy].map(({ objects }) => objects.getRange('', start, end, options)),
    )
    if (a === undefined || b === undefined || !Buffer.from(a.bytes).equals(b.bytes))
      return { what: 'bytes', agrees: false, note: `they differ between byte ${start} and ${end}` }
    looked += end - start
  }
  return {
    what: 'bytes',
    agrees: true,
    looked: starts.size,
    note: `${looked} of ${size} looked at, at ${starts.size} places, all the same`,
  }
}

function strong(etag: string | undefined): string | undefined {
  return etag?.startsWith('W/') ? undefined : etag
}
