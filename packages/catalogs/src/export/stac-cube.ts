/** Variables and dimensions as bands, or as STAC's datacube extension names them. https://github.com/stac-extensions/datacube */
import type { Entry } from '@frost/lexicon'
import { boxesOf, dimensionsOf, said, variablesOf } from './source.ts'

export function cubeOf(entry: Entry): Record<string, unknown> {
  const variables = variablesOf(entry)
  if (variables.length === 0) return {}
  if (variables.every(({ role }) => role === 'band'))
    return {
      bands: variables.map(({ name, longName, description, dtype, units }) =>
        said({ name, description: description ?? longName, data_type: dtype, unit: units }),
      ),
    }
  const named = [
    ...dimensionsOf(entry).map(({ name }) => name),
    ...variables.flatMap(({ dims = [] }) => dims.map(({ name }) => name)),
  ]
  return {
    'cube:dimensions': Object.fromEntries([...new Set(named)].map(name => [name, dimension(name, entry)])),
    'cube:variables': Object.fromEntries(
      variables.map(({ name, role, dims = [], longName, description, units, shape, dtype }) => [
        name,
        {
          // The extension demands it; a scalar's is empty.
          dimensions: dims.map(one => one.name),
          ...said({
            type: role === undefined || role === 'data' || role === 'band' ? 'data' : 'auxiliary',
            description: longName ?? description,
            unit: units,
            shape,
            data_type: dtype,
          }),
        },
      ]),
    ),
  }
}

/** What a dimension spans, where the record's coverage says it; open on both sides otherwise. */
function dimension(name: string, entry: Entry): Record<string, unknown> {
  const [box] = boxesOf(entry)
  const axis = /^(?:lon|longitude|x)$/i.test(name)
    ? 'x'
    : /^(?:lat|latitude|y)$/i.test(name)
      ? 'y'
      : undefined
  if (axis && box && /^l/i.test(name))
    return { type: 'spatial', axis, extent: axis === 'x' ? [box[0], box[2]] : [box[1], box[3]] }
  if (/^(?:time|date)$/i.test(name)) return { type: 'temporal', extent: [null, null] }
  return { type: 'other', extent: [null, null] }
}
