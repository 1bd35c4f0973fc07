import fc from 'fast-check'
import { encode } from 'flatbuffers/js/flexbuffers.js'
import { describe, expect, it } from 'vitest'
import { ReaderError } from '../../errors.ts'
import { ReferredObjects } from '../referred-objects.ts'
import { FlexMap, flexRoot } from './flexbuffer.ts'
import { containersOf, VirtualChunks } from './virtual-chunks.ts'

/** As the official library writes it: containers by their prefix, beside much else. */
const CONFIGURATION = Uint8Array.from(
  encode({
    caching: null,
    inline_chunk_threshold_bytes: 512,
    virtual_chunk_containers: {
      's3://data/deep/': {
        name: 'mine',
        url_prefix: 's3://data/deep/',
        store: { s3: { region: 'eu-west-1' } },
      },
      's3://nameless/': { name: null, url_prefix: 's3://nameless/' },
    },
  }),
)

describe('locations of virtual chunks', () => {
  const containers = containersOf(CONFIGURATION)
  const virtual = new VirtualChunks(new ReferredObjects(undefined), containers)

  it('expands those that name a container of the repository', () => {
    expect([...containers]).toEqual([['mine', 's3://data/deep/']])
    expect(virtual.expand('vcc://mine/a/file.nc')).toBe('s3://data/deep/a/file.nc')
    expect(virtual.expand('https://example.org/a')).toBe('https://example.org/a')
  })

  it('refuses names that the repository does not have', () => {
    expect(() => virtual.expand('vcc://other/a')).toThrow(/other/)
    expect(() => virtual.expand('vcc://mine')).toThrow(ReaderError)
  })

  it('takes any other configuration for one without containers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(2000), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        fc.nat(2000),
        (changes, length) => {
          const broken = Uint8Array.from(CONFIGURATION)
          for (const { at, byte } of changes) broken[at % broken.length] = byte
          for (const bytes of [broken, CONFIGURATION.subarray(0, length % CONFIGURATION.length)])
            expect(containersOf(bytes)).toBeInstanceOf(Map)
        },
      ),
    )
  })
})

it('reads maps and strings of any FlexBuffers', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 20 }), sample => {
      const clean = Object.fromEntries(Object.entries(sample).filter(([key]) => !key.includes('\0')))
      const root = flexRoot(Uint8Array.from(encode(clean)))
      const expected = Object.entries(clean).sort()
      if (expected.length === 0) return
      expect(root).toBeInstanceOf(FlexMap)
      expect([...(root as FlexMap).entries()].sort()).toEqual(expected)
    }),
  )
})
