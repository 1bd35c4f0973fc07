import type { StoreDiff } from '../../model.ts'
import type { DataFile } from './manifests.ts'

const MAX_NAMES = 1000

interface Side {
  readonly id: string
  readonly files: readonly DataFile[]
}

/**
 * What changed between two snapshots, by their files. Rows count by data files and position deletes; where rows are deleted by
 * value, how many is not known without reading, and their number is left out.
 */
export function diffOf(from: Side, to: Side, shown: (path: string) => string): StoreDiff {
  const [before, after] = [pathsOf(from), pathsOf(to)]
  const added = to.files.filter(({ path }) => !before.has(path))
  const removed = from.files.filter(({ path }) => !after.has(path))
  const rows = (files: readonly DataFile[], content: DataFile['content']) =>
    files.filter(file => file.content === content).reduce((sum, file) => sum + file.rows, 0)
  const byValue = [...added, ...removed].some(({ content }) => content === 'equality deletes')
  const rowsAdded = rows(added, 'data') + rows(removed, 'position deletes')
  const rowsRemoved = rows(removed, 'data') + rows(added, 'position deletes')
  return {
    from: from.id,
    to: to.id,
    added: added.slice(0, MAX_NAMES).map(({ path }) => shown(path)),
    removed: removed.slice(0, MAX_NAMES).map(({ path }) => shown(path)),
    changed: [],
    ...(!byValue && { rowsAdded, rowsRemoved }),
    truncated: added.length > MAX_NAMES || removed.length > MAX_NAMES,
  }
}

function pathsOf({ files }: Side): ReadonlySet<string> {
  return new Set(files.map(({ path }) => path))
}
