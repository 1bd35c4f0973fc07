import { ReaderError } from '../errors.ts'

/**
 * A path below a location as it stands in a URL.
 * @throws {ReaderError} `Forbidden` for `.` and `..`, which would leave the location
 */
export function encodePath(path: string): string {
  return path.split('/').map(encodeSegment).join('/')
}

function encodeSegment(segment: string): string {
  if (segment === '.' || segment === '..')
    throw new ReaderError('Forbidden', `a path must not hold '${segment}'`)
  if (!segment.isWellFormed()) throw new ReaderError('Forbidden', 'a path must be well-formed Unicode')
  return encodeStrict(segment)
}

/** Percent-encodes all but RFC 3986's unreserved characters, as signatures of requests need it. */
export function encodeStrict(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Joins with one slash; an empty part adds none. */
export function joinPath(base: string, path: string): string {
  if (base === '' || path === '') return base + path
  return base.endsWith('/') ? base + path : `${base}/${path}`
}
