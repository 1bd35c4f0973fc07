import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

// C0, C1 and bidirectional controls: records are written by strangers, a terminal obeys them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is removed
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text that a terminal shows and does not obey. */
export function clean(text: string): string {
  return text.replace(CONTROLS, '')
}

/** `text` in a style where standard output is a terminal that shows it (NO_COLOR is honoured). */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, clean(text), { stream })
}

/** Columns that `text` takes: wide East Asian characters two, combining ones none. */
export function width(text: string): number {
  let columns = 0
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        character,
      )
        ? 2
        : 1
  }
  return columns
}

/** The start of `text` in at most `columns` columns, on one line. */
export function shortened(text: string, columns: number): string {
  const line = clean(text.replace(/\s+/g, ' ').trim())
  if (width(line) <= columns) return line
  let kept = ''
  for (const character of line) {
    if (width(kept + character) > columns - 1) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** Rows as aligned columns; `styles` names the style of each column. The last column is cut at the terminal's edge. */
export function table(
  rows: readonly (readonly string[])[],
  styles: readonly (Style | undefined)[] = [],
): string {
  const columns = Math.max(0, ...rows.map(row => row.length))
  const widths = Array.from({ length: columns }, (_, index) =>
    Math.max(0, ...rows.map(row => width(clean(row[index] ?? '')))),
  )
  const available = terminalWidth()
  return rows
    .map(row => {
      let used = 0
      return row
        .map((cell, index) => {
          const isLast = index === row.length - 1
          const text = isLast ? shortened(cell, Math.max(20, available - used)) : clean(cell)
          const padding = isLast ? '' : ' '.repeat(widths[index]! - width(text) + 2)
          used += widths[index]! + 2
          const style = styles[index]
          return (style ? styled(style, text) : text) + padding
        })
        .join('')
    })
    .join('\n')
}

/** Labels and values, one a line, values aligned; undefined and empty values are left out. */
export function fields(rows: readonly (readonly [string, string | undefined])[]): string {
  const present = rows.filter((row): row is [string, string] => Boolean(row[1]))
  const longest = Math.max(0, ...present.map(([label]) => width(label)))
  return present
    .map(([label, value]) => {
      const lines = wrapped(value, Math.max(30, terminalWidth() - longest - 2))
      const indent = ' '.repeat(longest + 2)
      return `${styled('dim', label.padEnd(longest))}  ${lines.join(`\n${indent}`)}`
    })
    .join('\n')
}

/** Lines of at most `columns` columns, broken between words. */
export function wrapped(text: string, columns: number): string[] {
  return clean(text)
    .split('\n')
    .flatMap(paragraph => {
      const lines: string[] = []
      let line = ''
      for (const word of paragraph.split(/\s+/)) {
        if (line && width(line) + 1 + width(word) > columns) {
          lines.push(line)
          line = word
        } else line = line ? `${line} ${word}` : word
      }
      return [...lines, line]
    })
}

/** Columns of the terminal; 100 where output goes elsewhere. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns) : 100
}
