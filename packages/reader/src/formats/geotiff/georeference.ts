import type { ReadOptions } from '../../objects.ts'
import type { FieldReader } from './directory.ts'
import { TAG } from './image.ts'

/** `x = a·column + b·row + c`, `y = d·column + e·row + f`, from the upper left corner of the first pixel. */
export type Transform = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** GeoTIFF 1.1, requirements class "GeoKeys": short, double and text values by the number of their key. */
export type GeoKeys = ReadonlyMap<number, number | string>

export const KEY = {
  modelType: 1024,
  rasterType: 1025,
  citation: 1026,
  geographic: 2048,
  geographicCitation: 2049,
  semiMajor: 2057,
  semiMinor: 2058,
  inverseFlattening: 2059,
  projected: 3072,
  projectedCitation: 3073,
  method: 3075,
  linearUnits: 3076,
  linearUnitSize: 3077,
  standardParallel1: 3078,
  standardParallel2: 3079,
  originLongitude: 3080,
  originLatitude: 3081,
  falseEasting: 3082,
  falseNorthing: 3083,
  falseOriginLongitude: 3084,
  falseOriginLatitude: 3085,
  falseOriginEasting: 3086,
  falseOriginNorthing: 3087,
  centreLongitude: 3088,
  centreLatitude: 3089,
  centreEasting: 3090,
  centreNorthing: 3091,
  scale: 3092,
  centreScale: 3093,
  straightPole: 3095,
  vertical: 4096,
} as const

const POINT = 2

export async function readGeoKeys(fields: FieldReader, options: ReadOptions): Promise<GeoKeys> {
  const directory = await fields.numbers(TAG.geoKeys, options)
  const doubles = await fields.numbers(TAG.geoDoubles, options)
  const text = (await fields.text(TAG.geoText, options)) ?? ''
  const keys = new Map<number, number | string>()
  for (let at = 4; at + 3 < directory.length; at += 4) {
    const [key, place, count, value] = directory.slice(at, at + 4) as [number, number, number, number]
    if (place === 0) keys.set(key, value)
    else if (place === TAG.geoDoubles && doubles[value] !== undefined) keys.set(key, doubles[value])
    else if (place === TAG.geoText) keys.set(key, text.slice(value, value + count).replace(/\|$/, ''))
  }
  return keys
}

/** Undefined where the image has no place on Earth, or one given by more than an affine map. */
export async function readTransform(
  fields: FieldReader,
  keys: GeoKeys,
  options: ReadOptions,
): Promise<Transform | undefined> {
  const matrix = await fields.numbers(TAG.transformation, options)
  const scale = await fields.numbers(TAG.pixelScale, options)
  const ties = await fields.numbers(TAG.tiepoints, options)
  let transform: Transform | undefined
  if (matrix.length === 16)
    transform = [matrix[0]!, matrix[1]!, matrix[3]!, matrix[4]!, matrix[5]!, matrix[7]!]
  else if (scale.length >= 2 && ties.length >= 6) {
    const [a, e] = [scale[0]!, -scale[1]!]
    transform = [a, 0, ties[3]! - ties[0]! * a, 0, e, ties[4]! - ties[1]! * e]
  }
  if (transform === undefined || !transform.every(Number.isFinite)) return undefined
  const [a, b, c, d, e, f] = transform
  if (a * e - b * d === 0) return undefined
  return keys.get(KEY.rasterType) === POINT ? [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2] : transform
}

export function placeOf(
  [a, b, c, d, e, f]: Transform,
  column: number,
  row: number,
): readonly [x: number, y: number] {
  return [a * column + b * row + c, d * column + e * row + f]
}

/** Whether columns have one x each and rows one y each. */
export function isUpright([, b, , d]: Transform): boolean {
  return b === 0 && d === 0
}
