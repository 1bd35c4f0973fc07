import { type DataType, IntervalUnit, Type } from '@uwdata/flechette'
import { clockTextOf, dateOf, momentOf, type TimeUnit } from '../../table/moments.ts'
import { decimalText, listType, mapType, structType, timestampType } from '../../table/types.ts'
import { setField } from '../parquet/assemble.ts'

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']
type Convert = (value: never) => unknown

interface Known {
  readonly type: string
  /** From what flechette gives to what `table/types.ts` says; undefined where they are the same. */
  readonly convert: Convert | undefined
}

/** Any of flechette's types, as far as it is looked at here. */
interface AnyType {
  readonly typeId: number
  readonly bitWidth?: number
  readonly signed?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly stride?: number
  readonly timezone?: string | null
  readonly mode?: number
  readonly dictionary?: DataType
  readonly children?: readonly { readonly name: string; readonly type: DataType }[]
}

const plain = (type: string): Known => ({ type, convert: undefined })

/** Name and values of an Arrow type; dictionaries and runs are what they stand for. */
export function knownType(given: DataType): Known {
  const type = given as unknown as AnyType
  const unit = UNITS[type.unit ?? 0]!
  switch (type.typeId) {
    case Type.Null:
      return plain('null')
    case Type.Bool:
      return plain('bool')
    case Type.Int:
      return plain(`${type.signed ? '' : 'u'}int${type.bitWidth}`)
    case Type.Float:
      return plain(['halffloat', 'float', 'double'][type.precision ?? 2]!)
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return plain('utf8')
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
      return plain('binary')
    case Type.FixedSizeBinary:
      return plain(`fixed_size_binary[${type.stride}]`)
    case Type.Decimal: {
      const scale = type.scale ?? 0
      return {
        type: `decimal${type.bitWidth ?? 128}(${type.precision}, ${scale})`,
        convert: ((value: bigint | number) => decimalText(BigInt(value), scale)) as Convert,
      }
    }
    case Type.Date:
      return {
        type: type.unit === 0 ? 'date32' : 'date64',
        convert: ((ms: number) => dateOf(ms / 86_400_000)) as Convert,
      }
    case Type.Timestamp: {
      const zone = type.timezone || undefined
      return {
        type: timestampType(unit, zone),
        convert: ((value: bigint) => momentOf(BigInt(value), unit, zone !== undefined)) as Convert,
      }
    }
    case Type.Time:
      return {
        type: `time${type.bitWidth}[${unit}]`,
        convert: ((value: bigint | number) => clockTextOf(BigInt(value), unit)) as Convert,
      }
    case Type.Duration:
      return plain(`duration[${unit}]`)
    case Type.Interval:
      return { type: 'month_day_nano_interval', convert: intervalOf(type.unit ?? 0) }
    case Type.Dictionary:
      return knownType(type.dictionary!)
    case Type.RunEndEncoded:
      return knownType(type.children![1]!.type)
    default:
      return nested(type)
  }
}

function nested(type: AnyType): Known {
  const children = (type.children ?? []).map(({ name, type: child }) => ({ name, ...knownType(child) }))
  switch (type.typeId) {
    case Type.List:
    case Type.LargeList:
    case Type.ListView:
    case Type.LargeListView:
    case Type.FixedSizeList: {
      const [element] = children
      return {
        type: listType(element!.type),
        convert: ((value: ArrayLike<unknown>) =>
          Array.from(value, item => converted(item, element!.convert))) as Convert,
      }
    }
    case Type.Struct:
      return {
        type: structType(children.map(child => [child.name, child.type])),
        convert: ((value: Record<string, unknown>) => {
          const struct: Record<string, unknown> = {}
          for (const { name, convert } of children) setField(struct, name, converted(value[name], convert))
          return struct
        }) as Convert,
      }
    case Type.Map: {
      const entry = type.children![0]!.type as unknown as AnyType
      const [key, value] = entry.children!.map(child => knownType(child.type))
      return {
        type: mapType(key!.type, value!.type),
        convert: ((pairs: Iterable<readonly [unknown, unknown]>) =>
          Array.from(pairs, ([k, v]) => [
            converted(k, key!.convert),
            converted(v, value!.convert),
          ])) as Convert,
      }
    }
    default:
      return plain(`union<${children.map(child => `${child.name}: ${child.type}`).join(', ')}>`)
  }
}

export function converted(value: unknown, convert: Convert | undefined): unknown {
  if (value === null || value === undefined) return null
  return convert === undefined ? value : convert(value as never)
}

/** ISO 8601 durations of months, of days and milliseconds, or of months, days and nanoseconds. */
function intervalOf(unit: number): Convert {
  if (unit === IntervalUnit.YEAR_MONTH) return ((months: number) => `P${months}M`) as Convert
  if (unit === IntervalUnit.DAY_TIME)
    return ((parts: ArrayLike<number>) => `P${parts[0]}DT${decimalText(BigInt(parts[1]!), 3)}S`) as Convert
  return ((parts: ArrayLike<number | bigint>) =>
    `P${parts[0]}M${parts[1]}DT${decimalText(BigInt(parts[2]!), 9)}S`) as Convert
}
