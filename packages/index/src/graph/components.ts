/**
 * Strongly connected parts of what is reached from the starts, each before whatever reaches it: reverse topological order (R. Tarjan,
 * Depth-first search and linear graph algorithms, SIAM J. Comput. 1, 1972). Without recursion, since chains may be long.
 * @param size numbers of nodes are below it
 * @param neighbours calls back with the nodes that an arc leads to; one may come more than once
 */
export function components(
  size: number,
  starts: Iterable<number>,
  neighbours: (node: number, visit: (next: number) => void) => void,
): number[][] {
  /** 1 + place in the order of finding; 0: not found yet. */
  const place = new Uint32Array(size)
  let low = new Uint32Array(1024)
  const stack: number[] = []
  const isOpen = new Uint8Array(size)
  const parts: number[][] = []
  /** Nodes that are being looked into, and their arcs in one list that grows and shrinks with them. */
  const nodes: number[] = []
  const ends: number[] = []
  const arcs: number[] = []
  let found = 0
  const collect = (next: number) => {
    arcs.push(next)
  }
  const enter = (node: number) => {
    place[node] = ++found
    if (found >= low.length) {
      const grown = new Uint32Array(low.length * 2)
      grown.set(low)
      low = grown
    }
    low[found] = found
    isOpen[node] = 1
    stack.push(node)
    nodes.push(node)
    ends.push(arcs.length)
    neighbours(node, collect)
  }
  for (const start of starts) {
    if (place[start] !== 0) continue
    enter(start)
    while (nodes.length > 0) {
      const node = nodes.at(-1)!
      const at = place[node]!
      if (arcs.length > ends.at(-1)!) {
        const next = arcs.pop()!
        if (place[next] === 0) enter(next)
        else if (isOpen[next] === 1 && place[next]! < low[at]!) low[at] = place[next]!
        continue
      }
      nodes.pop()
      ends.pop()
      const parent = nodes.at(-1)
      if (parent !== undefined && low[at]! < low[place[parent]!]!) low[place[parent]!] = low[at]!
      if (low[at] !== at) continue
      const part: number[] = []
      for (let member = -1; member !== node; ) {
        member = stack.pop()!
        isOpen[member] = 0
        part.push(member)
      }
      parts.push(part)
    }
  }
  return parts
}
