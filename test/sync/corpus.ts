/** The corpus of real frames: as it lies on disk. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'

/** Frames after their lengths, 32 bits little-endian each. */
export function framesOf(folder: string): Buffer[] {
  const bytes = zstdDecompressSync(readFileSync(join(folder, 'frames.bin.zst')))
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    frames.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return frames
}

/** DID documents by DID. */
export function documentsOf(folder: string): Record<string, unknown> {
  const text = zstdDecompressSync(readFileSync(join(folder, 'did_docs.json.zst'))).toString()
  return JSON.parse(text) as Record<string, unknown>
}
