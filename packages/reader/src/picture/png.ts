import { crc32, deflateSync } from 'node:zlib'

/** Pixels row by row, 8 bits a channel. */
export interface Raster {
  readonly width: number
  readonly height: number
  /** Grey, grey and alpha, RGB, RGBA. */
  readonly channels: 1 | 2 | 3 | 4
  readonly pixels: Uint8Array
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const COLOUR_TYPE = { 1: 0, 2: 4, 3: 2, 4: 6 } as const

/** A PNG file (W3C PNG, third edition), with text of key and value where given. */
export function encodePng(raster: Raster, texts: Readonly<Record<string, string>> = {}): Uint8Array {
  const { width, height, channels, pixels } = raster
  if (width < 1 || height < 1 || pixels.length !== width * height * channels)
    throw new RangeError(`${pixels.length} bytes are no ${width} × ${height} pixels of ${channels} channels`)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, COLOUR_TYPE[channels], 0, 0, 0], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...Object.entries(texts).map(([key, text]) => chunk('iTXt', internationalText(key, text))),
    chunk('IDAT', deflateSync(filtered(raster), { level: 6 })),
    chunk('IEND', new Uint8Array()),
  ])
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const result = Buffer.alloc(body.length + 8)
  result.writeUInt32BE(data.length, 0)
  result.set(body, 4)
  result.writeUInt32BE(crc32(body), body.length + 4)
  return result
}

function internationalText(key: string, text: string): Uint8Array {
  const keyword =
    key
      .replace(/[^\x20-\x7e]/g, ' ')
      .trim()
      .slice(0, 79) || 'Comment'
  return Buffer.concat([
    Buffer.from(keyword, 'latin1'),
    Uint8Array.of(0, 0, 0, 0, 0),
    Buffer.from(text.replaceAll('\0', '')),
  ])
}

/** Each row by the filter (none, sub or up) whose bytes are least in sum: the specification's own heuristic. */
function filtered({ width, height, channels, pixels }: Raster): Uint8Array {
  const stride = width * channels
  const result = new Uint8Array((stride + 1) * height)
  const tries = [new Uint8Array(stride), new Uint8Array(stride), new Uint8Array(stride)]
  const cost = (byte: number) => (byte < 128 ? byte : 256 - byte)
  for (let row = 0; row < height; row++) {
    const from = row * stride
    const costs = [0, 0, 0]
    for (let at = 0; at < stride; at++) {
      const byte = pixels[from + at]!
      const left = at < channels ? 0 : pixels[from + at - channels]!
      const above = row === 0 ? 0 : pixels[from + at - stride]!
      const candidates = [byte, (byte - left) & 255, (byte - above) & 255]
      for (let filter = 0; filter < 3; filter++) {
        tries[filter]![at] = candidates[filter]!
        costs[filter]! += cost(candidates[filter]!)
      }
    }
    const best = costs.indexOf(Math.min(...costs))
    result[row * (stride + 1)] = best
    result.set(tries[best]!, row * (stride + 1) + 1)
  }
  return result
}
