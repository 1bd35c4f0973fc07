import { withoutEnd } from '@frost/lexicon'
import { isPreviewed } from '../preview/readable-copy.ts'
import type { Place } from './place.ts'
import { lines, quotedShell, type Snippet } from './snippet.ts'

const TABLES = ['parquet', 'iceberg', 'csv', 'tsv', 'json', 'ndjson', 'arrow']
const CONTAINERS = ['icechunk', 'hdf5', 'netcdf', 'iceberg', 'kerchunk']

/** Our own command: describe, look, take out in another format. */
export function commandLineSnippets(place: Place): readonly Snippet[] {
  const { uri, path, endpoint, region, requesterPays, pin, format } = place
  // Other JSON than rows is no table, and nothing that can be previewed.
  if (!isPreviewed(format) || (format === 'json' && !place.isTable)) return []
  const inside = path && !CONTAINERS.includes(format) ? `${withoutEnd(uri, '/')}/${path}` : uri
  const words = [
    quotedShell(inside),
    pin && `--pin ${quotedShell(`${pin.by}:${pin.name}`)}`,
    endpoint && place.scheme === 's3' && `--endpoint ${quotedShell(endpoint)}`,
    region && place.scheme === 's3' && `--region ${quotedShell(region)}`,
    requesterPays && '--requester-pays',
  ]
    .filter(Boolean)
    .join(' ')
  const [to, file] = TABLES.includes(format)
    ? format === 'parquet'
      ? ['csv', 'data.csv']
      : ['parquet', 'data.parquet']
    : format === 'netcdf'
      ? ['zarr', 'data.zarr']
      : ['netcdf', 'data.nc']
  return [
    {
      title: 'frost',
      code: lines(
        requesterPays && '# Whoever reads pays for the requests: this takes your own credentials.',
        `npx frost describe ${words}`,
        `npx frost preview ${words}`,
        `npx frost get ${words} --to ${to} -o ${file}`,
      ),
    },
  ]
}
