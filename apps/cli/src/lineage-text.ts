import { styled } from './text.ts'

export interface LineageNode {
  readonly id: string
  readonly title?: string
  readonly author?: { readonly handle: string }
  readonly depth: number
  readonly state: string
}

export interface LineageEdge {
  readonly from: string
  readonly to: string
  readonly assertedBy: string
  readonly acknowledged?: string
}

export interface Lineage {
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
  readonly cycles?: readonly { readonly nodes: readonly { readonly id: string }[] }[]
  readonly truncated: boolean
}

/** One line for a thing: its title and reference, and what is not as usual about it. */
export function nodeText({ id, title, author, state }: LineageNode): string {
  const reference = id.startsWith('at://') && author ? `${author.handle}/${id.split('/').at(-1)}` : id
  const odd = state === 'available' || state === 'external' ? '' : styled('yellow', `  [${state}]`)
  return `${title ? `${styled('bold', title)}  ` : ''}${styled('dim', reference)}${odd}`
}

/** Both ways as trees; what stands in several places is unfolded once. */
export function lineageText(lineage: Lineage, ways: readonly ('upstream' | 'downstream')[]): string {
  const { nodes, edges, cycles = [], truncated } = lineage
  const start = nodes.find(({ depth }) => depth === 0)
  if (!start) return 'Nothing is known of it'
  const byId = new Map(nodes.map(node => [node.id, node]))
  const lines = [nodeText(start)]
  for (const way of ways) {
    const shown = new Set([start.id])
    const branches = new Map<string, { next: string; note: string }[]>()
    for (const edge of edges) {
      const [here, next] = way === 'upstream' ? [edge.from, edge.to] : [edge.to, edge.from]
      const list = branches.get(here) ?? []
      if (!list.some(other => other.next === next)) list.push({ next, note: noteOf(edge) })
      branches.set(here, list)
    }
    const grow = (id: string, indent: string) => {
      const list = branches.get(id) ?? []
      for (const [place, { next, note }] of list.entries()) {
        const isLast = place === list.length - 1
        const node = byId.get(next)
        if (!node) continue
        const again = shown.has(next)
        lines.push(
          `${indent}${isLast ? '└─ ' : '├─ '}${nodeText(node)}${note}${again && branches.has(next) ? ' …' : ''}`,
        )
        shown.add(next)
        if (!again) grow(next, indent + (isLast ? '   ' : '│  '))
      }
    }
    lines.push('', way === 'upstream' ? 'made from' : 'used by')
    const before = lines.length
    grow(start.id, '')
    if (lines.length === before)
      lines.push(way === 'upstream' ? 'nothing that is known' : 'nobody that is known')
  }
  for (const { nodes: circle } of cycles) lines.push('', `circle: ${circle.map(({ id }) => id).join(' → ')}`)
  if (truncated) lines.push('', 'There is more: raise --depth or --limit')
  return lines.join('\n')
}

function noteOf({ assertedBy, acknowledged }: LineageEdge): string {
  const notes = [
    assertedBy === 'downstream-owner' ? '' : `says the ${assertedBy.replaceAll('-', ' ')}`,
    acknowledged ?? '',
  ]
  const text = notes.filter(Boolean).join(', ')
  return text && `  (${text})`
}
