import {
  interpolateCividis,
  interpolateInferno,
  interpolateMagma,
  interpolatePlasma,
  interpolatePuOr,
  interpolateRdBu,
  interpolateViridis,
  schemeTableau10,
} from 'd3-scale-chromatic'
import type { GridPreview, Statistics } from '../preview/types.ts'

export type Rgb = readonly [number, number, number]

/** Perceptually uniform ones, and diverging ones whose middle is zero. */
const MAPS: Readonly<Record<string, (at: number) => string>> = {
  viridis: interpolateViridis,
  cividis: interpolateCividis,
  inferno: interpolateInferno,
  magma: interpolateMagma,
  plasma: interpolatePlasma,
  'blue-red': at => interpolateRdBu(1 - at),
  'purple-orange': at => interpolatePuOr(1 - at),
}

export const COLOUR_MAPS: readonly string[] = Object.keys(MAPS)

/** How values become colours, for the picture and its colour bar. */
export interface ColourScale {
  readonly map: string
  /** Values of the first and the last colour; beyond them these colours are kept. */
  readonly domain: readonly [number, number]
  colour(value: number): Rgb
  /** From first to last, as `#rrggbb`, for a colour bar. */
  readonly stops: readonly string[]
  /** Round values within the domain, to label the bar with. */
  readonly ticks: readonly number[]
  /** Of status variables: each value with its meaning and colour, in place of a bar. */
  readonly legend?: readonly { readonly value: number; readonly meaning: string; readonly colour: string }[]
}

/** The map that fits the values, or one by name: diverging around zero where they lie on both sides of it. */
export function colourScaleOf(
  { statistics, flags }: Pick<GridPreview, 'statistics' | 'flags'>,
  map?: string,
): ColourScale {
  const legend = flags
    ?.filter(({ value, mask }) => mask === undefined && Number.isFinite(Number(value)))
    .map(({ value, meaning }, at) => ({
      value: Number(value),
      meaning,
      colour: schemeTableau10[at % schemeTableau10.length]!,
    }))
  if (legend !== undefined && legend.length > 0 && map === undefined) return categories(legend)
  const robust = domainOf(statistics)
  const diverging =
    map === undefined ? isDiverging(statistics) : map === 'blue-red' || map === 'purple-orange'
  const name = map !== undefined && Object.hasOwn(MAPS, map) ? map : diverging ? 'blue-red' : 'viridis'
  const reach = Math.max(Math.abs(robust[0]), Math.abs(robust[1])) || 1
  const domain: readonly [number, number] = diverging ? [-reach, reach] : robust
  const table = Array.from({ length: 256 }, (_, at) => rgbOf(MAPS[name]!(at / 255)))
  const span = domain[1] - domain[0] || 1
  return {
    map: name,
    domain,
    colour: value => table[Math.max(0, Math.min(255, Math.round(((value - domain[0]) / span) * 255)))]!,
    stops: Array.from({ length: 17 }, (_, at) => hexOf(table[Math.round((at / 16) * 255)]!)),
    ticks: ticksOf(domain[0], domain[1], 5),
  }
}

function categories(legend: NonNullable<ColourScale['legend']>): ColourScale {
  const colours = new Map(legend.map(({ value, colour }) => [value, rgbOf(colour)]))
  const values = legend.map(({ value }) => value)
  return {
    map: 'categories',
    domain: [Math.min(...values), Math.max(...values)],
    colour: value => colours.get(value) ?? [128, 128, 128],
    stops: legend.map(({ colour }) => colour),
    ticks: values,
    legend,
  }
}

/** From the 2nd to the 98th percentile, so that outliers do not wash the picture out; from least to greatest where these are one. */
function domainOf(statistics: Statistics | undefined): readonly [number, number] {
  if (statistics === undefined) return [0, 1]
  const [low, high] = [statistics.percentiles['2']!, statistics.percentiles['98']!]
  return low < high ? [low, high] : [statistics.min, statistics.max]
}

function isDiverging(statistics: Statistics | undefined): boolean {
  if (statistics === undefined) return false
  const [low, high] = domainOf(statistics)
  return low < 0 && high > 0 && Math.min(-low, high) / Math.max(-low, high) > 0.2
}

/** Round numbers (1, 2 or 5 times a power of ten apart) within the ends. */
export function ticksOf(from: number, to: number, wanted: number): readonly number[] {
  const span = to - from
  if (!(span > 0) || !Number.isFinite(span)) return [from]
  const power = 10 ** Math.floor(Math.log10(span / wanted))
  const step = power * [1, 2, 5, 10].find(factor => span / (power * factor) <= wanted)!
  const first = Math.ceil(from / step)
  const last = Math.floor(to / step)
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)))
}

function rgbOf(text: string): Rgb {
  const numbers = text.startsWith('#')
    ? [1, 3, 5].map(at => Number.parseInt(text.slice(at, at + 2), 16))
    : (text.match(/[\d.]+/g) ?? []).map(Number)
  return [Math.round(numbers[0]!), Math.round(numbers[1]!), Math.round(numbers[2]!)]
}

function hexOf(rgb: Rgb): string {
  return `#${rgb.map(part => part.toString(16).padStart(2, '0')).join('')}`
}
