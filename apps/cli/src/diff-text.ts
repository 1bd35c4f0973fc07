import type { DataDiff, FieldChange, StateDiff } from './commands/diff.ts'
import { shortened, styled } from './text.ts'

const MOST_LINES = 200
const MOST_NAMES = 20

/** What differs, one line a field, as a diff is read: + what came, - what went. */
export function changesText({ changes, truncated }: StateDiff): string {
  if (changes.length === 0) return 'The descriptions do not differ'
  const lines = changes.slice(0, MOST_LINES).flatMap(changeLines)
  const more = changes.length > MOST_LINES || truncated ? ['… and more: --json gives all that is known'] : []
  return [...lines, ...more].join('\n')
}

function changeLines({ path, kind, beforeJson, afterJson }: FieldChange): string[] {
  const before = beforeJson === undefined ? [] : [styled('red', `  - ${valueText(beforeJson)}`)]
  const after = afterJson === undefined ? [] : [styled('green', `  + ${valueText(afterJson)}`)]
  return [`${styled('bold', path)} ${kind}`, ...before, ...after]
}

function valueText(json: string): string {
  return shortened(json.replace(/^"(.*)"$/s, '$1'), 100)
}

/** What changed in a store. */
export function storeDiffText({ diff, uri, distribution, from, to }: DataDiff): string {
  if (!diff) return ''
  const { added, removed, changed, rowsAdded, rowsRemoved, truncated } = diff
  const lines = [
    `${styled('bold', distribution ?? uri ?? '')} from ${from} to ${to}`,
    ...named('+', 'green', added),
    ...named('-', 'red', removed),
    ...some(
      changed.map(({ path, chunks, metadata }) =>
        [
          `  ~ ${path}`,
          [chunks ? `${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}` : '', metadata ? 'metadata' : '']
            .filter(Boolean)
            .join(', '),
        ].join('  '),
      ),
    ),
    ...(rowsAdded || rowsRemoved ? [`  ${rowsAdded ?? 0} rows added, ${rowsRemoved ?? 0} removed`] : []),
    ...(truncated ? ['  … and more than can be named'] : []),
  ]
  return lines.length === 1 ? `${lines[0]}\n  nothing changed in the data` : lines.join('\n')
}

function named(sign: string, style: 'green' | 'red', paths: readonly string[]): string[] {
  return some(paths.map(path => styled(style, `  ${sign} ${path}`)))
}

function some(lines: readonly string[]): string[] {
  const more = lines.length - MOST_NAMES
  return [...lines.slice(0, MOST_NAMES), ...(more > 0 ? [`    … and ${more} more`] : [])]
}
