import type { ArrayContext, TableContext } from './context.ts'
import { previewArray } from './preview/array.ts'
import { previewTable } from './preview/table.ts'
import type { Preview, PreviewOptions } from './preview/types.ts'
import type { SelectionRequest } from './selection/request.ts'

export type * from './preview/types.ts'

/** A small, telling part of a dataset, as JSON; never more than the budget, 16 MB and 128 requests when absent. */
export function preview(
  context: ArrayContext | TableContext,
  request: SelectionRequest,
  options: PreviewOptions,
): Promise<Preview> {
  return context.dataset.model === 'array'
    ? previewArray(context as ArrayContext, request, options)
    : previewTable(context as TableContext, request, options)
}
