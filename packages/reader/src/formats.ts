import type { Format } from './format.ts'
import { arrow } from './formats/arrow/arrow.ts'
import { csv } from './formats/csv/csv.ts'
import { geotiff } from './formats/geotiff/geotiff.ts'
import { hdf5 } from './formats/hdf5/hdf5.ts'
import { iceberg } from './formats/iceberg/iceberg.ts'
import { icechunk } from './formats/icechunk/index.ts'
import { json, ndjson } from './formats/json/json.ts'
import { kerchunk } from './formats/kerchunk/index.ts'
import { netcdf3 } from './formats/netcdf3/netcdf3.ts'
import { parquet } from './formats/parquet/parquet.ts'
import { zarr } from './formats/zarr/index.ts'

/** In the order they are asked: magic numbers first, which cost no read; then folders by what lies in them; text last. */
export const FORMATS: readonly Format[] = [
  hdf5,
  netcdf3,
  geotiff,
  parquet,
  arrow,
  zarr,
  icechunk,
  iceberg,
  kerchunk,
  ndjson,
  json,
  csv,
]
