import type { Variable } from '../../model.ts'

/** A value as JSON holds it: an int64 beyond 2^53 as a decimal string, `NaN` and the infinities by name, one element bare. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return jsonInteger(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return jsonValue([...(value as Uint8Array)])
  if (Array.isArray(value)) return value.length === 1 ? jsonValue(value[0]) : value.map(jsonValue)
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  return undefined
}

function jsonInteger(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** Attributes as read from a file; an own object without what the language gives to all. */
export type Attributes = Readonly<Record<string, unknown>>

/** What the NetCDF and CF conventions say of a variable in its attributes. */
export function conventionalFields(dtype: string, attributes: Attributes): Partial<Variable> {
  const text = (name: string) => {
    const value = attributes[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const number = (name: string) => {
    const value = attributes[name]
    return typeof value === 'number' ? value : undefined
  }
  return defined({
    units: text('units'),
    standardName: text('standard_name'),
    longName: text('long_name'),
    fill: fillOf(dtype, attributes._FillValue),
    scale: number('scale_factor'),
    offset: number('add_offset'),
  })
}

function fillOf(dtype: string, value: unknown): Variable['fill'] {
  if (typeof value === 'number') return dtype === 'int64' || dtype === 'uint64' ? String(value) : value
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined
}

/** Names that variables give in their `coordinates` attributes (CF conventions, section 5), each once. */
export function namedCoordinates(all: Iterable<Attributes>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { coordinates } of all)
    if (typeof coordinates === 'string')
      for (const name of coordinates.split(/\s+/)) if (name !== '') names.add(name)
  return names
}

/** The same without what is undefined. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}
