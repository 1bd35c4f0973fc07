import { ReaderError } from './errors.ts'
import type { Probe } from './format.ts'

interface Sign {
  readonly what: string
  readonly remedy: string
  readonly fits: (head: Uint8Array, text: string) => boolean
}

const starts =
  (...bytes: readonly number[]) =>
  (head: Uint8Array) =>
    bytes.every((byte, at) => head[at] === byte)

/** What data is often mistaken for or wrapped in, by the magic numbers of their specifications. */
const SIGNS: readonly Sign[] = [
  {
    what: 'an HTML page',
    remedy: 'give the address of the data itself, not of a page about it',
    fits: (_, text) => /^\s*(<!--[\s\S]*?-->\s*)?<(!doctype html|html|head|body)\b/i.test(text),
  },
  {
    what: 'an XML document',
    remedy:
      'an error message of the store or a metadata record looks like this; give the address of the data',
    fits: (_, text) => /^\s*<\?xml\b/.test(text),
  },
  {
    what: 'a ZIP archive',
    remedy: 'unpack it and give the location of what is inside',
    fits: starts(0x50, 0x4b, 3, 4),
  },
  { what: 'gzip', remedy: 'unpack it first (gunzip, or tar -xzf)', fits: starts(0x1f, 0x8b) },
  { what: 'zstd', remedy: 'unpack it first (zstd -d)', fits: starts(0x28, 0xb5, 0x2f, 0xfd) },
  { what: 'bzip2', remedy: 'unpack it first (bunzip2)', fits: starts(0x42, 0x5a, 0x68) },
  { what: 'xz', remedy: 'unpack it first (unxz)', fits: starts(0xfd, 0x37, 0x7a, 0x58, 0x5a) },
  {
    what: 'a tar archive',
    remedy: 'unpack it and give the location of what is inside',
    fits: (_, text) => text.slice(257, 262) === 'ustar',
  },
  { what: 'a PDF document', remedy: 'give the address of the data', fits: starts(0x25, 0x50, 0x44, 0x46) },
  {
    what: 'a GRIB message',
    remedy: 'GRIB is read through kerchunk references',
    fits: starts(0x47, 0x52, 0x49, 0x42),
  },
  {
    what: 'an HDF4 file',
    remedy: 'convert it to NetCDF4 or HDF5 (h4toh5, ncks)',
    fits: starts(0x0e, 3, 0x13, 1),
  },
  {
    what: 'a PNG picture',
    remedy: 'pictures without georeference are not read',
    fits: starts(0x89, 0x50, 0x4e, 0x47),
  },
  {
    what: 'a JPEG picture',
    remedy: 'pictures without georeference are not read',
    fits: starts(0xff, 0xd8, 0xff),
  },
  {
    what: 'an SQLite database',
    remedy: 'export its tables as Parquet or CSV',
    fits: (_, text) => text.startsWith('SQLite format 3'),
  },
]

/** Why no format took these bytes: what they look like, and what to do. */
export function unrecognised(location: string, probe: Probe): ReaderError {
  const { head } = probe
  if (head === undefined)
    return new ReaderError(
      'Unrecognised',
      `'${location}' is no object, and nothing below it says what it is: give the location of a file, or of the folder that holds zarr.json, .zgroup, .zmetadata, metadata/ or repo`,
      { seen: 'folder' },
    )
  if (head.length === 0)
    return new ReaderError('Unrecognised', `'${location}' is empty (0 bytes)`, { seen: 'nothing' })
  const text = new TextDecoder('latin1').decode(head)
  const sign = SIGNS.find(({ fits }) => fits(head, text))
  const bytes = Buffer.from(head.subarray(0, 8)).toString('hex')
  return new ReaderError(
    'Unrecognised',
    sign === undefined
      ? `'${location}' begins with the bytes ${bytes}, which no format that is read here begins with`
      : `'${location}' is ${sign.what}: ${sign.remedy}`,
    { seen: sign?.what ?? bytes },
  )
}
