/** What schema.org's Dataset says beyond Croissant: places, variables, sources, funders. https://schema.org/Dataset */
import { definition } from '@frost/lexicon'
import { decimal } from './decimal.ts'
import { referenceTo } from './entry.ts'
import { Fields, isObject } from './fields.ts'
import { boundedModel } from './model-size.ts'
import { cleanMarkdown, cut, plainText } from './text.ts'

/** `spatialCoverage`: boxes, points and names of places; what is none of them stays with the source. */
export function spatialOf(source: Fields): object[] {
  const all = [source.peek('spatialCoverage')].flat().filter(one => one !== undefined)
  const found = all.flatMap(one => {
    if (typeof one === 'string') return one.trim() ? [{ place: { term: cut(plainText(one), 256) } }] : []
    const place = new Fields(one)
    const name = place.text('name')
    const geo = place.object('geo')
    const where = areaOf(geo.text('box')) ?? pointOf(geo)
    const named = name ? { place: { term: cut(plainText(name), 256) } } : undefined
    return where || named ? [{ ...where, ...named }] : []
  })
  if (found.length === all.length) source.take('spatialCoverage')
  return found
}

/** A box is south-west and north-east corner, latitude first; Google's notation has no comma. */
function areaOf(text: string | undefined): object | undefined {
  const numbers = (text ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number)
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) return undefined
  const [south, west, north, east] = numbers as [number, number, number, number]
  if (south > north || Math.abs(south) > 90 || Math.abs(north) > 90) return undefined
  if (Math.abs(west) > 180 || Math.abs(east) > 180) return undefined
  const [s, w, n, e] = numbers.map(decimal)
  return { bbox: { west: w, south: s, east: e, north: n } }
}

function pointOf(geo: Fields): object | undefined {
  const latitude = decimal(geo.text('latitude'))
  const longitude = decimal(geo.text('longitude'))
  return latitude && longitude ? { point: { longitude, latitude } } : undefined
}

/** `variableMeasured`, as names or as PropertyValues with their units. */
export function measuredOf(source: Fields): Record<string, unknown>[] {
  const variables = source.list('variableMeasured').flatMap(one => {
    if (typeof one === 'string') return [{ name: cut(plainText(one), 256), role: 'data' }]
    const property = new Fields(one)
    const name = property.text('name')
    if (!name) return []
    const units = property.text('unitText') ?? property.text('unitCode')
    const description = property.text('description')
    return [
      {
        name: cut(plainText(name), 256),
        role: 'data',
        ...(units && { units: cut(units, 128) }),
        ...(description && { description: cut(cleanMarkdown(description), 2000) }),
      },
    ]
  })
  if (variables.length === 0) return []
  return [
    boundedModel(
      {
        $type: definition('arrayModel'),
        variables: variables.slice(0, 2000),
        variableCount: variables.length,
      },
      undefined,
    ),
  ]
}

/** `isBasedOn`: what it was made from. */
export function sourcesOf(source: Fields): object[] {
  return source.list('isBasedOn').flatMap(one => {
    const address = isObject(one) ? (one['@id'] ?? one.url ?? one.identifier) : one
    return typeof address === 'string' && address.trim()
      ? [{ ref: referenceTo(address.trim()), role: 'source' }]
      : []
  })
}

/** `funder` and `funding`, as organisations or grants. */
export function fundersOf(source: Fields): object[] {
  return [...source.objects('funder'), ...source.objects('funding')].flatMap(one => {
    const inner = one.object('funder')
    const grant = one.text('identifier')
    const funderName = inner.text('name') ?? one.text('name')
    return funderName
      ? [{ funderName: cut(plainText(funderName), 512), ...(grant && { awardNumber: cut(grant, 256) }) }]
      : []
  })
}
