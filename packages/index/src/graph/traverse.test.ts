/** Impact held against its definition, worked out by reachability alone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Adjacency, ArcList } from './adjacency.ts'
import { Nodes } from './nodes.ts'
import { Traversal } from './traverse.ts'

const SIZE = 9
const node = fc.nat(SIZE - 1)
const arc = fc.record({ made: node, source: node, bits: fc.integer({ min: 1, max: 7 }) })
const graph = fc.record({
  arcs: fc.array(arc, { maxLength: 24 }),
  /** What these nodes were made from is said anew afterwards. */
  edits: fc.array(fc.record({ made: node, sources: fc.uniqueArray(node, { maxLength: 3 }) }), {
    maxLength: 3,
  }),
  /** Keys that stand for another node. */
  aliases: fc.uniqueArray(fc.record({ key: node, node }), { maxLength: 2, selector: ({ key }) => key }),
  bits: fc.integer({ min: 1, max: 7 }),
  start: node,
})

type Drawn = typeof graph extends fc.Arbitrary<infer One> ? One : never

function built({ arcs, edits, aliases }: Drawn) {
  const nodes = new Nodes()
  for (let each = 0; each < SIZE; each++) nodes.intern(`n${each}`)
  const list = new ArcList()
  for (const { made, source, bits } of arcs) list.add(made, source, bits)
  const adjacency = new Adjacency()
  adjacency.load(SIZE, list)
  const sources = new Map<number, Map<number, number>>()
  for (const { made, source, bits } of arcs) {
    const held = sources.get(made) ?? new Map<number, number>()
    held.set(source, (held.get(source) ?? 0) | bits)
    sources.set(made, held)
  }
  for (const { made, sources: now } of edits) {
    adjacency.set(
      made,
      now.map(source => ({ node: source, bits: 7 })),
    )
    sources.set(made, new Map(now.map(source => [source, 7])))
  }
  for (const alias of aliases)
    if (nodes.canonical(alias.node) === alias.node && !nodes.members(alias.key))
      nodes.alias(alias.key, alias.node)
  return { nodes, adjacency, sources }
}

describe('impact', () => {
  it('is what can be made anew, sources first, circles together and named', () => {
    fc.assert(
      fc.property(graph, drawn => {
        const { nodes, adjacency, sources } = built(drawn)
        const start = nodes.canonical(drawn.start)
        const arcs = [...sources].flatMap(([made, from]) =>
          [...from].flatMap(([source, bits]) =>
            (bits & drawn.bits) !== 0 && nodes.canonical(source) !== nodes.canonical(made)
              ? [[nodes.canonical(source), nodes.canonical(made)] as const]
              : [],
          ),
        )
        const reaches = Array.from({ length: SIZE }, (_, from) => {
          const found = new Set([from])
          for (const at of found) for (const [source, made] of arcs) if (source === at) found.add(made)
          return found
        })
        const isOne = (a: number, b: number) => reaches[a]!.has(b) && reaches[b]!.has(a)
        const inside = reaches[start]!
        /** Arcs on the longest way from the beginning, circles counted as one. */
        const longest = (at: number): number =>
          Math.max(
            0,
            ...arcs.flatMap(([source, made]) =>
              isOne(made, at) && inside.has(source) && !isOne(source, at) ? [longest(source) + 1] : [],
            ),
          )

        const { steps, cycles, truncated } = new Traversal(nodes, adjacency).impact(start, {
          bits: drawn.bits,
          limit: 100,
        })
        const order = [start, ...steps.map(step => step.node)]
        expect(truncated).toBe(false)
        expect(new Set(order)).toEqual(inside)
        expect(order).toHaveLength(inside.size)
        for (const step of steps) expect(step.depth).toBe(longest(step.node))
        for (const [source, made] of arcs)
          if (inside.has(source) && !isOne(source, made))
            expect(order.indexOf(source)).toBeLessThan(order.indexOf(made))
        const circles = [...inside]
          .map(at => [...inside].filter(other => isOne(at, other)).sort())
          .filter(circle => circle.length > 1)
        expect(new Set(cycles.map(circle => [...circle].sort().join()))).toEqual(
          new Set(circles.map(circle => circle.join())),
        )
      }),
      { numRuns: 500 },
    )
  })
})
