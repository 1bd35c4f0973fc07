import { exceeds, Ledger } from '../budget.ts'
import { flagsOf, type Packing, packingOf, unpack, unpackNumbers, unpackTime } from '../cf/packing.ts'
import { axisOf, coordinatesOf, dataVariables, lastPart } from '../cf/roles.ts'
import { isoTimes } from '../cf/time.ts'
import type { ArrayContext } from '../context.ts'
import { jsonCell, labelsOf } from '../coordinates.ts'
import type { Values } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import { type Gathered, lengthOf } from '../gather.ts'
import type { Variable } from '../model.ts'
import { type Cost, PREVIEW_BUDGET, type ReadOptions } from '../objects.ts'
import { type DimensionPlan, dimensionPlan, gatherPlan, type VariablePlan } from '../plan.ts'
import { parseSelection } from '../selection/parse.ts'
import type { SelectionRequest } from '../selection/request.ts'
import { chosenVariables, resolveTerms } from '../selection/resolve.ts'
import { statisticsOf } from './statistics.ts'
import type { JsonCell, Preview, PreviewOptions, ShownDimension } from './types.ts'
import { chooseView, type View } from './view.ts'

const SIDE = 512
/** What the values of one axis or slider may cost on top. */
const AXIS_BUDGET: Cost = { requests: 4, bytes: 1_000_000 }
const LONGEST_SLIDER = 2_000

/**
 * A picture's or a line's worth of one variable: the one selected, or the first of the data.
 * @throws {ReaderError} `OverBudget` before anything of it is read, `InvalidSelection`.
 */
export async function previewArray(
  context: ArrayContext,
  request: SelectionRequest,
  { side = SIDE, signal, budget = PREVIEW_BUDGET }: PreviewOptions,
): Promise<Preview> {
  const ledger = new Ledger(budget)
  const options: ReadOptions = { signal, meter: ledger }
  const parsed = parseSelection(request.select ?? '')
  const variable = variableToShow(context, [...(request.variables ?? []), ...parsed.variables])
  const [asked] = await resolveTerms(context.model, [variable], parsed.terms, context.coordinates, options)
  const limits = { side: Math.max(1, Math.min(4096, side)), budget: ledger.left }
  let view = await chooseView(context, asked!, limits)
  let gathered = await gatherPlan(context.dataset, view.plan, options)
  const later = gathered.missingChunks > 0 ? withLastTime(context, asked!, view) : undefined
  if (later !== undefined && isEmpty(gathered, packingOf(view.plan.variable, context.description.format))) {
    const second = await chooseView(context, later, { ...limits, budget: ledger.left }).catch(() => undefined)
    if (second !== undefined) {
      gathered = await gatherPlan(context.dataset, second.plan, options)
      view = {
        ...second,
        reduced: [second.reduced, 'the last time, since the first holds nothing'].filter(Boolean).join(', '),
      }
    }
  }
  const shown = await shownDimensions(context, asked!, view, ledger, options)
  const spent = ledger.spent.requests > 0 ? ledger.spent : view.cost
  return build(context, variable, view, gathered, shown, spent)
}

function variableToShow(context: ArrayContext, names: readonly string[]): Variable {
  if (names.length > 1)
    throw new ReaderError(
      'InvalidSelection',
      `a preview shows one variable, not ${names.length}: ${names.join(', ')}`,
    )
  if (names.length === 1) return chosenVariables(context.model, names)[0]!
  const data = dataVariables(context.model)
  const isNumeric = ({ dtype }: Variable) => dtype !== 'string' && dtype !== 'bytes'
  const score = (variable: Variable) => {
    const axes = coordinatesOf(context.model, variable).map(line => line && axisOf(line))
    const numeric = isNumeric(variable) ? 4 : 0
    return numeric + (axes.includes('X') && axes.includes('Y') ? 2 : 0) + (variable.shape.length > 1 ? 1 : 0)
  }
  const best =
    [...data].filter(variable => !variable.shape.includes(0)).sort((a, b) => score(b) - score(a))[0] ??
    data[0]
  if (best === undefined)
    throw new ReaderError('InvalidSelection', 'the dataset has no arrays with values to show', {})
  return best
}

/** The same with the last index of time, where time was not asked for and the first was taken. */
function withLastTime({ model }: ArrayContext, asked: VariablePlan, view: View): VariablePlan | undefined {
  const lines = coordinatesOf(model, asked.variable)
  const axis = asked.dimensions.findIndex(
    (dimension, at) =>
      !dimension.asked &&
      dimension.length > 1 &&
      !view.display.includes(at) &&
      lines[at] !== undefined &&
      axisOf(lines[at]) === 'T',
  )
  if (axis < 0) return undefined
  const { name, size } = asked.dimensions[axis]!
  const last = dimensionPlan(name, size, [{ start: size - 1, end: size, step: 1 }], { asked: false })
  return { ...asked, dimensions: asked.dimensions.map((dimension, at) => (at === axis ? last : dimension)) }
}

function isEmpty({ values }: Gathered, packing: Packing): boolean {
  for (let at = 0; at < values.length; at++) if (unpack(values[at], packing) !== null) return false
  return true
}

async function shownDimensions(
  context: ArrayContext,
  asked: VariablePlan,
  view: View,
  ledger: Ledger,
  options: ReadOptions,
): Promise<readonly ShownDimension[]> {
  const lines = coordinatesOf(context.model, view.plan.variable)
  const finest = coordinatesOf(context.model, asked.variable)
  const shown: ShownDimension[] = []
  for (const [axis, dimension] of view.plan.dimensions.entries()) {
    const role = roleOf(view, axis)
    const sameSize = dimension.size === asked.variable.shape[axis]
    const line = lines[axis] ?? (sameSize ? finest[axis] : undefined)
    shown.push(await shownDimension(context, dimension, role, line, ledger, options))
  }
  return shown
}

function roleOf({ display, bands }: View, axis: number): ShownDimension['role'] {
  if (axis === bands) return 'bands'
  if (!display.includes(axis)) return 'fixed'
  return display.length === 2 && display[0] === axis ? 'rows' : 'columns'
}

async function shownDimension(
  { coordinates }: ArrayContext,
  { name, size, parts }: DimensionPlan,
  role: ShownDimension['role'],
  line: Variable | undefined,
  ledger: Ledger,
  options: ReadOptions,
): Promise<ShownDimension> {
  const base = { dimension: name, size, ranges: parts, role }
  if (line === undefined) return base
  const axis = axisOf(line)
  const about = {
    ...base,
    name: line.name,
    ...(line.units === undefined ? {} : { units: line.units }),
    ...(line.longName === undefined ? {} : { longName: line.longName }),
    ...(axis === undefined ? {} : { axis }),
  }
  const cost = await coordinates.cost(line)
  if (exceeds(cost, ledger.left) || exceeds(cost, AXIS_BUDGET)) return about
  const known = await coordinates.values(line, options)
  if (known === undefined) return about
  const labels = labelsOf(known)
  if (role !== 'fixed')
    return { ...about, values: parts.flatMap(part => indices(part).map(at => labels[at] ?? null)) }
  const value = labels[parts[0]!.start] ?? null
  return { ...about, value, ...(labels.length <= LONGEST_SLIDER ? { values: labels } : {}) }
}

function indices(part: { readonly start: number; readonly end: number; readonly step: number }): number[] {
  return Array.from({ length: lengthOf(part) }, (_, at) => part.start + at * part.step)
}

function build(
  context: ArrayContext,
  variable: Variable,
  view: View,
  { values, missingChunks }: Gathered,
  shown: readonly ShownDimension[],
  cost: Cost,
): Preview {
  const packing = packingOf(view.plan.variable, context.description.format)
  const { display, bands, plan } = view
  const flags = flagsOf(variable)
  const about = {
    variable: variable.name,
    dtype: variable.dtype,
    ...(variable.units === undefined ? {} : { units: variable.units }),
    ...(variable.longName === undefined ? {} : { longName: variable.longName }),
    ...(variable.standardName === undefined ? {} : { standardName: variable.standardName }),
    ...(plan.variable === variable ? {} : { level: plan.variable.name }),
    ...(view.reduced === undefined ? {} : { reduced: view.reduced }),
    ...(flags === undefined ? {} : { flags }),
    shown,
    missingChunks,
    cost,
  }
  const [rowAxis, columnAxis] = display
  if (bands !== undefined) {
    const order = [rowAxis!, columnAxis!, bands]
    const [height, width, channels] = order.map(axis => plan.dimensions[axis]!.length) as [
      number,
      number,
      3 | 4,
    ]
    const pixels = Buffer.from(reordered(values, plan, order) as Uint8Array).toString('base64')
    return { ...about, kind: 'image', width, height, channels, pixels, upward: isUpward(shown[rowAxis!]!) }
  }
  const ordered = display.length === 2 && rowAxis! > columnAxis! ? reordered(values, plan, display) : values
  const cells = jsonCells(ordered, packing, variable.dtype)
  const statistics =
    isNumeric(variable.dtype) && packing.time === undefined
      ? statisticsOf(unpackNumbers(ordered, packing))
      : undefined
  const withStatistics = statistics === undefined ? {} : { statistics }
  if (display.length < 2) return { ...about, kind: 'line', values: cells, ...withStatistics }
  const width = plan.dimensions[columnAxis!]!.length
  const rows = Array.from({ length: plan.dimensions[rowAxis!]!.length }, (_, row) =>
    cells.slice(row * width, (row + 1) * width),
  )
  return { ...about, kind: 'grid', values: rows, upward: isUpward(shown[rowAxis!]!), ...withStatistics }
}

function isNumeric(dtype: string): boolean {
  return /^(u?int|float)\d+$|^bool$/.test(dtype)
}

/** Complex numbers become their magnitudes. */
function jsonCells(values: Values, packing: Packing, dtype: string): JsonCell[] {
  if (dtype.startsWith('complex')) {
    const pairs = values as Float64Array
    return Array.from({ length: pairs.length / 2 }, (_, at) =>
      jsonCell(Math.hypot(pairs[2 * at]!, pairs[2 * at + 1]!)),
    )
  }
  const list = Array.from(values as ArrayLike<unknown>)
  if (packing.time !== undefined)
    return isoTimes(
      list.map(value => unpackTime(value, packing)),
      packing.time.calendar,
    )
  return list.map(value => jsonCell(unpack(value, packing)))
}

/** Elements in the order of other axes; all axes that are not named have one index. */
function reordered(values: Values, { dimensions }: VariablePlan, order: readonly number[]): Values {
  const strides = dimensions.map((_, axis) =>
    dimensions.slice(axis + 1).reduce((product, { length }) => product * length, 1),
  )
  const result = (values as Float64Array).slice() as unknown as unknown[]
  let to = 0
  const walk = (depth: number, from: number): void => {
    const axis = order[depth]
    if (axis === undefined) {
      result[to++] = values[from]
      return
    }
    for (let at = 0; at < dimensions[axis]!.length; at++) walk(depth + 1, from + at * strides[axis]!)
  }
  walk(0, 0)
  return result as unknown as Values
}

/** Whether the first row is the lowest: rising northward or upward. */
function isUpward({ axis, values, units, name }: ShownDimension): boolean {
  if (values === undefined || values.length < 2) return false
  const rising = Number(values.at(-1)) > Number(values[0])
  if (axis === 'Y') return rising
  if (axis !== 'Z') return false
  const downward = /pa$|bar$/i.test(units ?? '') || /depth|plev|pressure/i.test(lastPart(name ?? ''))
  return downward ? !rising : rising
}
