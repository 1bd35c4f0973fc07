import type { Metadata } from 'h5wasm'
import { type Attributes, jsonValue } from '../arrays/attributes.ts'
import { decode } from './decode.ts'
import { CLASS, type ElementType, elementType } from './element-type.ts'
import type { Library } from './library.ts'

/** What lies in a file, as the library tells it. */
export interface Inspection {
  readonly attributes: Attributes
  readonly groups: readonly { readonly path: string; readonly attributes: Attributes }[]
  readonly datasets: readonly InspectedDataset[]
  readonly warnings: readonly string[]
}

export interface InspectedDataset {
  /** From the root, without its slash. */
  readonly path: string
  readonly type: ElementType
  /** Whether each element is one character, as the NetCDF conventions store text. */
  readonly character: boolean
  readonly shape: readonly number[]
  readonly chunks?: readonly number[]
  readonly filters: readonly { readonly id: number; readonly name: string }[]
  readonly attributes: Attributes
  /** Per dimension, paths of the dimension scales that are attached. */
  readonly scales: readonly (readonly string[])[]
  readonly scale: boolean
  /** Virtual or external: its values lie in other files. */
  readonly elsewhere: boolean
}

const MAX_OBJECTS = 10_000
const MAX_DEPTH = 32
const MAX_ATTRIBUTE_BYTES = 1024 * 1024
/** All attributes together. */
const MAX_ATTRIBUTES_BYTES = 16 * 1024 * 1024
/** Machinery of dimension scales, which `scales` tells. */
const SCALE_ATTRIBUTES = new Set(['DIMENSION_LIST', 'REFERENCE_LIST'])

/** Walks all groups from the root. What is odd is left out, with a warning. */
export function inspect(library: Library): Inspection {
  const { file } = library
  const groups: Inspection['groups'][number][] = []
  const datasets: InspectedDataset[] = []
  const warnings: string[] = []
  let attributeRoom = MAX_ATTRIBUTES_BYTES
  let objects = 0

  function attributesOf(path: string): Attributes {
    const found: [string, unknown][] = []
    for (const name of library.get_attribute_names(file, path)) {
      if (SCALE_ATTRIBUTES.has(name)) continue
      const metadata = library.get_attribute_metadata(file, path, name)
      const type = elementType(metadata)
      const bytes = type.bytes * metadata.total_size
      if (
        type.kind === undefined ||
        type.kind === 'complex' ||
        bytes > MAX_ATTRIBUTE_BYTES ||
        bytes > attributeRoom
      ) {
        warnings.push(`attribute '${name}' of '${path}' is left out: ${type.dtype}, ${bytes} bytes`)
        continue
      }
      attributeRoom -= bytes
      const value = metadata.shape === null ? null : attributeValue(library, path, name, metadata, type)
      if (value !== undefined) found.push([name, value])
    }
    return Object.fromEntries(found)
  }

  function datasetAt(path: string): InspectedDataset {
    const metadata = library.get_dataset_metadata(file, path)
    const attributes = attributesOf(path)
    const shape = metadata.shape ?? [0]
    const scale = attributes.CLASS === 'DIMENSION_SCALE'
    const attached = library.get_attribute_names(file, path).includes('DIMENSION_LIST')
    return {
      path: path.slice(1),
      type: elementType(metadata),
      character: metadata.type === CLASS.string && metadata.size === 1 && !metadata.vlen,
      shape,
      ...(metadata.chunks === null ? {} : { chunks: metadata.chunks }),
      filters: library.get_dataset_filters(file, path).map(({ id, name }) => ({ id, name })),
      attributes,
      scales: attached
        ? shape.map((_, axis) => library.get_attached_scales(file, path, axis))
        : shape.map(() => []),
      scale,
      elsewhere: metadata.virtual_sources !== undefined,
    }
  }

  function walk(path: string, depth: number): void {
    const attributes = attributesOf(path === '' ? '/' : path)
    if (path !== '') groups.push({ path: path.slice(1), attributes })
    else root = attributes
    for (const name of library.get_names(file, path === '' ? '/' : path, false)) {
      if (++objects > MAX_OBJECTS) return
      const child = `${path}/${name}`
      try {
        const type = library.get_type(file, child)
        if (type === library.H5G_DATASET) datasets.push(datasetAt(child))
        else if (type === library.H5G_GROUP && depth < MAX_DEPTH) walk(child, depth + 1)
        else if (type === library.H5G_GROUP)
          warnings.push(`groups below '${child}' are too deep to be described`)
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error
        warnings.push(`'${child}' cannot be described: ${library.failure() || (error as Error).message}`)
      }
    }
  }

  let root: Attributes = {}
  walk('', 0)
  if (objects > MAX_OBJECTS) warnings.push(`only the first ${MAX_OBJECTS} objects are described`)
  return { attributes: root, groups, datasets, warnings: warnings.slice(0, 100) }
}

function attributeValue(
  library: Library,
  path: string,
  name: string,
  metadata: Metadata,
  type: ElementType,
): unknown {
  const { file } = library
  const bytes = type.bytes * metadata.total_size
  const pointer = library._malloc(Math.max(1, bytes))
  if (pointer === 0) throw new Error(`no memory for the ${bytes} bytes of attribute '${name}'`)
  try {
    if (library.get_attribute_data(file, path, name, BigInt(pointer)) < 0) throw new Error(library.failure())
    const values = decode(type, library.HEAPU8.slice(pointer, pointer + bytes), library.HEAPU8)
    return jsonValue(Array.from(values as ArrayLike<unknown>))
  } finally {
    if (type.kind === 'texts') library.reclaim_vlen_memory(file, path, name, BigInt(pointer))
    library._free(pointer)
  }
}
