import { elementOf, leavesOf, type SchemaNode } from './schema.ts'

/** Levels and values of one leaf, for some whole rows. */
export interface LeafRun {
  readonly count: number
  readonly definition: Uint8Array | undefined
  readonly repetition: Uint8Array | undefined
  readonly values: ArrayLike<unknown>
}

class LeafReader {
  readonly run: LeafRun
  readonly greatest: number
  at = 0
  value = 0

  constructor(run: LeafRun, greatest: number) {
    this.run = run
    this.greatest = greatest
  }

  get level(): number {
    if (this.at >= this.run.count) return 0
    return this.run.definition === undefined ? this.greatest : this.run.definition[this.at]!
  }

  get repeats(): number {
    return this.at < this.run.count ? (this.run.repetition?.[this.at] ?? 0) : -1
  }

  next(): unknown {
    const present = this.level === this.greatest
    this.at++
    return present ? this.run.values[this.value++] : null
  }
}

/**
 * Rows of a nested column from the levels of its leaves: Dremel's record assembly (LogicalTypes.md says what lists and maps
 * are). Null, an empty list and a list of null stay apart; maps are arrays of [key, value] pairs, in the order of the file.
 */
export function assemble(column: SchemaNode, runs: readonly LeafRun[], rows: number): readonly unknown[] {
  const readers = new Map<SchemaNode['leaf'], LeafReader>()
  for (const [i, { leaf, defined }] of leavesOf(column).entries())
    readers.set(leaf, new LeafReader(runs[i]!, defined))
  const read = readerOf(column, readers)
  return Array.from({ length: rows }, read)
}

type Read = () => unknown

function readerOf(node: SchemaNode, readers: ReadonlyMap<SchemaNode['leaf'], LeafReader>): Read {
  if (node.repetition === 'repeated')
    return repeatedReader(node, readerOf({ ...node, repetition: 'required' }, readers), readers)
  if (node.leaf !== undefined) {
    const reader = readers.get(node.leaf)!
    return () => reader.next()
  }
  const below = leavesOf(node).map(({ leaf }) => readers.get(leaf)!)
  const [first] = below
  if (first === undefined) return () => null
  const inner = groupReader(node, readers)
  if (node.repetition === 'required') return inner
  return () => {
    if (first.level >= node.defined) return inner()
    for (const reader of below) reader.next()
    return null
  }
}

function groupReader(node: SchemaNode, readers: ReadonlyMap<SchemaNode['leaf'], LeafReader>): Read {
  const [repeated] = node.children
  if (node.kind === 'list') {
    const element = elementOf(repeated!, node.name)
    return repeatedReader(repeated!, readerOf(element, readers), readers)
  }
  if (node.kind === 'map') {
    const [key, value] = repeated!.children.map(child => readerOf(child, readers))
    return repeatedReader(repeated!, () => [key!(), value === undefined ? null : value()], readers)
  }
  const fields = node.children.map(child => [child.name, readerOf(child, readers)] as const)
  return () => {
    const struct: Record<string, unknown> = {}
    for (const [name, read] of fields) setField(struct, name, read())
    return struct
  }
}

function repeatedReader(
  node: SchemaNode,
  element: Read,
  readers: ReadonlyMap<SchemaNode['leaf'], LeafReader>,
): Read {
  const below = leavesOf(node).map(({ leaf }) => readers.get(leaf)!)
  const [first] = below
  if (first === undefined) return () => []
  return () => {
    if (first.level < node.defined) {
      for (const reader of below) reader.next()
      return []
    }
    const elements: unknown[] = []
    do elements.push(element())
    while (first.repeats === node.repeated)
    return elements
  }
}

/** As a property of its own even where the name is one that objects bear already. */
export function setField(struct: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(struct, name, { value, enumerable: true, configurable: true, writable: true })
  else struct[name] = value
}
