import type { SelectionRequest } from '@frost/reader'
import type { Command } from 'commander'
import { gather } from './context.ts'
import { wholeNumber } from './options.ts'

/** Options by which a part of a dataset is chosen. */
export interface SelectionOptions {
  var?: string[]
  select?: string
  columns?: string[]
  where?: string
  offset?: number
  limit?: number
}

export function addSelectionOptions(command: Command): Command {
  return command
    .option('--var <name>', 'variable; may be repeated', gather(','))
    .option('--select <selection>', 'part of an array: time=2020-01:2020-03,lat=10:20,level=#0')
    .option('--columns <names>', 'columns of a table', gather(','))
    .option('--where <condition>', `rows of a table: "year >= 2000 and name = 'x'"`)
    .option('--offset <n>', 'rows to skip', wholeNumber('--offset', 0, Number.MAX_SAFE_INTEGER))
    .option('--limit <n>', 'most rows', wholeNumber('--limit', 1, Number.MAX_SAFE_INTEGER))
}

export function selectionOf({
  var: variables,
  select,
  columns,
  where,
  offset,
  limit,
}: SelectionOptions): SelectionRequest {
  return {
    ...(variables && { variables }),
    ...(select !== undefined && { select }),
    ...(columns && { columns }),
    ...(where !== undefined && { where }),
    ...(offset !== undefined && { offset }),
    ...(limit !== undefined && { limit }),
  }
}
