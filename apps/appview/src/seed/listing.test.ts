import { describe, expect, it } from 'vitest'
import { openListing, parseListing } from './listing.ts'

const FILE = {
  name: 'repositories-0001.car',
  url: 'https://appview.example.org/snapshots/abc/repositories-0001.car',
  size: '1000',
  digest: { algorithm: 'sha-256', value: 'a'.repeat(64) },
}
const LIST = { seq: 7, edition: 'car', expiresAt: '2026-01-02T00:00:00.000Z', files: [FILE] }
const read = (list: object, origin?: string) => parseListing(JSON.stringify(list), 'there', origin)

describe('the list of a snapshot', () => {
  it('is read', () => {
    const { files, seq, expiresAt } = read(LIST)
    const { name, url } = FILE
    expect({ files, seq, expiresAt }).toEqual({
      files: [{ name, url, size: 1000, sha256: 'a'.repeat(64) }],
      seq: 7,
      expiresAt: Date.UTC(2026, 0, 2),
    })
    expect(read({ ...LIST, seq: 8 }).id).toBe(read(LIST).id)
    expect(read({ ...LIST, files: [] }).id).not.toBe(read(LIST).id)
  })

  it('leads to files where it came from alone', () => {
    const [file] = read(LIST, 'http://127.0.0.1:4181').files
    expect(file!.url).toBe('http://127.0.0.1:4181/snapshots/abc/repositories-0001.car')
  })

  it.each<[string, object, RegExp]>([
    ['a seq that is none', { seq: -1 }, /seq/],
    ['no seq', { seq: undefined }, /seq/],
    ['another edition', { edition: 'parquet' }, /edition is 'parquet'/],
    ['no edition', { edition: undefined }, /edition is 'parquet'/],
    ['an end that is none', { expiresAt: 'never' }, /expiresAt/],
    ['no files', { files: undefined }, /files/],
    ['a name that leads elsewhere', { files: [{ ...FILE, name: '../x.car' }] }, /the name '\.\.\/x\.car'/],
    ['no name', { files: [{ ...FILE, name: undefined }] }, /the name ''/],
    ['an address that is none', { files: [{ ...FILE, url: 'file:///etc/passwd' }] }, /no http\(s\) address/],
    ['a size that is none', { files: [{ ...FILE, size: '9e99' }] }, /the size of .* is '9e99'/],
    ['a size beyond all', { files: [{ ...FILE, size: '99999999999' }] }, /at most/],
    ['another algorithm', { files: [{ ...FILE, digest: { algorithm: 'md5', value: 'a' } }] }, /no SHA-256/],
    ['no digest', { files: [{ ...FILE, digest: undefined }] }, /digest/],
  ])('is refused with %s, and says why', (_, change, reason) => {
    expect(() => read({ ...LIST, ...change })).toThrow(reason)
    expect(() => read({ ...LIST, ...change })).toThrow(/'there' is no list of a snapshot's files/)
  })

  it('is not asked for with a password in its address, which would be logged', async () => {
    await expect(openListing('https://admin:secret@appview.example.org')).rejects.toThrow(/^(?!.*secret)/)
    await expect(openListing('https://admin:secret@appview.example.org')).rejects.toThrow(
      'FROST_SNAPSHOT_PASSWORD',
    )
  })
})
