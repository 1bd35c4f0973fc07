import {
  axisOf,
  isCoordinate,
  isLatitude,
  isLongitude,
  servants,
  standardNameOf,
  unitsOf,
} from './cf/roles.ts'
import { isoTime, precisionOf, resolutionOf } from './cf/time.ts'
import { type CoordinateEnds, type Coordinates, jsonCell } from './coordinates.ts'
import { declaredCoverage, spaceOf } from './coverage.ts'
import type { ArrayModel, Coverage, Description, Variable } from './model.ts'
import { type Cost, DESCRIBE_BUDGET, type ReadOptions } from './objects.ts'

/** What describing should cost; coordinates of space and time may cost more, up to `DESCRIBE_BUDGET`. */
const MODEST: Cost = { requests: 10, bytes: 150_000 }

/**
 * What the CF conventions add to a description whose model is `conventional`: where coordinates begin and end, and what space and
 * time that covers. Of each one-dimensional coordinate only the ends are read, within the budget.
 */
export async function enrich(
  raw: Description,
  coordinates: Coordinates,
  options: ReadOptions = {},
): Promise<Description> {
  if (raw.array === undefined) return raw
  const { variables } = raw.array
  const ends = new Map<string, CoordinateEnds>()
  const warnings = [...raw.warnings]
  let spent: Cost = raw.cost
  const lines = variables.filter(
    variable =>
      variable.coordinate &&
      variable.shape.length === 1 &&
      variable.shape[0]! > 0 &&
      variable.range === undefined,
  )
  for (const variable of [...lines].sort((a, b) => importance(b) - importance(a))) {
    const { requests, bytes } = await coordinates.endsCost(variable)
    const after = { requests: spent.requests + requests, bytes: spent.bytes + bytes }
    const limit = importance(variable) > 1 ? DESCRIBE_BUDGET : MODEST
    if (after.requests > limit.requests || after.bytes > limit.bytes) {
      warnings.push(
        `the range of '${variable.name}' was not read: it would take ${requests} requests and ${bytes} bytes`,
      )
      continue
    }
    try {
      const found = await coordinates.ends(variable, options)
      if (found !== undefined) ends.set(variable.name, found)
    } catch (error) {
      if (options.signal?.aborted) throw error
      warnings.push(
        `the range of '${variable.name}' cannot be read: ${error instanceof Error ? error.message : error}`,
      )
    }
    spent = after
  }
  return {
    ...raw,
    array: {
      ...raw.array,
      variables: variables.map(variable => withRange(variable, ends.get(variable.name))),
    },
    coverage: { ...declaredCoverage(raw.attributes), ...coverageOf(variables, ends), ...raw.coverage },
    warnings,
    cost: spent,
  }
}

/** The model with what attributes say in the fields of the model: units, names, which variables are coordinates. */
export function conventional(model: ArrayModel): ArrayModel {
  const serving = servants(model)
  return { ...model, variables: model.variables.map(variable => named(variable, serving)) }
}

function named(variable: Variable, serving: ReadonlySet<string>): Variable {
  const longName = variable.longName ?? variable.attributes.long_name
  const units = unitsOf(variable)
  const standardName = standardNameOf(variable)
  const coordinate =
    isCoordinate(variable) ||
    (serving.has(variable.name) && variable.shape.length === 1 && axisOf(variable) !== undefined)
  return {
    ...variable,
    ...(units === '' ? {} : { units }),
    ...(standardName === undefined ? {} : { standardName }),
    ...(typeof longName === 'string' ? { longName } : {}),
    ...(coordinate ? { coordinate } : {}),
  }
}

/** Time and place first: they say what a dataset covers. */
function importance(variable: Variable): number {
  if (isLatitude(variable) || isLongitude(variable)) return 3
  const axis = axisOf(variable)
  return axis === 'T' ? 4 : axis === undefined ? 0 : 1
}

function withRange(variable: Variable, ends: CoordinateEnds | undefined): Variable {
  if (ends === undefined) return variable
  const range = rangeOf(ends)
  return range === undefined ? variable : { ...variable, range }
}

/** First and last value, as in the order of the data. */
function rangeOf({ first, last, instants, packing }: CoordinateEnds): Variable['range'] {
  if (instants !== undefined && packing.time !== undefined) {
    if (instants.first === undefined || instants.last === undefined) return undefined
    const precision = precisionOf([instants.first, instants.last])
    return [
      isoTime(instants.first, packing.time.calendar, precision),
      isoTime(instants.last, packing.time.calendar, precision),
    ]
  }
  const values = [first, last].map(jsonCell)
  if (values.some(value => value === null || typeof value === 'boolean')) return undefined
  return values as [number | string, number | string]
}

function coverageOf(variables: readonly Variable[], ends: ReadonlyMap<string, CoordinateEnds>): Coverage {
  const extent = (is: (variable: Variable) => boolean) => {
    const found = variables.find(variable => is(variable) && ends.has(variable.name))
    if (found === undefined) return undefined
    const { least, greatest, first, second } = ends.get(found.name)!
    return { least, greatest, step: Number(second) - Number(first), count: found.shape[0]! }
  }
  const longitude = extent(isLongitude)
  const latitude = extent(isLatitude)
  const space = longitude && latitude && spaceOf(longitude, latitude)
  const time = timeOf(variables, ends)
  return { ...(space === undefined ? {} : { space }), ...(time === undefined ? {} : { time }) }
}

function timeOf(
  variables: readonly Variable[],
  ends: ReadonlyMap<string, CoordinateEnds>,
): Coverage['time'] | undefined {
  const found = variables
    .filter(variable => axisOf(variable) === 'T' && ends.get(variable.name)?.instants !== undefined)
    .sort((a, b) => rank(b) - rank(a))[0]
  if (found === undefined) return undefined
  const { instants, packing } = ends.get(found.name)!
  const { calendar } = packing.time!
  const { least, greatest, first, second, last } = instants!
  const precision = precisionOf([least, greatest])
  const resolution =
    first === undefined || second === undefined || last === undefined
      ? undefined
      : resolutionOf(first, second, last, found.shape[0]!, calendar)
  return {
    start: isoTime(least, calendar, precision),
    end: isoTime(greatest, calendar, precision),
    ...(resolution === undefined ? {} : { resolution }),
  }
}

/** The time of the data before other times, such as that of a forecast's start. */
function rank(variable: Variable): number {
  return (standardNameOf(variable) === 'time' ? 2 : 0) + (isCoordinate(variable) ? 1 : 0)
}
