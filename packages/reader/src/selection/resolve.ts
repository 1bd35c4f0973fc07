import { axisOf, coordinatesOf, isLatitude, isLongitude, lastPart } from '../cf/roles.ts'
import type { Coordinates } from '../coordinates.ts'
import type { IndexRange } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import type { ArrayModel, Variable } from '../model.ts'
import type { ReadOptions } from '../objects.ts'
import { type DimensionPlan, dimensionPlan, type VariablePlan, wholeDimension } from '../plan.ts'
import { indicesOf } from './indices.ts'
import type { Term } from './parse.ts'

/**
 * Holds the terms of a selection against variables: each term narrows the dimension it names in every variable that has it.
 * @throws {ReaderError} `InvalidSelection` for names that are not there and values outside.
 */
export async function resolveTerms(
  model: ArrayModel,
  variables: readonly Variable[],
  terms: readonly Term[],
  coordinates: Coordinates,
  options: ReadOptions = {},
): Promise<readonly VariablePlan[]> {
  const used = new Set<Term>()
  const plans: VariablePlan[] = []
  for (const variable of variables) {
    const lines = coordinatesOf(model, variable)
    const dimensions: DimensionPlan[] = []
    for (const [axis, name] of variable.dimensions.entries()) {
      const term = terms.find(candidate => means(candidate.name, name, lines[axis], variable, terms))
      const size = variable.shape[axis]!
      if (term === undefined) {
        dimensions.push(wholeDimension(name, size))
        continue
      }
      if (used.size < terms.length) used.add(term)
      const { parts, single } = await rangesOf(term, name, size, lines[axis], coordinates, options)
      dimensions.push(dimensionPlan(name, size, parts, { single }))
    }
    plans.push({ variable, dimensions })
  }
  const unused = terms.find(term => !used.has(term))
  if (unused !== undefined) throw unknownName(unused.name, variables, model)
  return plans
}

const ROLES: Readonly<Record<string, (coordinate: Variable) => boolean>> = {
  lat: isLatitude,
  latitude: isLatitude,
  lon: isLongitude,
  longitude: isLongitude,
  time: coordinate => axisOf(coordinate) === 'T',
  level: coordinate => axisOf(coordinate) === 'Z',
  x: coordinate => axisOf(coordinate) === 'X',
  y: coordinate => axisOf(coordinate) === 'Y',
}

/** Whether a name means that dimension: by its own name, by its coordinate's, or by the role of its coordinate. */
function means(
  wanted: string,
  dimension: string,
  coordinate: Variable | undefined,
  variable: Variable,
  terms: readonly Term[],
): boolean {
  const names = [dimension, lastPart(dimension), coordinate?.name, coordinate && lastPart(coordinate.name)]
  if (names.includes(wanted)) return true
  const role = Object.hasOwn(ROLES, wanted.toLowerCase()) ? ROLES[wanted.toLowerCase()] : undefined
  if (role === undefined || coordinate === undefined || !role(coordinate)) return false
  // A name that is some dimension's own never means another by its role.
  if (variable.dimensions.some(name => name === wanted || lastPart(name) === wanted)) return false
  return !terms.some(term => term.name !== wanted && names.includes(term.name))
}

async function rangesOf(
  { name, range }: Term,
  dimension: string,
  size: number,
  coordinate: Variable | undefined,
  coordinates: Coordinates,
  options: ReadOptions,
): Promise<{ readonly parts: readonly IndexRange[]; readonly single: boolean }> {
  if (range.by === 'index') {
    const at = range.only < 0 ? range.only + size : range.only
    if (at < 0 || at >= size)
      throw invalid(name, `#${range.only}`, `'${dimension}' has the indices 0 to ${size - 1}`)
    return { parts: [{ start: at, end: at + 1, step: 1 }], single: true }
  }
  if (range.by === 'indices') {
    const clip = (index: number) => Math.min(size, Math.max(0, index < 0 ? index + size : index))
    const start = clip(range.from ?? 0)
    const end = clip(range.to ?? size)
    if (start >= end)
      throw invalid(
        name,
        `#${range.from ?? ''}:${range.to ?? ''}`,
        `that is empty; '${dimension}' has the indices 0 to ${size - 1}`,
      )
    return { parts: [{ start, end, step: range.step }], single: false }
  }
  if (coordinate === undefined)
    throw invalid(
      name,
      range.by === 'value' ? range.only : `${range.from ?? ''}:${range.to ?? ''}`,
      `'${dimension}' has no coordinate values: select by index, such as ${name}=#0 or ${name}=#0:${size}`,
    )
  const values = await coordinates.values(coordinate, options)
  if (values === undefined)
    throw invalid(
      name,
      '',
      `coordinate '${coordinate.name}' has ${coordinate.shape.join(' × ')} values: select by index, such as ${name}=#0`,
    )
  return indicesOf(name, range, values)
}

export function invalid(name: string, value: string, problem: string): ReaderError {
  return new ReaderError('InvalidSelection', `${name}=${value}: ${problem}`, { name, value })
}

/** The variables of these names. @throws {ReaderError} `InvalidSelection` with what there is. */
export function chosenVariables(model: ArrayModel, names: readonly string[]): readonly Variable[] {
  return names.map(name => {
    const exact = model.variables.find(variable => variable.name === name)
    const byLast = model.variables.filter(variable => lastPart(variable.name) === name)
    const found = exact ?? (byLast.length === 1 ? byLast[0] : undefined)
    if (found === undefined)
      throw new ReaderError(
        'InvalidSelection',
        `no variable '${name}'; there are: ${shown(model.variables.map(variable => variable.name))}`,
        {
          variable: name,
        },
      )
    return found
  })
}

function unknownName(name: string, variables: readonly Variable[], model: ArrayModel): ReaderError {
  const there = [
    ...new Set(
      variables.flatMap(variable =>
        coordinatesOf(model, variable).map((line, axis) => {
          const dimension = variable.dimensions[axis]!
          return line !== undefined && lastPart(line.name) !== lastPart(dimension)
            ? `${dimension} (${line.name})`
            : dimension
        }),
      ),
    ),
  ]
  const of = variables.map(variable => `'${variable.name}'`)
  return new ReaderError(
    'InvalidSelection',
    `'${name}' is no dimension or coordinate of ${shown(of)}; there are: ${there.length === 0 ? 'none' : shown(there)}`,
    { name },
  )
}

function shown(names: readonly string[]): string {
  return names.slice(0, 30).join(', ') + (names.length > 30 ? `, … (${names.length} in all)` : '')
}
