import type {
  GridPreview,
  ImagePreview,
  LinePreview,
  Preview,
  ShownDimension,
  TablePreview,
} from '../preview/types.ts'
import type { Raster } from './png.ts'
import { pictureOf } from './raster.ts'

export interface TerminalOptions {
  /** Characters a line may have; 80 when absent. */
  readonly columns?: number
  /** Lines the picture itself may have; 24 when absent. */
  readonly rows?: number
  /** 24-bit colours; else shades of grey blocks. */
  readonly colour?: boolean
}

/** A preview as text for a terminal: a picture of half blocks, a curve, or a table; nothing in it controls the terminal but colours. */
export function terminalText(preview: Preview, options: TerminalOptions = {}): string {
  switch (preview.kind) {
    case 'table':
      return textTable(preview, options)
    case 'line':
      return [title(preview), ...curve(preview, options), ...about(preview)].join('\n')
    default:
      return [title(preview), ...halfBlocks(preview, options), ...about(preview)].join('\n')
  }
}

/** Without control characters and escapes, which data of strangers may hold. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, char =>
    char === '\n' || char === '\t' ? ' ' : '\ufffd',
  )
}

/** Columns that a text takes: two for a wide East Asian character or an emoji, none for a combining mark. */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text) {
    if (/\p{Mark}|\u200b|\u200d|\ufe0f/u.test(char)) continue
    const wide =
      /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60]/u
    width += wide.test(char) ? 2 : 1
  }
  return width
}

function title({ variable, longName, units, dtype, level }: Exclude<Preview, TablePreview>): string {
  const name = longName === undefined || longName === variable ? variable : `${variable}: ${longName}`
  return printable(
    [name, units === undefined ? '' : `[${units}]`, dtype, level === undefined ? '' : `from ${level}`]
      .filter(Boolean)
      .join('  '),
  )
}

function halfBlocks(
  preview: GridPreview | ImagePreview,
  { columns = 80, rows = 24, colour = false }: TerminalOptions,
): string[] {
  const { raster, scale } = pictureOf(preview, { side: 1 })
  const zoom = Math.min(columns / raster.width, (rows * 2) / raster.height, 8)
  const width = Math.max(1, Math.min(columns, Math.round(raster.width * zoom)))
  const height = Math.max(1, Math.min(rows * 2, Math.round(raster.height * zoom)))
  const pixel = (x: number, y: number) =>
    y >= height
      ? undefined
      : pixelOf(
          raster,
          Math.floor(((x + 0.5) / width) * raster.width),
          Math.floor(((y + 0.5) / height) * raster.height),
        )
  const lines: string[] = []
  for (let y = 0; y < height; y += 2) {
    let line = ''
    for (let x = 0; x < width; x++) line += block(pixel(x, y), pixel(x, y + 1), colour)
    lines.push(colour ? `${line}\x1b[0m` : line)
  }
  if (preview.kind === 'image' || scale === undefined) return lines
  if (scale.legend !== undefined)
    return [...lines, printable(scale.legend.map(({ value, meaning }) => `${value} ${meaning}`).join(', '))]
  const bar = Array.from({ length: Math.min(32, columns) }, (_, at) => {
    const rgb = scale.colour(
      scale.domain[0] + ((at + 0.5) / Math.min(32, columns)) * (scale.domain[1] - scale.domain[0]),
    )
    return block(rgb, rgb, colour)
  }).join('')
  return [...lines, `${short(scale.domain[0])} ${bar}${colour ? '\x1b[0m' : ''} ${short(scale.domain[1])}`]
}

type Pixel = readonly [number, number, number] | undefined

function pixelOf({ width, channels, pixels }: Raster, x: number, y: number): Pixel {
  const at = (y * width + x) * channels
  if (channels === 4 && pixels[at + 3] === 0) return undefined
  return [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!]
}

function block(top: Pixel, bottom: Pixel, colour: boolean): string {
  if (!colour) {
    const known = [top, bottom].filter(pixel => pixel !== undefined)
    if (known.length === 0) return ' '
    const light = known.reduce(
      (sum, [r, g, b]) => sum + (0.299 * r + 0.587 * g + 0.114 * b) / known.length,
      0,
    )
    return '·░▒▓█'[Math.min(4, Math.floor(light / 51.2))]!
  }
  if (top === undefined && bottom === undefined) return '\x1b[0m '
  if (top === undefined) return `\x1b[0m\x1b[38;2;${bottom!.join(';')}m▄`
  const behind = bottom === undefined ? '\x1b[49m' : `\x1b[48;2;${bottom.join(';')}m`
  return `\x1b[38;2;${top.join(';')}m${behind}▀`
}

/** Two by four dots to a character (Braille patterns). */
function curve({ values, statistics }: LinePreview, { columns = 80, rows = 24 }: TerminalOptions): string[] {
  if (statistics === undefined)
    return [printable(values.slice(0, 20).map(String).join(', ')) + (values.length > 20 ? ', …' : '')]
  const height = Math.max(2, Math.min(rows, 12))
  const width = Math.max(2, Math.min(columns - 1, Math.ceil(values.length / 2)))
  const cells = Array.from({ length: height }, () => new Uint8Array(width))
  const span = statistics.max - statistics.min || 1
  const dots = [
    [0x01, 0x02, 0x04, 0x40],
    [0x08, 0x10, 0x20, 0x80],
  ] as const
  values.forEach((cell, at) => {
    const value = cell === null ? Number.NaN : Number(cell)
    if (!Number.isFinite(value)) return
    const x = Math.floor((at / Math.max(1, values.length)) * width * 2)
    const y = Math.round((1 - (value - statistics.min) / span) * (height * 4 - 1))
    cells[y >> 2]![x >> 1]! |= dots[x & 1]![y & 3]!
  })
  return [
    short(statistics.max),
    ...cells.map(row => Array.from(row, bits => String.fromCharCode(0x2800 + bits)).join('')),
    short(statistics.min),
  ]
}

function about(preview: Exclude<Preview, TablePreview>): string[] {
  const lines = preview.shown.map(shownText)
  if ('statistics' in preview && preview.statistics !== undefined) {
    const { min, mean, max, missing, valid } = preview.statistics
    lines.push(
      `min ${short(min)}  mean ${short(mean)}  max ${short(max)}  missing ${missing} of ${missing + valid}`,
    )
  }
  if (preview.missingChunks > 0) lines.push(`${preview.missingChunks} chunks are not in the store`)
  if (preview.reduced !== undefined) lines.push(`shown: ${preview.reduced}`)
  return lines.map(printable)
}

function shownText({ dimension, size, ranges, role, values, value, units, name }: ShownDimension): string {
  const label = name === undefined || name === dimension ? dimension : `${dimension} (${name})`
  const unit = units === undefined || /since/.test(units) ? '' : ` ${units}`
  if (role === 'fixed')
    return `${label}: ${value ?? `#${ranges[0]!.start}`}${value === undefined ? '' : unit}  (index ${ranges[0]!.start} of ${size})`
  const ends = values === undefined || values.length === 0 ? '' : ` ${values[0]} … ${values.at(-1)}${unit}`
  const parts = ranges
    .map(({ start, end, step }) => `#${start}:${end}${step > 1 ? `:${step}` : ''}`)
    .join(' + ')
  return `${label}:${ends}  (${role}, ${parts} of ${size})`
}

/** Columns as wide as their widest cell, cut where the line is full. */
function textTable(
  { columns, rows, total, more, omitted }: TablePreview,
  { columns: width = 80 }: TerminalOptions,
): string {
  const most = Math.max(8, Math.floor(width / 2))
  const numeric = columns.map(({ type }) => /int|float|double|decimal/.test(type) && !/[<[]/.test(type))
  const cells = [columns.map(({ name }) => name), ...rows.map(row => row.map(cellText))].map(row =>
    row.map(text => cut(printable(text), most)),
  )
  const widths = columns.map((_, at) => Math.max(1, ...cells.map(row => widthOf(row[at]!))))
  let fit = 0
  for (let used = 0; fit < widths.length; fit++) {
    used += widths[fit]! + (fit > 0 ? 2 : 0)
    if (used > width && fit > 0) break
  }
  const line = (row: readonly string[]) =>
    row
      .slice(0, fit)
      .map((text, at) => {
        const space = ' '.repeat(widths[at]! - widthOf(text))
        return numeric[at] ? space + text : text + space
      })
      .join('  ')
      .trimEnd()
  const [head, ...body] = cells
  const hidden = [...columns.slice(fit).map(({ name }) => name), ...omitted]
  const notes = [
    total === undefined ? (more ? 'more rows follow' : '') : `${rows.length} of ${total} rows`,
    hidden.length === 0
      ? ''
      : `not shown: ${printable(hidden.slice(0, 20).join(', '))}${hidden.length > 20 ? ', …' : ''}`,
  ].filter(Boolean)
  return [
    line(head!),
    widths
      .slice(0, fit)
      .map(size => '─'.repeat(size))
      .join('  '),
    ...body.map(line),
    ...notes,
  ].join('\n')
}

function cellText(value: unknown): string {
  return value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function cut(text: string, most: number): string {
  if (widthOf(text) <= most) return text
  let kept = ''
  for (const char of text) {
    if (widthOf(kept + char) > most - 1) break
    kept += char
  }
  return `${kept}…`
}

function short(value: number): string {
  return String(Number(value.toPrecision(5)))
}
