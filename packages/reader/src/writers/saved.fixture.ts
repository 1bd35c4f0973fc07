import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll } from 'vitest'
import type { OpenedDataset } from '../open.ts'

/** What round trips share: a folder of their own, and exports saved in it. */

export const root = mkdtempSync(join(tmpdir(), 'reader-writers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

export async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

export async function saved(dataset: OpenedDataset, format: string, request = {}): Promise<string> {
  const path = join(root, `${count++}`)
  const { files, bytes } = await dataset.stream(request, format)
  if (files === undefined) writeFileSync(path, await joined(bytes))
  else
    for await (const file of files) {
      mkdirSync(dirname(join(path, file.path)), { recursive: true })
      writeFileSync(join(path, file.path), file.bytes)
    }
  return path
}

export const anyText = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .map(value => value.replaceAll('\0', '').normalize())
