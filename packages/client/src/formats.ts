import { withoutEnd } from '@frost/lexicon'

interface KnownFormat {
  readonly format: string
  readonly mediaType?: string
  readonly pattern: RegExp
}

/** Formats that a location's name tells; the first pattern that fits counts. Media types as registered with IANA or in use. */
const FORMATS: readonly KnownFormat[] = [
  { format: 'icechunk', pattern: /(\.icechunk$|^icechunk:)/i },
  { format: 'ome-zarr', mediaType: 'application/vnd.zarr', pattern: /\.ome\.zarr(\.zip)?$/i },
  { format: 'zarr', mediaType: 'application/vnd.zarr', pattern: /\.zarr(\.zip)?$/i },
  { format: 'kerchunk', pattern: /(kerchunk|\.refs?)[^/]*\.(json|parq(uet)?)(\.(zst|gz))?$/i },
  { format: 'netcdf', mediaType: 'application/netcdf', pattern: /\.(nc|nc3|nc4|cdf|netcdf)$/i },
  { format: 'hdf5', mediaType: 'application/x-hdf5', pattern: /\.(h5|hdf5|hdf|he5)$/i },
  { format: 'grib2', mediaType: 'application/wmo-GRIB2', pattern: /\.(grib2|grb2|grib|grb)$/i },
  { format: 'geotiff', mediaType: 'image/tiff; application=geotiff', pattern: /\.tiff?$/i },
  {
    format: 'cog',
    mediaType: 'image/tiff; application=geotiff; profile=cloud-optimized',
    pattern: /\.cog$/i,
  },
  { format: 'geoparquet', mediaType: 'application/vnd.apache.parquet', pattern: /\.geoparquet$/i },
  { format: 'parquet', mediaType: 'application/vnd.apache.parquet', pattern: /\.(parquet|parq|pq)$/i },
  { format: 'iceberg', pattern: /\/metadata\/[^/]+\.metadata\.json$/i },
  { format: 'csv', mediaType: 'text/csv', pattern: /\.csv(\.gz|\.zst)?$/i },
  { format: 'tsv', mediaType: 'text/tab-separated-values', pattern: /\.tsv(\.gz|\.zst)?$/i },
  { format: 'arrow', mediaType: 'application/vnd.apache.arrow.file', pattern: /\.(arrow|feather|ipc)$/i },
  { format: 'ndjson', mediaType: 'application/x-ndjson', pattern: /\.(ndjson|jsonl)(\.gz|\.zst)?$/i },
  { format: 'geojson', mediaType: 'application/geo+json', pattern: /\.geojson$/i },
  { format: 'json', mediaType: 'application/json', pattern: /\.json$/i },
  { format: 'fits', mediaType: 'application/fits', pattern: /\.(fits|fit|fts)(\.gz)?$/i },
  { format: 'vcf', pattern: /\.vcf(\.gz|\.bgz)?$/i },
  { format: 'bam', pattern: /\.bam$/i },
  { format: 'cram', pattern: /\.cram$/i },
  { format: 'las', mediaType: 'application/vnd.las', pattern: /\.las$/i },
  { format: 'laz', mediaType: 'application/vnd.laszip', pattern: /\.laz$/i },
  { format: 'nifti', pattern: /\.nii(\.gz)?$/i },
  { format: 'root', pattern: /\.root$/i },
  { format: 'pdf', mediaType: 'application/pdf', pattern: /\.pdf$/i },
  { format: 'text', mediaType: 'text/plain', pattern: /\.txt$/i },
  { format: 'zip', mediaType: 'application/zip', pattern: /\.zip$/i },
]

/** The format (and media type) that a location's name tells; undefined where it tells none. */
export function formatOfLocation(uri: string): { format: string; mediaType?: string } | undefined {
  const path = withoutEnd(uri.replace(/[?#].*$/, ''), '/')
  const found = FORMATS.find(({ pattern }) => pattern.test(path))
  return found && { format: found.format, ...(found.mediaType ? { mediaType: found.mediaType } : {}) }
}
