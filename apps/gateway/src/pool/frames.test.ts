import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, FRAME, type Frame, type FrameKind, framesOf } from './frames.ts'

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const { kind, payload } of framesOf(stream)) frames.push({ kind, payload: Buffer.from(payload) })
  return frames
}

const frame = fc.record({
  kind: fc.constantFrom(...(Object.keys(FRAME) as FrameKind[])),
  payload: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
})

test('frames come out as they went in, however the pipe cuts them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 }),
      async (frames, sizes) => {
        const bytes = Buffer.concat(frames.map(({ kind, payload }) => encodeFrame(kind, payload)))
        expect(await read(pieces(bytes, sizes))).toEqual(frames)
      },
    ),
  )
})

test('a pipe that ends within a frame gives the whole ones before it', async () => {
  const bytes = Buffer.concat([encodeFrame('accepted'), encodeFrame('data', Buffer.from('cut'))])
  expect(await read(pieces(bytes.subarray(0, -1), [3]))).toEqual([
    { kind: 'accepted', payload: Buffer.alloc(0) },
  ])
})

test.each([
  ['an unknown kind', Buffer.from([99, 0, 0, 0, 0])],
  ['a length that no worker sends', Buffer.from([3, 255, 255, 255, 255])],
])('%s is an error, not an allocation', async (_, bytes) => {
  await expect(read(pieces(bytes, [5]))).rejects.toThrow(/begins no frame/)
})
