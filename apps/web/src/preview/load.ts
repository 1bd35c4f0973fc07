import { type Asker, type Described, type DrawnPreview, type Gateway, Unreadable } from '../gateway.ts'
import type { Previewable, ReadableCopy } from './readable-copy.ts'
import { type PreviewState, selectedOf } from './state.ts'

export interface LoadedPreview {
  readonly state: PreviewState
  readonly copies: readonly ReadableCopy[]
  readonly described?: Described
  readonly preview: DrawnPreview | Unreadable
  readonly exportAddress: (format: string) => string
}

/** Asks the gateway for description and preview at once; what it refuses is part of what is shown. */
export async function loadPreview(
  gateway: Gateway,
  { copies, why }: Previewable,
  state: PreviewState,
  asker: Asker,
): Promise<LoadedPreview> {
  const copy = copies.find(({ id }) => id === state.copy) ?? copies[0]
  const selected = selectedOf(state)
  if (copy === undefined)
    return { state, copies, preview: new Unreadable('NotPreviewed', why ?? ''), exportAddress: () => '' }
  const { source } = copy
  const [described, preview] = await Promise.all([
    gateway.describe(source, asker).catch(unlessRefused),
    gateway.preview(source, selected, { map: state.map }, asker).catch(unlessRefused),
  ])
  return {
    state,
    copies,
    ...(!(described instanceof Unreadable) && { described }),
    preview,
    exportAddress: format => gateway.exportAddress(source, selected, format),
  }
}

function unlessRefused(error: unknown): Unreadable {
  if (error instanceof Unreadable) return error
  throw error
}
