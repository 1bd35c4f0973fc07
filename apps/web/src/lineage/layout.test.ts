import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BOX, layOut, SHOWN_IN_COLUMN } from './layout.ts'

const arc = (from: string, to: string) => ({ from, to })

test('sources stand left, what is made from them right, by the longest way', () => {
  const { boxes } = layOut(
    ['me', 'source', 'origin', 'product'],
    [arc('me', 'source'), arc('source', 'origin'), arc('me', 'origin'), arc('product', 'me')],
    'me',
  )
  const columns = Object.fromEntries(boxes.map(({ id, column }) => [id, column]))
  expect(columns).toEqual({ me: 0, source: -1, origin: -2, product: 1 })
})

test('a column of many becomes few and a box for the rest, until it is opened', () => {
  const sources = Array.from({ length: 40 }, (_, n) => `s${n}`)
  const arcs = sources.map(id => arc('me', id))
  const folded = layOut(['me', ...sources], arcs, 'me')
  expect(folded.boxes).toHaveLength(1 + SHOWN_IN_COLUMN)
  const group = folded.boxes.find(({ hidden }) => hidden)!
  expect(group.hidden).toHaveLength(40 - SHOWN_IN_COLUMN + 1)
  expect(folded.arcs.find(({ to }) => to === group.id)?.count).toBe(group.hidden!.length)
  expect(layOut(['me', ...sources], arcs, 'me', new Set([-1])).boxes).toHaveLength(41)
})

test('hundreds are laid out at once', () => {
  const nodes = Array.from({ length: 800 }, (_, n) => `n${n}`)
  const arcs = nodes.slice(1).flatMap((id, n) => [arc(id, nodes[Math.floor(n / 3)]!), arc(id, nodes[n]!)])
  const start = performance.now()
  layOut(nodes, arcs, 'n0', 'all')
  expect(performance.now() - start).toBeLessThan(2_000)
})

test('law: nothing is lost, no boxes overlap, and no arc leads back but in a circle', () => {
  const graph = fc.record({
    size: fc.integer({ min: 1, max: 30 }),
    arcs: fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 60 }),
    isAcyclic: fc.boolean(),
  })
  fc.assert(
    fc.property(graph, ({ size, arcs, isAcyclic }) => {
      const nodes = Array.from({ length: size }, (_, n) => `n${n}`)
      const links = arcs
        .map(([a, b]) => (isAcyclic && a < b ? [b, a] : [a, b]) as [number, number])
        .filter(([a, b]) => a < size && b < size && a !== b)
        .map(([a, b]) => arc(`n${a}`, `n${b}`))
      const { boxes, width, height } = layOut(nodes, links, 'n0', 'all')
      expect(boxes.map(({ id }) => id).sort()).toEqual([...nodes].sort())
      for (const [place, a] of boxes.entries()) {
        expect(a.x + BOX.width <= width && a.y >= 0 && a.y + BOX.height <= height).toBe(true)
        for (const b of boxes.slice(place + 1))
          expect(Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height).toBe(true)
      }
      if (!isAcyclic) return
      // Of what the middle is connected with by one way; others stand in its column.
      const column = new Map(boxes.map(one => [one.id, one.column]))
      for (const { from, to } of links) {
        const [made, source] = [column.get(from)!, column.get(to)!]
        if (made * source > 0) expect(made).toBeGreaterThan(source)
      }
    }),
  )
})
