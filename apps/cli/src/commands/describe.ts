import type { Command } from 'commander'
import { action } from '../context.ts'
import { addPlaceOptions, openPlace, type PlaceOptions } from '../dataset-place.ts'

export function configure(command: Command): void {
  command
    .argument(
      '<url-or-ref>',
      'http(s)://, s3://, gs://, az://, a file, or handle/slug, DOI, at-uri of a dataset',
    )
    .description(
      'Describe data where it lies: variables or columns, units, extent, versions, from a few kilobytes.',
    )
  addPlaceOptions(command)
    .addHelpText(
      'after',
      `
Formats are recognised from the bytes: Zarr, Icechunk, kerchunk, NetCDF, HDF5, GeoTIFF, Parquet, Iceberg, CSV, NDJSON, JSON, Arrow.

Examples:
  $ frost describe s3://bucket/store.zarr
  $ frost describe farallon.icehub.test/mur-sst-zarr --json
  $ frost describe ./table.parquet`,
    )
    .action(
      action<PlaceOptions>(async (context, options, target = '') => {
        const { descriptionText } = await import('../description-text.ts')
        const dataset = await openPlace(context, target, options)
        try {
          const description = await dataset.describe()
          context.output.result(description, () => descriptionText(dataset.location, description))
        } finally {
          await dataset.close()
        }
      }),
    )
}
