import { dateOf, nanosOf } from '../../table/moments.ts'
import type { Part } from './parts.ts'

/** A column that the names of folders hold. */
export interface PartitionColumn {
  readonly name: string
  readonly type: 'int64' | 'date32' | 'utf8'
  valueOf(text: string | null): unknown
}

/**
 * Columns of folder names, typed by all the values they have: whole numbers without leading zeros, dates, else text.
 */
export function partitionColumns(parts: readonly Part[]): readonly PartitionColumn[] {
  const names = [...(parts[0]?.partition.keys() ?? [])].filter(name =>
    parts.every(part => part.partition.has(name)),
  )
  return names.map(name => {
    const texts = parts
      .map(part => part.partition.get(name))
      .filter(text => text !== null && text !== undefined)
    if (texts.length > 0 && texts.every(text => /^(0|-?[1-9]\d{0,17})$/.test(text)))
      return { name, type: 'int64', valueOf: text => (text === null ? null : BigInt(text)) }
    if (texts.length > 0 && texts.every(isDate)) return { name, type: 'date32', valueOf: dateValue }
    return { name, type: 'utf8', valueOf: text => text }
  })
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && nanosOf(text) !== undefined
}

function dateValue(text: string | null): unknown {
  return text === null ? null : dateOf(Number(nanosOf(text)! / 86_400_000_000_000n))
}
