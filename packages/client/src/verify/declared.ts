import type { Copy, Evidence } from '@frost/reader'
import type { Claimed } from './copies.ts'

const ALGORITHMS = new Map([
  ['sha-256', 'sha256'],
  ['sha256', 'sha256'],
  ['sha-512', 'sha512'],
  ['sha512', 'sha512'],
  ['sha-1', 'sha1'],
  ['sha1', 'sha1'],
  ['md5', 'md5'],
])

/**
 * What the record itself says of a single object, held against the object: its size, its ETag, and its checksums. A checksum takes
 * all bytes, which are only read where `full` asks for it, unless the store's ETag is that checksum.
 * @throws ReaderError
 */
export async function declaredEvidence(claimed: Claimed, copy: Copy, full: boolean): Promise<Evidence[]> {
  const { size, etag } = copy.state
  if (size === undefined) return []
  const evidence: Evidence[] = []
  if (claimed.contentSize !== undefined)
    evidence.push({
      what: 'size in the record',
      agrees: claimed.contentSize === String(size),
      note:
        claimed.contentSize === String(size)
          ? `${size} bytes`
          : `${claimed.contentSize} bytes, it has ${size}`,
    })
  if (claimed.pin?.scheme === 'etag' && etag !== undefined)
    evidence.push(compared('ETag in the record', bare(claimed.pin.value), bare(etag)))
  for (const { algorithm, value } of checksums(claimed)) {
    const name = ALGORITHMS.get(algorithm.toLowerCase())
    const what = `${algorithm} in the record`
    const declared = value.toLowerCase()
    if (name === 'md5' && etag !== undefined && bare(etag) === declared)
      evidence.push({ what, agrees: true, note: `the store's ETag is this checksum` })
    else if (full && name !== undefined) {
      const digest = await copy.digest(name)
      if (digest !== undefined) evidence.push(compared(what, declared, digest))
    }
  }
  return evidence
}

/** Checksums that the record gives and that nothing but reading everything could confirm. */
export function uncheckedSums(claimed: Claimed, checked: readonly Evidence[]): string[] {
  return checksums(claimed)
    .map(({ algorithm }) => algorithm)
    .filter(algorithm => !checked.some(({ what }) => what === `${algorithm} in the record`))
}

function checksums({ digests = [], pin }: Claimed): { algorithm: string; value: string }[] {
  const [algorithm, value] = pin?.scheme === 'digest' ? pin.value.split(':') : []
  return [...digests, ...(algorithm && value ? [{ algorithm, value }] : [])].filter(
    one => typeof one?.algorithm === 'string' && typeof one.value === 'string',
  )
}

function compared(what: string, declared: string, found: string): Evidence {
  const agrees = declared === found
  return { what, agrees, note: agrees ? found : `${declared}, it has ${found}` }
}

function bare(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"|"$/g, '').toLowerCase()
}
