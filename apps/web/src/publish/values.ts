import type { LexMap } from '@atproto/lex'

/** Records are written by strangers, also those that their owners edit here: a field may hold anything. */
export const isObject = (value: unknown): value is LexMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const listOf = (value: unknown): LexMap[] => (Array.isArray(value) ? value.filter(isObject) : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export function isSame(row: object, before: object | undefined): boolean {
  return JSON.stringify(row) === JSON.stringify(before)
}

/** A message of the client's library, which speaks of options: here the field says which one it is. */
export function sentence(message: string): string {
  const plain = message.replace(/^--[\w-]+ is /, '').replace(/^--/, '')
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

/** A list, or nothing where there is none: records hold no empty ones. */
export const some = (list: LexMap[]): LexMap[] | undefined => (list.length > 0 ? list : undefined)
