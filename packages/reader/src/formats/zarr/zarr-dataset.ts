import type { ArrayDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Description } from '../../model.ts'
import type { Cost } from '../../objects.ts'
import { withoutEnd } from '../../text-end.ts'
import { type Described, modelOf } from './describe.ts'
import { estimateArray } from './estimate.ts'
import { parseArrayV2 } from './metadata-v2.ts'
import { parseArrayV3 } from './metadata-v3.ts'
import { childPath, type Hierarchy, type Node } from './node.ts'
import { readArray } from './read-array.ts'
import { type CostedObjects, ZarrArray } from './zarr-array.ts'

/** What another format that keeps its arrays as Zarr says of itself. */
export type Guise = Partial<Pick<Description, 'format' | 'formatVersion' | 'versions' | 'warnings'>>

/**
 * Arrays whose documents are known. What cannot be read is told in the warnings, and refused when it is asked for.
 * @throws {ReaderError} what the first array is refused for, where none can be read.
 */
export function zarrDataset(
  hierarchy: Hierarchy,
  objects: CostedObjects,
  guise: Guise,
  cost: Cost,
): ArrayDataset {
  const refused = new Map<string, ReaderError>()
  const described: Described[] = []
  for (const node of hierarchy.nodes) {
    if (node.kind !== 'array') continue
    const name = node.path === '' ? ownName(objects.name) : node.path
    try {
      described.push({ name, node, metadata: metadataOf(node) })
    } catch (error) {
      if (!(error instanceof ReaderError)) throw error
      refused.set(name, error)
    }
  }
  if (described.length === 0 && refused.size > 0) throw refused.values().next().value!
  const arrays = new Map(
    described.map(({ name, node, metadata }) => [name, new ZarrArray(name, node.path, metadata, objects)]),
  )
  const groups = hierarchy.nodes.filter(node => node.kind === 'group')
  const root = groups.find(node => node.path === '')
  const description: Description = {
    format: 'zarr',
    formatVersion: String(hierarchy.zarrFormat),
    model: 'array',
    codecs: [...new Set(described.flatMap(({ metadata }) => metadata.codecNames))],
    attributes: root?.attributes ?? {},
    array: modelOf(described, groups),
    coverage: {},
    ...guise,
    warnings: [
      ...hierarchy.warnings,
      ...Array.from(refused, ([name, error]) => `'${name}' cannot be read: ${error.message}`),
      ...(guise.warnings ?? []),
    ],
    cost,
  }

  function arrayOf(name: string): ZarrArray {
    const array = arrays.get(name)
    if (array !== undefined) return array
    throw (
      refused.get(name) ??
      new ReaderError(
        'InvalidSelection',
        `there is no variable '${name}': there are ${listed([...arrays.keys()])}`,
        {
          variable: name,
        },
      )
    )
  }

  return {
    model: 'array',
    describe: async () => description,
    estimate: async (variable, ranges) => estimateArray(arrayOf(variable), ranges),
    read: (variable, ranges, readOptions) => readArray(arrayOf(variable), ranges, readOptions),
    close: async () => {},
  }
}

function metadataOf({ path, zarrFormat, document, attributes }: Node) {
  return zarrFormat === 3
    ? parseArrayV3(document, childPath(path, 'zarr.json'))
    : parseArrayV2(document, attributes, childPath(path, '.zarray'))
}

/** An array at the root bears the name of its location. */
function ownName(location: string): string {
  const [path = ''] = location.split(/[?#]/, 1)
  const last = withoutEnd(path, '/\\').split(/[/\\]/).pop() ?? ''
  return last.replace(/\.(zarr|zr|zr3|json)$/i, '') || 'data'
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '')
}
