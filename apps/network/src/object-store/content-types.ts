import { extname } from 'node:path'

/** Media types of the formats that science keeps data in, by file name extension. */
const TYPES = new Map<string, string>(
  Object.entries({
    '.arrow': 'application/vnd.apache.arrow.file',
    '.avro': 'application/vnd.apache.avro',
    '.cff': 'application/yaml',
    '.csv': 'text/csv; charset=utf-8',
    '.feather': 'application/vnd.apache.arrow.file',
    '.fits': 'application/fits',
    '.geojson': 'application/geo+json',
    '.grib': 'application/wmo-grib',
    '.grib2': 'application/wmo-grib',
    '.gz': 'application/gzip',
    '.h5': 'application/x-hdf5',
    '.hdf5': 'application/x-hdf5',
    '.html': 'text/html; charset=utf-8',
    '.jpg': 'image/jpeg',
    '.json': 'application/json',
    '.jsonl': 'application/x-ndjson',
    '.md': 'text/markdown; charset=utf-8',
    '.nc': 'application/netcdf',
    '.ndjson': 'application/x-ndjson',
    '.npy': 'application/octet-stream',
    '.parquet': 'application/vnd.apache.parquet',
    '.png': 'image/png',
    '.tif': 'image/tiff; application=geotiff; profile=cloud-optimized',
    '.tiff': 'image/tiff; application=geotiff; profile=cloud-optimized',
    '.tsv': 'text/tab-separated-values; charset=utf-8',
    '.txt': 'text/plain; charset=utf-8',
    '.xml': 'application/xml',
    '.yaml': 'application/yaml',
    '.yml': 'application/yaml',
    '.zattrs': 'application/json',
    '.zgroup': 'application/json',
    '.zip': 'application/zip',
    '.zmetadata': 'application/json',
  }),
)

/** The media type of a file by its name; `.zattrs` and its like have no other extension than their name. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return TYPES.get(name) ?? TYPES.get(extname(name)) ?? 'application/octet-stream'
}
