import type { ArrayModel, Variable } from '../model.ts'
import { numpyTimeUnits, parseTimeUnits } from './time.ts'

/** What a coordinate measures (CF conventions, chapter 4). */
export type Axis = 'X' | 'Y' | 'Z' | 'T'

const LONGITUDE_UNITS = /^degrees?_?(east|e)$/i
const LATITUDE_UNITS = /^degrees?_?(north|n)$/i
const PRESSURE_UNITS = /^(h|k|m|d)?pa(scals?)?$|^(milli|deci)?bars?$|^mb$/i

const AXIS_OF_STANDARD_NAME: Readonly<Record<string, Axis>> = {
  longitude: 'X',
  grid_longitude: 'X',
  projection_x_coordinate: 'X',
  latitude: 'Y',
  grid_latitude: 'Y',
  projection_y_coordinate: 'Y',
  time: 'T',
  forecast_reference_time: 'T',
  air_pressure: 'Z',
  altitude: 'Z',
  depth: 'Z',
  height: 'Z',
  model_level_number: 'Z',
}

const AXIS_OF_NAME: readonly (readonly [RegExp, Axis])[] = [
  [/^(lon|long|longitude|x|easting|nav_lon|rlon|xc|i)$/i, 'X'],
  [/^(lat|latitude|y|northing|nav_lat|rlat|yc|j)$/i, 'Y'],
  [/^(time|date|datetime|t|valid_time)$/i, 'T'],
  [/^(level|lev|plev|depth|height|altitude|z|pressure|isobaric.*|pfull|hybrid)$/i, 'Z'],
]

/** By the `axis` attribute, standard name, units and `positive`, in that order; by name where the data says nothing. */
export function axisOf(variable: Variable): Axis | undefined {
  const { attributes } = variable
  const declared = String(attributes.axis ?? '').toUpperCase()
  if (['X', 'Y', 'Z', 'T'].includes(declared)) return declared as Axis
  const standardName = standardNameOf(variable)
  if (standardName !== undefined && Object.hasOwn(AXIS_OF_STANDARD_NAME, standardName))
    return AXIS_OF_STANDARD_NAME[standardName]
  const units = unitsOf(variable)
  if (isLongitude(variable)) return 'X'
  if (isLatitude(variable)) return 'Y'
  if (parseTimeUnits(units, attributes.calendar) ?? numpyTimeUnits(variable.dtype)) return 'T'
  if (/^(up|down)$/i.test(String(attributes.positive ?? '')) || PRESSURE_UNITS.test(units)) return 'Z'
  return AXIS_OF_NAME.find(([pattern]) => pattern.test(lastPart(variable.name)))?.[1]
}

export function isLongitude(variable: Variable): boolean {
  return isDegrees(variable, LONGITUDE_UNITS, 'longitude', /^(lon|long|longitude|nav_lon)$/i)
}

export function isLatitude(variable: Variable): boolean {
  return isDegrees(variable, LATITUDE_UNITS, 'latitude', /^(lat|latitude|nav_lat)$/i)
}

function isDegrees(variable: Variable, units: RegExp, standardName: string, name: RegExp): boolean {
  const own = unitsOf(variable)
  const said = standardNameOf(variable)
  if (said !== undefined && said !== standardName && /longitude|latitude|coordinate/.test(said)) return false
  if (units.test(own) || said === standardName) return true
  return (own === '' || /^(degrees?|deg)$/i.test(own)) && name.test(lastPart(variable.name))
}

export function unitsOf({ units, attributes }: Variable): string {
  return (units ?? (typeof attributes.units === 'string' ? attributes.units : '')).trim()
}

export function standardNameOf({ standardName, attributes }: Variable): string | undefined {
  return standardName ?? (typeof attributes.standard_name === 'string' ? attributes.standard_name : undefined)
}

export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function groupOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1)
}

/** The variable that a name means within a group: there, or in the nearest group above. */
function lookUp(model: ArrayModel, name: string, group: string): Variable | undefined {
  const bare = name.replace(/^\/+/, '')
  for (let at = group; ; at = groupOf(at.slice(0, -1))) {
    const found = model.variables.find(variable => variable.name === at + bare)
    if (found !== undefined || at === '') return found
  }
}

/** Per dimension of a variable, the one-dimensional coordinate that numbers it, where there is one. */
export function coordinatesOf(model: ArrayModel, variable: Variable): readonly (Variable | undefined)[] {
  const group = groupOf(variable.name)
  const auxiliary = namesIn(variable.attributes.coordinates)
    .map(name => lookUp(model, name, group))
    .filter(found => found !== undefined && found.dimensions.length === 1 && found.shape.length === 1)
  return variable.dimensions.map((dimension, at) => {
    const fits = (candidate: Variable | undefined) =>
      candidate?.dimensions.length === 1 &&
      candidate.dimensions[0] === dimension &&
      candidate.shape[0] === variable.shape[at]
    const own = lookUp(model, lastPart(dimension), groupOf(dimension) || group)
    if (fits(own)) return own
    const others = auxiliary.filter(fits)
    return others.length === 1 ? others[0] : undefined
  })
}

/** Latitude and longitude of a variable on a curvilinear grid, or of points: what its `coordinates` name. */
export function positionsOf(
  model: ArrayModel,
  variable: Variable,
): { readonly latitude: Variable; readonly longitude: Variable } | undefined {
  const group = groupOf(variable.name)
  const named = namesIn(variable.attributes.coordinates).map(name => lookUp(model, name, group))
  const latitude = named.find(found => found !== undefined && isLatitude(found))
  const longitude = named.find(found => found !== undefined && isLongitude(found))
  return latitude !== undefined && longitude !== undefined ? { latitude, longitude } : undefined
}

/** Names of variables that only serve others: coordinates, their bounds, grid mappings, cell measures, ancillary ones. */
export function servants(model: ArrayModel): ReadonlySet<string> {
  const names = new Set<string>()
  for (const variable of model.variables) {
    const group = groupOf(variable.name)
    const add = (name: string) => {
      const found = lookUp(model, name, group)
      if (found !== undefined && found !== variable) names.add(found.name)
    }
    const { coordinates, bounds, climatology, grid_mapping, cell_measures, formula_terms } =
      variable.attributes
    for (const name of [coordinates, bounds, climatology].flatMap(namesIn)) add(name)
    for (const word of [grid_mapping, cell_measures, formula_terms].flatMap(namesIn))
      if (!word.endsWith(':')) add(word)
    if (isCoordinate(variable)) names.add(variable.name)
    for (const coarser of variable.coarser ?? []) names.add(coarser)
  }
  return names
}

/** One dimension that bears the variable's own name, or marked so by its format. */
export function isCoordinate(variable: Variable): boolean {
  if (variable.coordinate !== undefined) return variable.coordinate
  return variable.dimensions.length === 1 && lastPart(variable.dimensions[0]!) === lastPart(variable.name)
}

/** What the dataset is about: all variables that serve no other; where all do, all of them. */
export function dataVariables(model: ArrayModel): readonly Variable[] {
  const serving = servants(model)
  const data = model.variables.filter(variable => !serving.has(variable.name) && variable.shape.length > 0)
  return data.length > 0 ? data : model.variables.filter(variable => variable.shape.length > 0)
}

function namesIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.trim().split(/\s+/).filter(Boolean) : []
}

/** What a variable names as its coordinates, bounds and grid mapping: without these it cannot be understood. */
export function relatedTo(model: ArrayModel, { name, attributes }: Variable): readonly Variable[] {
  const { coordinates, bounds, climatology, grid_mapping, formula_terms } = attributes
  return [coordinates, bounds, climatology, grid_mapping, formula_terms]
    .flatMap(namesIn)
    .filter(word => !word.endsWith(':'))
    .map(word => lookUp(model, word, groupOf(name)))
    .filter(found => found !== undefined)
}
