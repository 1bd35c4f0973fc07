import { kindOf } from './types.ts'

const WHOLE = /^u?int(8|16|32|64)$/

/**
 * How values of one type become those of a wider one without loss, as schemas grow (Iceberg, "Schema Evolution"); undefined when
 * they cannot.
 */
export function promotion(from: string, to: string): ((value: unknown) => unknown) | undefined {
  if (from === to) return value => value
  if (from === 'null') return () => null
  if (WHOLE.test(from) && to === 'int64' && from !== 'uint64')
    return value => (typeof value === 'number' ? BigInt(value) : value)
  if (/^u?int(8|16)$/.test(from) && to === 'int32') return value => value
  if (from === 'float' && to === 'double') return value => value
  const [narrow, wide] = [decimalScale(from), decimalScale(to)]
  if (narrow !== undefined && narrow === wide) return value => value
  if (kindOf(from) === 'timestamp' && kindOf(to) === 'timestamp' && unitOf(from) === unitOf(to))
    return value => value
  return undefined
}

function decimalScale(type: string): string | undefined {
  return /^decimal\d+\(\d+, (-?\d+)\)$/.exec(type)?.[1]
}

function unitOf(type: string): string | undefined {
  return /^timestamp\[(\w+)/.exec(type)?.[1]
}
