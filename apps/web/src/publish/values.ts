import type { LexMap } from '@atproto/lex'

/** Records are written by strangers, also those that their owners edit here: a field may hold anything. */
export const isObject = (value: unknown): value is LexMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const listOf = (value: unknown): LexMap[] => (Array.isArray(value) ? value.filter(isObject) : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
