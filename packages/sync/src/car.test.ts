import { encode, toCidLink } from '@atcute/cbor'
import { decode as decodeCid } from '@atcute/cid'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { CarError, type CarLimits, readCar, readCarStream } from './car.ts'
import { type BinaryCid, CID_LENGTH, cidOfBlock } from './cid.ts'

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return Buffer.from([...bytes, value])
}

const link = (cid: BinaryCid) => toCidLink(decodeCid(Buffer.from(cid, 'latin1')))
const sized = (bytes: Uint8Array) => Buffer.concat([varint(bytes.length), bytes])
const header = (fields: unknown) => sized(encode(fields))
const section = (block: Uint8Array, cid = cidOfBlock(block)) =>
  sized(Buffer.concat([Buffer.from(cid, 'latin1'), block]))

function carOf(blocks: readonly Uint8Array[], root = cidOfBlock(blocks[0]!)): Buffer {
  return Buffer.concat([header({ version: 1, roots: [link(root)] }), ...blocks.map(block => section(block))])
}

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const text = (blocks: ReadonlyMap<BinaryCid, Uint8Array>) =>
  [...blocks].map(([cid, block]) => [cid, Buffer.from(block).toString('hex')])

async function reading<T>(work: () => T): Promise<T> {
  return work()
}

/** Both readers must say the same of it. */
async function read(car: Uint8Array, limits: CarLimits = {}, sizes = [7]) {
  const said = (error: unknown) => {
    if (!(error instanceof CarError)) throw error
    return error
  }
  const whole = await reading(() => readCar(car, limits)).catch(said)
  const streamed = await readCarStream(inPieces(car, sizes), limits).catch(said)
  if (whole instanceof CarError || streamed instanceof CarError) {
    expect([whole, streamed]).toEqual([expect.any(CarError), expect.any(CarError)])
    throw streamed
  }
  expect(streamed.root).toBe(whole.root)
  expect(text(streamed.blocks)).toEqual(text(whole.blocks))
  return whole
}

const arbitraryBlocks = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 12 })
const arbitrarySizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 })

describe('a CAR', () => {
  it('law: gives its blocks under their CIDs, whole or in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryBlocks, arbitrarySizes, async (blocks, sizes) => {
        const { root, blocks: found } = await read(carOf(blocks), {}, sizes)
        expect(root).toBe(cidOfBlock(blocks[0]!))
        const unique = new Map(blocks.map(block => [cidOfBlock(block), block]))
        expect(text(found)).toEqual(text(unique))
      }),
      { numRuns: 60 },
    )
  })

  it('law: with any byte changed, or cut anywhere, is none, or at least no block is another', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryBlocks,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (blocks, place, change) => {
          const car = carOf(blocks)
          const forged = Buffer.from(car)
          forged[place % car.length]! ^= change
          const honest = new Map(blocks.map(block => [cidOfBlock(block), block]))
          try {
            for (const [cid, block] of (await read(forged)).blocks) {
              expect(cidOfBlock(block).slice(4)).toBe(cid.slice(4))
              expect(honest.has(cidOfBlock(block))).toBe(true)
            }
          } catch (error) {
            expect(error).toBeInstanceOf(CarError)
          }
          const ends = new Set<number>([carOf(blocks).length])
          let at = header({ version: 1, roots: [link(cidOfBlock(blocks[0]!))] }).length
          for (const block of blocks) {
            ends.add(at)
            at += section(block).length
          }
          const cut = place % car.length
          if (!ends.has(cut)) await expect(read(car.subarray(0, cut))).rejects.toThrow(CarError)
        },
      ),
      { numRuns: 60 },
    )
  })

  const block = Buffer.from('block')
  const root = cidOfBlock(block)
  it.each([
    [
      'version 2',
      Buffer.concat([header({ version: 2, roots: [link(root)] }), section(block)]),
      /version 2 is not 1/,
    ],
    ['without a root', Buffer.concat([header({ version: 1, roots: [] }), section(block)]), /names no root/],
    ['whose root is a text', header({ version: 1, roots: ['root'] }), /names no root/],
    ['whose header is no DAG-CBOR', sized(Buffer.of(0xff)), /CAR header/],
    ['whose header is null', sized(Buffer.of(0xf6)), /version undefined/],
    ['of nothing', Buffer.of(), /truncated/],
    [
      'whose block is another',
      Buffer.concat([carOf([block]), section(Buffer.from('b'), root)]),
      /does not hash/,
    ],
    [
      'whose block is named by another hash',
      Buffer.concat([carOf([block]), section(block, `\x01\x71\x13${root.slice(3)}`)]),
      /not named by a CIDv1/,
    ],
    [
      'whose block has no room for its name',
      Buffer.concat([carOf([block]), sized(Buffer.alloc(CID_LENGTH - 1))]),
      /not named/,
    ],
    ['with a length that is not shortest', Buffer.concat([carOf([block]), Buffer.of(0x80, 0)]), /shortest/],
    ['with a length beyond all bounds', Buffer.concat([carOf([block]), Buffer.alloc(5, 0xff)]), /256 MB/],
    [
      'with a header beyond all bounds',
      Buffer.concat([varint(5000), Buffer.alloc(5000)]),
      /too long|larger than/,
    ],
  ])('is none %s', async (_, car, why) => {
    await expect(read(car)).rejects.toThrow(CarError)
    expect(() => readCar(car)).toThrow(why)
    await expect(readCarStream(inPieces(car, [3]))).rejects.toThrow(why)
  })

  it('has blocks of so many bytes and no more', async () => {
    const car = carOf([Buffer.alloc(100, 1)])
    expect((await read(car, { maxBlockBytes: 100 })).blocks.size).toBe(1)
    await expect(read(car, { maxBlockBytes: 99 })).rejects.toThrow(/larger than/)
  })

  it('has so many blocks and no more', async () => {
    const car = carOf([1, 2, 3].map(byte => Buffer.of(byte)))
    expect((await read(car, { maxBlocks: 3 })).blocks.size).toBe(3)
    await expect(read(car, { maxBlocks: 2 })).rejects.toThrow('more than 2 blocks')
  })

  it('has so many bytes and no more, as a stream', async () => {
    const car = carOf([Buffer.alloc(100, 1)])
    const once = () => inPieces(car, [9])
    expect((await readCarStream(once(), { maxBytes: car.length })).blocks.size).toBe(1)
    await expect(readCarStream(once(), { maxBytes: car.length - 1 })).rejects.toThrow('larger than')
  })

  it('keeps of a stream the blocks that are wanted, as copies', async () => {
    const blocks = [1, 2, 3].map(byte => Buffer.alloc(50, byte))
    const car = carOf(blocks)
    const kept = await readCarStream(inPieces(car, [car.length]), {}, found => found[0] === 2)
    expect([...kept.blocks.keys()]).toEqual([cidOfBlock(blocks[1]!)])
    const [found] = kept.blocks.values()
    car.fill(0)
    expect([...found!]).toEqual([...blocks[1]!])
  })
})

describe('a CAR that trickles', () => {
  it('and never ends is refused as soon as it claims too much', async () => {
    let given = 0
    async function* endless() {
      yield carOf([Buffer.from('block')])
      yield varint(200_000_000)
      for (;;) {
        given++
        yield Buffer.of(0)
      }
    }
    await expect(readCarStream(endless())).rejects.toThrow(/section is larger/)
    expect(given).toBeLessThan(10)
  })

  it('byte by byte costs no more than a few copies of itself', async () => {
    const car = carOf([Buffer.alloc(20_000, 1)])
    const concat = vi.spyOn(Buffer, 'concat')
    try {
      expect((await readCarStream(inPieces(car, [1]))).blocks.size).toBe(1)
      const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0)
      expect(copied).toBeLessThan(3 * car.length)
    } finally {
      concat.mockRestore()
    }
  })
})
