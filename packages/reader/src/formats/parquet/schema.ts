import { ReaderError } from '../../errors.ts'
import { listType, mapType, structType } from '../../table/types.ts'
import { type Leaf, leafTypeOf, type Physical } from './logical.ts'
import { listField, structField, type Thrift, type ThriftStruct, textField } from './thrift.ts'

/** Parquet's SchemaElement (parquet.thrift), as a tree with the levels of Dremel's encoding. */
export interface SchemaNode {
  readonly name: string
  readonly kind: 'leaf' | 'struct' | 'list' | 'map'
  readonly repetition: 'required' | 'optional' | 'repeated'
  readonly fieldId: number | undefined
  /** By Arrow's name, without the repetition of the node itself. */
  readonly type: string
  /** Definition level at which the node itself is there. */
  readonly defined: number
  /** Number of repeated nodes from the root to this one. */
  readonly repeated: number
  readonly children: readonly SchemaNode[]
  /** Of a leaf: which column chunk of each row group, and how its values are read. */
  readonly leaf: Leaf | undefined
}

const MAX_ELEMENTS = 100_000
const MAX_DEPTH = 64
const PHYSICAL: readonly Physical[] = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
]
const REPETITIONS = ['required', 'optional', 'repeated'] as const
/** ConvertedType: what older writers say in place of the logical types List and Map. */
const [CONVERTED_MAP, CONVERTED_MAP_KEY_VALUE, CONVERTED_LIST] = [1, 2, 3]
const [LOGICAL_MAP, LOGICAL_LIST] = [2, 3]

/** The columns of a file, and all leaves in the order of the column chunks. @throws {ReaderError} `Corrupt`, `Unsupported`. */
export function schemaOf(elements: readonly Thrift[]): {
  readonly columns: readonly SchemaNode[]
  readonly leaves: readonly SchemaNode[]
} {
  if (elements.length === 0) throw new ReaderError('Corrupt', 'the Parquet footer holds no schema')
  if (elements.length > MAX_ELEMENTS)
    throw new ReaderError(
      'Unsupported',
      `the Parquet schema has ${elements.length} elements; ${MAX_ELEMENTS} are read`,
    )
  const leaves: SchemaNode[] = []
  let at = 0

  function next(): ThriftStruct {
    const element = structField(elements[at++])
    if (element === undefined)
      throw new ReaderError('Corrupt', 'the Parquet schema ends before its groups are complete')
    return element
  }

  function childrenOf(parent: ThriftStruct, path: readonly string[], defined: number, repeated: number) {
    const count = Number(parent[5] ?? 0)
    if (!(count <= elements.length))
      throw new ReaderError('Corrupt', `the Parquet schema gives '${path.join('.')}' ${count} children`)
    if (path.length > MAX_DEPTH)
      throw new ReaderError('Unsupported', `the Parquet schema nests deeper than ${MAX_DEPTH} levels`)
    const children: SchemaNode[] = []
    for (let i = 0; i < count; i++) children.push(node(path, defined, repeated))
    return children
  }

  function node(parents: readonly string[], parentDefined: number, parentRepeated: number): SchemaNode {
    const element = next()
    const name = textField(element[4]) ?? ''
    const path = [...parents, name]
    const repetition = REPETITIONS[Number(element[3] ?? 0)] ?? 'required'
    const defined = parentDefined + (repetition === 'required' ? 0 : 1)
    const repeated = parentRepeated + (repetition === 'repeated' ? 1 : 0)
    const fieldId = typeof element[9] === 'number' ? element[9] : undefined
    const common = { name, repetition, fieldId, defined, repeated }
    if (Number(element[5] ?? 0) === 0 && element[1] !== undefined) {
      const physical = PHYSICAL[Number(element[1])]
      if (physical === undefined)
        throw new ReaderError(
          'Corrupt',
          `Parquet column '${path.join('.')}' has the unknown physical type ${element[1]}`,
        )
      const leafType = leafTypeOf(element, physical)
      const leaf: Leaf = { ...leafType, physical, index: leaves.length, path, defined, repeated }
      const made: SchemaNode = { ...common, kind: 'leaf', type: leaf.type, children: [], leaf }
      leaves.push(made)
      return made
    }
    const children = childrenOf(element, path, defined, repeated)
    return { ...common, ...groupOf(element, children), children, leaf: undefined }
  }

  const columns = childrenOf(next(), [], 0, 0)
  return { columns, leaves }
}

function groupOf(
  element: ThriftStruct,
  children: readonly SchemaNode[],
): { kind: SchemaNode['kind']; type: string } {
  const logical = structField(element[10])
  const only = children.length === 1 && children[0]!.repetition === 'repeated' ? children[0]! : undefined
  if (only !== undefined && (element[6] === CONVERTED_LIST || logical?.[LOGICAL_LIST] !== undefined))
    return { kind: 'list', type: listType(typeOf(elementOf(only, textField(element[4]) ?? ''))) }
  const isMap =
    element[6] === CONVERTED_MAP ||
    element[6] === CONVERTED_MAP_KEY_VALUE ||
    logical?.[LOGICAL_MAP] !== undefined
  if (
    only !== undefined &&
    isMap &&
    only.kind === 'struct' &&
    (only.children.length === 2 || only.children.length === 1)
  ) {
    const [key, value] = only.children
    return { kind: 'map', type: mapType(typeOf(key!), value === undefined ? 'null' : typeOf(value)) }
  }
  return { kind: 'struct', type: structType(children.map(child => [child.name, typeOf(child)])) }
}

/** A node's type as its parent sees it: a repeated node without annotation is a list (LogicalTypes.md, Lists). */
export function typeOf(node: SchemaNode): string {
  return node.repetition === 'repeated' ? listType(node.type) : node.type
}

/**
 * What the elements of an annotated list are: the child of the repeated group, or the repeated node itself in the older forms
 * (LogicalTypes.md, Lists, backward-compatibility rules). The node itself is returned as not repeated.
 */
export function elementOf(repeated: SchemaNode, listName: string): SchemaNode {
  const wraps =
    repeated.kind === 'struct' &&
    repeated.children.length === 1 &&
    repeated.name !== 'array' &&
    repeated.name !== `${listName}_tuple`
  return wraps ? repeated.children[0]! : { ...repeated, repetition: 'required' }
}

/** All leaves below a column, in the order of the column chunks. */
export function leavesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.leaf !== undefined ? [node] : node.children.flatMap(leavesOf)
}

export function nullable(node: SchemaNode): boolean {
  return node.repetition === 'optional'
}

/** Whether a column is one leaf that does not repeat, so that its values are its rows. */
export function isFlat(node: SchemaNode): boolean {
  return node.leaf !== undefined && node.repeated === 0
}

export function metadataPairs(pairs: Thrift | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const pair of listField(pairs)) {
    const fields = structField(pair)
    const key = textField(fields?.[1])
    if (key !== undefined) found.set(key, textField(fields?.[2]) ?? '')
  }
  return found
}
