/** Data formats by the names that the lexicon knows, from media types, file names and the words of people. */
import { table } from './table.ts'

const MEDIA_TYPES = table<string>({
  'application/x-netcdf': 'netcdf',
  'application/netcdf': 'netcdf',
  'application/x-hdf': 'hdf5',
  'application/x-hdf5': 'hdf5',
  'application/x-hdfeos': 'hdf-eos',
  'application/vnd+zarr': 'zarr',
  'application/vnd.zarr': 'zarr',
  'application/x-zarr': 'zarr',
  'application/x-parquet': 'parquet',
  'application/vnd.apache.parquet': 'parquet',
  'application/parquet': 'parquet',
  'image/tiff': 'geotiff',
  'image/tiff; application=geotiff': 'geotiff',
  'image/tiff; application=geotiff; profile=cloud-optimized': 'cog',
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'text/tsv': 'tsv',
  'application/json': 'json',
  'application/jsonlines': 'ndjson',
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/geo+json': 'geojson',
  'application/vnd.apache.arrow.file': 'arrow',
  'application/vnd.apache.arrow.stream': 'arrow',
  'application/x-grib': 'grib2',
  'application/wmo-grib2': 'grib2',
  'application/fits': 'fits',
  'image/fits': 'fits',
  'application/zip': 'zip',
  'application/x-zip': 'zip',
  'application/x-tar': 'tar',
  'application/gzip': 'gzip',
  'application/x-gzip': 'gzip',
  'application/sql': 'sql',
  'application/pdf': 'pdf',
  'text/plain': 'text',
  'audio/mpeg': 'mp3',
  'image/jpeg': 'jpeg',
  'image/png': 'png',
})

const EXTENSIONS: readonly (readonly [RegExp, string])[] = [
  [/\.zarr\/?$/i, 'zarr'],
  [/\.icechunk\/?$/i, 'icechunk'],
  [/\.(?:nc|nc4|cdf|netcdf)$/i, 'netcdf'],
  [/\.(?:h5|hdf5|he5)$/i, 'hdf5'],
  [/\.hdf$/i, 'hdf'],
  [/\.(?:parquet|parq)$/i, 'parquet'],
  [/\.(?:tif|tiff)$/i, 'geotiff'],
  [/\.(?:grib2?|grb2?)$/i, 'grib2'],
  [/\.csv(?:\.gz)?$/i, 'csv'],
  [/\.tsv(?:\.gz)?$/i, 'tsv'],
  [/\.(?:jsonl|ndjson)(?:\.gz)?$/i, 'ndjson'],
  [/\.geojson$/i, 'geojson'],
  [/\.json$/i, 'json'],
  [/\.(?:arrow|feather)$/i, 'arrow'],
  [/\.(?:fits|fit)$/i, 'fits'],
  [/\.vcf(?:\.gz)?$/i, 'vcf'],
  [/\.bam$/i, 'bam'],
  [/\.cram$/i, 'cram'],
  [/\.la[sz]$/i, 'laz'],
  [/\.nii(?:\.gz)?$/i, 'nifti'],
  [/\.zip$/i, 'zip'],
  [/\.pdf$/i, 'pdf'],
  [/\.txt$/i, 'text'],
]

/** Words that name a format and nothing else. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bicechunk\b/i, 'icechunk'],
  [/\bome[- ]?zarr\b/i, 'ome-zarr'],
  [/\bzarr\b/i, 'zarr'],
  [/\bkerchunk\b/i, 'kerchunk'],
  [/\bcloud[- ]optimi[sz]ed geotiffs?\b|\bcogs?\b/i, 'cog'],
  [/\bgeo-?tiffs?\b/i, 'geotiff'],
  [/\bnetcdf-?\d?\b/i, 'netcdf'],
  [/\bhdf-?5\b/i, 'hdf5'],
  [/\bgeo-?parquet\b/i, 'geoparquet'],
  [/\bparquet\b/i, 'parquet'],
  [/\biceberg\b/i, 'iceberg'],
  [/\bgrib-?2?\b/i, 'grib2'],
  [/\b(?:g?vcfs?)\b/i, 'vcf'],
  [/\bcrams?\b/i, 'cram'],
  [/\bbams?\b/i, 'bam'],
  [/\bfastqs?\b/i, 'fastq'],
  [/\bcsvs?\b|comma[- ]separated/i, 'csv'],
  [/\btsvs?\b|tab[- ]separated/i, 'tsv'],
  [/\bgeojson\b/i, 'geojson'],
  [/\bjson-?(?:l|lines)\b|\bndjson\b/i, 'ndjson'],
  [/\bfits\b(?= (?:files?|images?|format|tables?|cubes?))|\bFITS\b/, 'fits'],
  [/\bnifti\b/i, 'nifti'],
  [/\bBIDS\b/, 'bids'],
  [/\bdicom\b/i, 'dicom'],
  [/\blaz\b/i, 'laz'],
  [/\bcopc\b/i, 'copc'],
  [/\bjpe?g ?2000\b/i, 'jpeg2000'],
]

/** The format of a media type; undefined for unknown ones. */
export function formatOfMediaType(mediaType: string): string | undefined {
  const type = mediaType.trim().toLowerCase()
  return MEDIA_TYPES[type] ?? MEDIA_TYPES[type.split(';')[0]!.trim()]
}

/** The format that an address ends with. */
export function formatOfAddress(address: string): string | undefined {
  const path = address.replace(/[?#].*$/, '')
  return EXTENSIONS.find(([pattern]) => pattern.test(path))?.[1]
}

/** The format that a text names, where it names one only. */
export function formatInWords(text: string): string | undefined {
  const named = new Set(WORDS.filter(([word]) => word.test(text)).map(([, format]) => format))
  // A special kind names its base as well.
  if (named.has('cog')) named.delete('geotiff')
  if (named.has('ome-zarr') || named.has('icechunk') || named.has('kerchunk')) named.delete('zarr')
  if (named.has('geoparquet')) named.delete('parquet')
  return named.size === 1 ? [...named][0] : undefined
}

const PREFERRED = table<string>({
  netcdf: 'application/x-netcdf',
  hdf5: 'application/x-hdf5',
  zarr: 'application/vnd.zarr',
  'zarr-v3': 'application/vnd.zarr',
  parquet: 'application/vnd.apache.parquet',
  geoparquet: 'application/vnd.apache.parquet',
  geotiff: 'image/tiff; application=geotiff',
  cog: 'image/tiff; application=geotiff; profile=cloud-optimized',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  geojson: 'application/geo+json',
  arrow: 'application/vnd.apache.arrow.file',
  fits: 'application/fits',
  grib2: 'application/wmo-grib2',
  zip: 'application/zip',
  tar: 'application/x-tar',
})

/** The media type that a format is told by; undefined where it has none that is known. */
export function mediaTypeOf(format: string | undefined): string | undefined {
  return format === undefined ? undefined : PREFERRED[format]
}
