import { existsSync, readFileSync } from 'node:fs'

/** An update as anybody heard it, or as it was written. */
export interface Heard {
  readonly uri: string
  readonly cid?: string
  readonly dataset?: string
}

const keyOf = ({ uri, cid }: Heard) => `${uri} ${cid}`

/** What a program noted in a file, a line each; a line that a kill cut short was not noted. */
export function notedIn(file: string): Heard[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return line ? [JSON.parse(line) as Heard] : []
      } catch {
        return []
      }
    })
}

/** What was written and is not heard yet. */
export function missing(written: readonly Heard[], heard: readonly Heard[]): string[] {
  const keys = new Set(heard.map(keyOf))
  return written.map(keyOf).filter(key => !keys.has(key))
}

/** Of each dataset what was heard, in the order in which it was heard first: what comes again after a kill is the same. */
export function orders(heard: readonly Heard[]): Record<string, string[]> {
  const datasets: Record<string, string[]> = {}
  for (const one of heard) {
    const dataset = one.dataset ?? one.uri
    const order = datasets[dataset] ?? []
    datasets[dataset] = order
    if (!order.includes(keyOf(one))) order.push(keyOf(one))
  }
  return datasets
}
