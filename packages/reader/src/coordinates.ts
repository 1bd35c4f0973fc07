import { type Cell, type Packing, packingOf, unpack, unpackTime } from './cf/packing.ts'
import { type Instant, isoTimes } from './cf/time.ts'
import type { ArrayDataset, Values } from './dataset.ts'
import { gather } from './gather.ts'
import type { Variable } from './model.ts'
import type { Cost, ReadOptions } from './objects.ts'
import { together } from './together.ts'

/** Above this a coordinate is not read whole: 4 million values are 450 years of hours. */
const LONGEST = 4_000_000
/** A coordinate of so many values is read in one go where its two ends are asked for. */
const SHORT = 32_768

/** All values of a one-dimensional coordinate, decoded. */
export interface CoordinateValues {
  readonly variable: Variable
  readonly packing: Packing
  readonly stored: Values
  /** Physical numbers or texts; of times the numbers as stored. */
  readonly cells: readonly Cell[]
  /** Of times: their instants. */
  readonly instants?: readonly (Instant | undefined)[]
}

/** The ends of a coordinate; least and greatest are of all values where it was read whole, else of its ends. */
export interface CoordinateEnds {
  readonly first: Cell
  readonly second: Cell
  readonly last: Cell
  readonly least: number
  readonly greatest: number
  readonly instants?: {
    readonly first: Instant | undefined
    readonly second: Instant | undefined
    readonly last: Instant | undefined
    readonly least: Instant
    readonly greatest: Instant
  }
  readonly packing: Packing
}

/** Reads coordinates of one dataset, each at most once. */
export class Coordinates {
  readonly #dataset: ArrayDataset
  readonly #format: string
  readonly #values = new Map<string, Promise<CoordinateValues | undefined>>()

  constructor(dataset: ArrayDataset, format: string) {
    this.#dataset = dataset
    this.#format = format
  }

  /** What reading all of its values would cost; nothing where they are known. */
  async cost(variable: Variable): Promise<Cost> {
    if (this.#values.has(variable.name)) return { requests: 0, bytes: 0 }
    return this.#dataset.estimate(variable.name, [{ start: 0, end: variable.shape[0] ?? 0, step: 1 }])
  }

  /** What reading its ends would cost, and whether one read of all is the way. */
  async endsCost(variable: Variable): Promise<Cost & { readonly whole: boolean }> {
    const count = variable.shape[0]!
    const all = await this.cost(variable)
    if (count <= 3 || (count <= SHORT && all.requests <= 1)) return { ...all, whole: true }
    const [head, tail] = await Promise.all(
      [headRange, tailRange(count)].map(range => this.#dataset.estimate(variable.name, [range])),
    )
    const ends = { requests: head!.requests + tail!.requests, bytes: head!.bytes + tail!.bytes }
    return ends.requests >= all.requests && count <= LONGEST && ends.bytes >= all.bytes
      ? { ...all, whole: true }
      : { ...ends, whole: false }
  }

  /** Undefined where it is too long, or no line of values. */
  values(variable: Variable, options: ReadOptions = {}): Promise<CoordinateValues | undefined> {
    let known = this.#values.get(variable.name)
    if (known === undefined) {
      known = this.#read(variable, options)
      this.#values.set(variable.name, known)
      known.catch(() => this.#values.delete(variable.name))
    }
    return known
  }

  async #read(variable: Variable, options: ReadOptions): Promise<CoordinateValues | undefined> {
    const count = variable.shape[0]
    if (variable.shape.length !== 1 || count === undefined || count > LONGEST) return undefined
    const { values } = await gather(
      this.#dataset,
      variable.name,
      [{ start: 0, end: count, step: 1 }],
      options,
    )
    if (values.length !== count) return undefined
    return decode(variable, values, this.#format)
  }

  async ends(variable: Variable, options: ReadOptions = {}): Promise<CoordinateEnds | undefined> {
    const count = variable.shape[0]
    if (variable.shape.length !== 1 || count === undefined || count === 0) return undefined
    const { whole } = await this.endsCost(variable)
    if (whole) {
      const values = await this.values(variable, options)
      return values === undefined ? undefined : endsOf(values)
    }
    const [head, tail] = await together(
      options,
      [headRange, tailRange(count)].map(range => each => gather(this.#dataset, variable.name, [range], each)),
    )
    if (head!.values.length !== 2 || tail!.values.length !== 1) return undefined
    return endsOf(decode(variable, [...head!.values, ...tail!.values] as unknown as Values, this.#format))
  }
}

const headRange = { start: 0, end: 2, step: 1 }
const tailRange = (count: number) => ({ start: count - 1, end: count, step: 1 })

function decode(variable: Variable, stored: Values, format: string): CoordinateValues {
  const packing = packingOf(variable, format)
  const cells = Array.from(stored as ArrayLike<unknown>, value => unpack(value, packing))
  const instants =
    packing.time && Array.from(stored as ArrayLike<unknown>, value => unpackTime(value, packing))
  return { variable, packing, stored, cells, ...(instants === undefined ? {} : { instants }) }
}

function endsOf({ cells, instants, packing }: CoordinateValues): CoordinateEnds {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const cell of cells) {
    if (typeof cell !== 'number' && typeof cell !== 'bigint') continue
    const value = Number(cell)
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  const known = instants?.filter(instant => instant !== undefined) ?? []
  return {
    first: cells[0] ?? null,
    second: cells[1] ?? null,
    last: cells.at(-1) ?? null,
    least,
    greatest,
    packing,
    ...(instants === undefined || known.length === 0
      ? {}
      : {
          instants: {
            first: instants[0],
            second: instants[1],
            last: instants.at(-1),
            least: known.reduce((a, b) => (b < a ? b : a)),
            greatest: known.reduce((a, b) => (b > a ? b : a)),
          },
        }),
  }
}

/** As JSON and people read them: times as ISO 8601, an int64 beyond 2^53 as a decimal string. */
export function labelsOf({
  cells,
  instants,
  packing,
}: CoordinateValues): (number | string | boolean | null)[] {
  if (instants !== undefined && packing.time !== undefined) return isoTimes(instants, packing.time.calendar)
  return cells.map(jsonCell)
}

/** A cell as JSON holds it, without loss: a bigint beyond 2^53 and infinities as text, NaN as null. */
export function jsonCell(cell: Cell): number | string | boolean | null {
  if (typeof cell === 'bigint') {
    const number = Number(cell)
    return Number.isSafeInteger(number) ? number : String(cell)
  }
  if (typeof cell === 'number' && !Number.isFinite(cell)) return Number.isNaN(cell) ? null : String(cell)
  return cell
}
