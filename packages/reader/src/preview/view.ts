import { exceeds, overBudget } from '../budget.ts'
import { axisOf, coordinatesOf } from '../cf/roles.ts'
import type { ArrayContext } from '../context.ts'
import type { IndexRange } from '../dataset.ts'
import { lengthOf } from '../gather.ts'
import type { Variable } from '../model.ts'
import type { Budget, Cost } from '../objects.ts'
import { type DimensionPlan, dimensionPlan, estimatePlan, type VariablePlan } from '../plan.ts'

/** What is shown of a variable, and how: axes of the plan that become rows and columns. */
export interface View {
  readonly plan: VariablePlan
  readonly cost: Cost
  /** `[rows, columns]`, `[columns]` of a line, or none. */
  readonly display: readonly number[]
  /** Of an image. */
  readonly bands?: number
  readonly reduced?: string
}

export interface ViewLimits {
  readonly side: number
  readonly budget: Budget
}

/**
 * The most telling part of a selection that the budget allows: the plane of latitude and longitude, or of the last two
 * dimensions, at the first index of the others; of a coarser level where that is enough; then every so many indices; then a
 * window around the middle. What was asked for explicitly is never narrowed, only thinned to the side.
 * @throws {ReaderError} `OverBudget` with what would be allowed.
 */
export async function chooseView(
  context: ArrayContext,
  asked: VariablePlan,
  limits: ViewLimits,
): Promise<View> {
  const { display, bands } = layoutOf(context, asked)
  const kept = new Set([...display, ...(bands === undefined ? [] : [bands])])
  const base: VariablePlan = {
    ...asked,
    dimensions: asked.dimensions.map((dimension, axis) => (kept.has(axis) ? dimension : firstOf(dimension))),
  }
  const tried: View[] = []
  const attempt = async (plan: VariablePlan, reduced?: string): Promise<View | undefined> => {
    const cost = await estimatePlan(context.dataset, plan)
    const view: View = { plan, cost, display, bands, reduced }
    tried.push(view)
    return exceeds(cost, limits.budget) ? undefined : view
  }
  for (const { plan, level } of levelsOf(context, base, display, limits.side)) {
    const thin = thinned(plan, display, strideFor(plan, display, limits.side))
    const words =
      level === undefined
        ? thin.words
        : [`the coarser '${level.name}'`, thin.words].filter(Boolean).join(', ')
    const found = await attempt(thin.plan, words || undefined)
    if (found !== undefined) return found
  }
  const narrow = await narrowed(base, display, limits, attempt)
  if (narrow === undefined) throw refusal(tried, asked, limits)
  const explicit = display.some(axis => asked.dimensions[axis]!.asked)
  if (explicit && isWindow(narrow.plan, base)) throw refusal(tried, asked, limits, narrow)
  return narrow
}

const BANDS = /^(bands?|rgba?|channels?|colou?rs?|samples?|c|component)$/i

function layoutOf(
  { model }: ArrayContext,
  { variable, dimensions }: VariablePlan,
): { readonly display: readonly number[]; readonly bands?: number } {
  const wide = dimensions
    .map((dimension, axis) => ({ dimension, axis }))
    .filter(({ dimension }) => dimension.length > 1)
  const lines = coordinatesOf(model, variable)
  const axes = dimensions.map(({ name }, axis) =>
    axisOf(lines[axis] ?? { name, dtype: '', shape: [], dimensions: [], attributes: {} }),
  )
  const bands = wide.find(
    ({ dimension: { name, length } }) =>
      BANDS.test(name) && (length === 3 || length === 4) && variable.dtype === 'uint8',
  )?.axis
  const rest = wide.filter(({ axis }) => axis !== bands).map(({ axis }) => axis)
  const rows = rest.findLast(axis => axes[axis] === 'Y')
  const columns = rest.findLast(axis => axes[axis] === 'X')
  const display = rows !== undefined && columns !== undefined ? [rows, columns] : rest.slice(-2)
  return bands !== undefined && display.length === 2
    ? { display, bands }
    : { display: display.length > 0 ? display : wide.map(({ axis }) => axis).slice(-2) }
}

function firstOf(dimension: DimensionPlan): DimensionPlan {
  const { start } = dimension.parts[0]!
  return dimensionPlan(dimension.name, dimension.size, [{ start, end: start + 1, step: 1 }], dimension)
}

/** The plan itself and the same part of coarser levels, the coarsest that is still large enough first. */
function levelsOf(
  { model }: ArrayContext,
  plan: VariablePlan,
  display: readonly number[],
  side: number,
): readonly { readonly plan: VariablePlan; readonly level?: Variable }[] {
  const levels = (plan.variable.coarser ?? [])
    .map(name => model.variables.find(variable => variable.name === name))
    .filter(level => level?.shape.length === plan.variable.shape.length)
    .map(level => ({ plan: onLevel(plan, level!), level: level! }))
  const all = [{ plan, level: undefined as Variable | undefined }, ...levels]
  const longest = (candidate: VariablePlan) =>
    Math.max(...display.map(axis => candidate.dimensions[axis]!.length), 0)
  const enough = all.filter(candidate => longest(candidate.plan) >= Math.min(side, longest(plan)))
  const fallback = all.filter(candidate => !enough.includes(candidate))
  return [...enough.reverse(), ...fallback]
}

/** The same part of a variable that holds the same on fewer indices. */
function onLevel(plan: VariablePlan, level: Variable): VariablePlan {
  return {
    variable: level,
    dimensions: plan.dimensions.map((dimension, axis) => {
      const size = level.shape[axis]!
      const scale = size / dimension.size
      const parts = dimension.parts.map(({ start, end, step }) => {
        const from = Math.min(size - 1, Math.floor(start * scale))
        const to = Math.min(size, Math.max(from + 1, Math.ceil(end * scale)))
        return { start: from, end: to, step: scale === 1 ? step : Math.max(1, Math.floor(step * scale)) }
      })
      return dimensionPlan(level.dimensions[axis]!, size, parts, dimension)
    }),
  }
}

/** The least stride with which the longer side has at most so many indices. */
function strideFor({ dimensions }: VariablePlan, display: readonly number[], side: number): number {
  const limit = display.length === 1 ? side * 8 : side
  return Math.max(1, ...display.map(axis => Math.ceil(dimensions[axis]!.length / limit)))
}

function thinned(
  plan: VariablePlan,
  display: readonly number[],
  stride: number,
): { readonly plan: VariablePlan; readonly words: string } {
  if (stride === 1) return { plan, words: '' }
  const dimensions = plan.dimensions.map((dimension, axis) =>
    display.includes(axis) && dimension.length > 1
      ? dimensionPlan(
          dimension.name,
          dimension.size,
          dimension.parts.map(part => ({ ...part, step: part.step * stride })),
          dimension,
        )
      : dimension,
  )
  return { plan: { ...plan, dimensions }, words: `every ${ordinal(stride)} index` }
}

/** Wider and wider strides, then smaller and smaller windows. */
async function narrowed(
  base: VariablePlan,
  display: readonly number[],
  { side }: ViewLimits,
  attempt: (plan: VariablePlan, reduced: string) => Promise<View | undefined>,
): Promise<View | undefined> {
  const longest = Math.max(...display.map(axis => base.dimensions[axis]!.length), 1)
  for (let stride = strideFor(base, display, side) * 2; longest / stride >= 32; stride *= 2) {
    const thin = thinned(base, display, stride)
    const found = await attempt(thin.plan, thin.words)
    if (found !== undefined) return found
  }
  let plan = base
  for (let step = 0; step < 128; step++) {
    const widest = [...display].sort((a, b) => extentOf(plan, b) - extentOf(plan, a))[0]
    if (widest === undefined || plan.dimensions[widest]!.length <= 1) return undefined
    plan = {
      ...plan,
      dimensions: plan.dimensions.map((dimension, axis) =>
        axis === widest ? halved(dimension, base.variable.chunks?.[axis] ?? 1) : dimension,
      ),
    }
    const thin = thinned(plan, display, strideFor(plan, display, side))
    const found = await attempt(
      thin.plan,
      ['a window around the middle', thin.words].filter(Boolean).join(', '),
    )
    if (found !== undefined) return found
  }
  return undefined
}

/** In chunks, then in indices: what makes a window cheaper. */
function extentOf({ variable, dimensions }: VariablePlan, axis: number): number {
  const chunk = variable.chunks?.[axis] ?? 1
  const { length } = dimensions[axis]!
  return length > chunk ? 1e9 + length / chunk : length
}

/** Half as long around the same middle; on the borders of chunks while it is longer than one. */
function halved(dimension: DimensionPlan, chunk: number): DimensionPlan {
  const part = dimension.parts.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a))
  const span = part.end - part.start
  const middle = part.start + Math.floor(span / 2)
  const wanted = Math.max(part.step, Math.floor(span / 2))
  let start = middle - Math.floor(wanted / 2)
  let end = start + wanted
  if (span > chunk && chunk > 1) {
    const length = Math.max(1, Math.floor(wanted / chunk)) * chunk
    start = Math.floor((middle - Math.floor((length - chunk) / 2)) / chunk) * chunk
    end = start + length
  }
  const clipped: IndexRange = {
    start: Math.max(part.start, start),
    end: Math.min(part.end, end),
    step: part.step,
  }
  const safe = lengthOf(clipped) > 0 ? clipped : { start: middle, end: middle + 1, step: part.step }
  return dimensionPlan(dimension.name, dimension.size, [safe], dimension)
}

function isWindow(plan: VariablePlan, base: VariablePlan): boolean {
  return plan.dimensions.some((dimension, axis) => {
    const before = base.dimensions[axis]!
    if (!before.asked) return false
    const [first] = dimension.parts
    return first!.start !== before.parts[0]!.start || dimension.parts.at(-1)!.end !== before.parts.at(-1)!.end
  })
}

function refusal(tried: readonly View[], asked: VariablePlan, { budget }: ViewLimits, narrow?: View) {
  const cheaper =
    narrow === undefined
      ? `one chunk of '${asked.variable.name}' alone is more than that (chunks of ${asked.variable.chunks?.join(' × ') ?? 'unknown size'}): export it, or preview another variable`
      : `select ${selectText(narrow.plan)}`
  return overBudget(tried[0]!.cost, budget, cheaper)
}

/** A plan as `--select` takes it. */
export function selectText({ dimensions }: VariablePlan): string {
  return dimensions
    .filter(({ length, size }) => length < size)
    .map(({ name, parts: [part] }) =>
      lengthOf(part!) === 1
        ? `${name}=#${part!.start}`
        : `${name}=#${part!.start}:${part!.end}${part!.step > 1 ? `:${part!.step}` : ''}`,
    )
    .join(',')
}

function ordinal(number: number): string {
  const ending =
    number % 100 > 10 && number % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')
  return `${number}${ending}`
}
