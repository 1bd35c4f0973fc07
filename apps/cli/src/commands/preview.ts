import { writeFile } from 'node:fs/promises'
import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action } from '../context.ts'
import { addPlaceOptions, openPlace, type PlaceOptions } from '../dataset-place.ts'
import { wholeNumber } from '../options.ts'
import { addSelectionOptions, type SelectionOptions, selectionOf } from '../selection-options.ts'

interface Options extends PlaceOptions, SelectionOptions {
  png?: string
  side?: number
  map?: string
}

export function configure(command: Command): void {
  command
    .argument('<url-or-ref>', 'where the data is, or the dataset that describes it')
    .description('Look at a part of the data: some rows, a map, a curve. Never reads more than 16 MB.')
  addPlaceOptions(command)
  addSelectionOptions(command)
    .option('--png <file>', 'write the picture to a file')
    .option('--side <pixels>', 'pixels of the longer side', wholeNumber('--side', 1, 4096))
    .option('--map <colours>', 'colour map, such as viridis')
    .addHelpText(
      'after',
      `
Examples:
  $ frost preview s3://bucket/sst.zarr --var sst --select time=2020-01-01,lat=30:60
  $ frost preview https://example.org/air.nc --png air.png
  $ frost preview ./table.parquet --columns name,year --where "year >= 2000" --limit 20`,
    )
    .action(
      action<Options>(async (context, options, target = '') => {
        const { pngOf, terminalText } = await import('@frost/reader')
        const { png, side, map } = options
        const dataset = await openPlace(context, target, options)
        try {
          const preview = await dataset.preview(selectionOf(options), { ...(side !== undefined && { side }) })
          if (png !== undefined) {
            if (preview.kind === 'table')
              throw new UsageError(
                `--png ${png}: a table has no picture; leave --png out, or name a variable`,
              )
            const picture = { ...(side !== undefined && { side }), ...(map !== undefined && { map }) }
            await writeFile(png, pngOf(preview, picture))
            context.output.note(`Written to ${png}`)
            if (!context.output.json) return
          }
          const { stdout } = process
          context.output.result(preview, () =>
            terminalText(preview, {
              columns: stdout.isTTY ? stdout.columns : 100,
              rows: stdout.isTTY ? Math.max(8, stdout.rows - 12) : 24,
              colour: stdout.isTTY && stdout.hasColors(2 ** 24) && process.env.NO_COLOR === undefined,
            }),
          )
        } finally {
          await dataset.close()
        }
      }),
    )
}
