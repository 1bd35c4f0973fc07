import { isValidRecordKey } from '@atproto/syntax'
import { hashRkey, withoutEnd } from '@frost/lexicon'
import { UsageError } from './errors.ts'

const LONGEST_SLUG = 64

/**
 * A record key that reads well, from a title or another name: `GOES-16 ABI, Level 2` → `goes-16-abi-level-2`.
 * Names without any Latin letter or digit become a hash.
 */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/\.(?![a-z0-9])|(?<![a-z0-9])\./g, '-')
    .replace(/-+/g, '-')
  const short = slug.length > LONGEST_SLUG ? slug.slice(0, LONGEST_SLUG).replace(/-[^-]*$/, '') : slug
  const trimmed = short.replace(/^[-.]+|[-.]+$/g, '')
  return trimmed.length >= 2 ? trimmed : `dataset-${hashRkey(name).slice(0, 10)}`
}

/** A slug chosen by a person. @throws UsageError that says which characters a record key may have. */
export function checkedSlug(slug: string): string {
  if (isValidRecordKey(slug)) return slug
  throw new UsageError(
    `--slug is '${slug}': use 1 to 512 of the characters A–Z a–z 0–9 . _ : ~ - (such as ${slugOf(slug)})`,
  )
}

/** The last telling part of a URL, for a title where none is given: `s3://b/era5/daily.zarr` → `daily`. */
export function nameFromUrl(url: string): string {
  const path = withoutEnd(url.replace(/[?#].*$/, ''), '/').replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
  const last = decode(path.split('/').at(-1) ?? path)
  return (
    last.replace(
      /(\.(zarr|icechunk|nc4?|h5|hdf5?|parquet|csv|tsv|tiff?|json|ndjson|arrow|zip|gz|zst))+$/i,
      '',
    ) || last
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
