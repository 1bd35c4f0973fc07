/** Large data models made small enough for an entry; the whole stays in the source's own document. */

/** What a model may take within an entry. */
export const MOST_BYTES = 32_000
/** What a model may take in a record of its own. */
export const MOST_RECORD_BYTES = 256_000

type Model = Record<string, unknown> & { readonly $type: string }

/** What a variable or column can do without, least needed first. */
const DETAILS = ['attributes', 'flags', 'description'] as const

/**
 * Leaves out details, and then variables, until the model is small; says so with `truncated`, the count, and where the full one is.
 * @param most bytes of its JSON
 */
export function boundedModel(model: Model, full: string | undefined, most = MOST_BYTES): Model {
  const list = model.variables === undefined ? 'columns' : 'variables'
  let parts = (model[list] ?? []) as Record<string, unknown>[]
  if (sizeOf(model) <= most) return model
  const count = parts.length
  for (const detail of DETAILS) {
    parts = parts.map(({ [detail]: _, ...part }) => part)
    if (sizeOf(parts) <= most) break
  }
  let kept = parts.length
  let size = 0
  for (const [index, part] of parts.entries()) {
    size += sizeOf(part) + 1
    if (size > most) {
      kept = index
      break
    }
  }
  return {
    ...model,
    [list]: parts.slice(0, kept),
    [list === 'columns' ? 'columnCount' : 'variableCount']: count,
    truncated: true,
    ...(full && { full: { uri: full, mediaType: 'application/json' } }),
  }
}

/** Bytes of a model's JSON. */
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
