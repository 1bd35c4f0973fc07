import { isValidDid } from '@atproto/syntax'

interface Facet {
  readonly byteStart: number
  readonly byteEnd: number
  readonly did?: string
}

/**
 * Markdown in which the accounts that its facets name are links to their pages. Only what reads as a handle becomes one, so that a
 * facet cannot put a link under other words; what stands in code stays as it is.
 */
export function withMentions(text: string, facets: readonly Facet[] = []): string {
  const bytes = Buffer.from(text)
  let end = bytes.length
  let linked = text
  for (const { byteStart, byteEnd, did } of facets.toSorted((a, b) => b.byteStart - a.byteStart)) {
    if (did === undefined || !isValidDid(did) || byteEnd > end || byteStart >= byteEnd) continue
    const mention = bytes.subarray(byteStart, byteEnd).toString()
    const before = bytes.subarray(0, byteStart).toString()
    if (!/^@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(mention) || isInCode(before)) continue
    linked = `${before}[${mention}](/p/${did})${linked.slice(before.length + mention.length)}`
    end = byteStart
  }
  return linked
}

const isInCode = (before: string) => [...before.matchAll(/`/g)].length % 2 === 1
