import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { outputPassed } from './output-limit.ts'

/** A place for the bytes of one file that is not written from its first byte to its last. Its calls are synchronous. */
export interface Scratch {
  /** Up to the last byte written. */
  readonly size: number
  /** Bytes from `at` on, as many as there are; the rest of `into` is left as it is. */
  read(at: number, into: Uint8Array): number
  /** What lies between the end and `at` becomes zeros. @throws {ReaderError} `OverBudget` beyond the bytes it may hold */
  write(at: number, bytes: Uint8Array): void
  /** Cut, or lengthened with zeros. @throws {ReaderError} `OverBudget` */
  truncate(size: number): void
  /** Gives back what it holds. */
  close(): void
}

const PAGE = 262_144

/** Of a process that may write no files. */
export const MEMORY_SCRATCH_BYTES = 128_000_000

/** In the memory of this process, page by page as it is written, up to so many bytes. */
export function memoryScratch(maxBytes: number = MEMORY_SCRATCH_BYTES): Scratch {
  let pages: Uint8Array[] = []
  let size = 0
  const remedy = 'select less, or export where files may be written, as frost get does'

  /** Each part of `[at, at + length)` that lies within one page. */
  function* parts(
    at: number,
    length: number,
  ): Generator<{ page: number; from: number; to: number; done: number }> {
    for (let done = 0; done < length; ) {
      const from = (at + done) % PAGE
      const to = Math.min(PAGE, from + length - done)
      yield { page: Math.floor((at + done) / PAGE), from, to, done }
      done += to - from
    }
  }

  return {
    get size() {
      return size
    },
    read(at, into) {
      const length = Math.max(0, Math.min(into.length, size - at))
      for (const { page, from, to, done } of parts(at, length)) {
        const held = pages[page]
        if (held === undefined) into.fill(0, done, done + to - from)
        else into.set(held.subarray(from, to), done)
      }
      return length
    },
    write(at, bytes) {
      if (at + bytes.length > maxBytes) throw outputPassed(maxBytes, remedy)
      for (const { page, from, to, done } of parts(at, bytes.length)) {
        pages[page] ??= new Uint8Array(PAGE)
        pages[page].set(bytes.subarray(done, done + to - from), from)
      }
      size = Math.max(size, at + bytes.length)
    },
    truncate(length) {
      if (length > maxBytes) throw outputPassed(maxBytes, remedy)
      if (length < size) {
        pages.length = Math.min(pages.length, Math.ceil(length / PAGE))
        pages.at(-1)?.fill(0, length - (pages.length - 1) * PAGE)
      }
      size = length
    },
    close() {
      pages = []
      size = 0
    },
  }
}

/** In a file of its own below a folder (that for temporary files when absent), which is removed when it is closed. */
export function fileScratch(folder: string = tmpdir(), maxBytes: number = Number.MAX_SAFE_INTEGER): Scratch {
  const own = mkdtempSync(join(folder, 'frost-scratch-'))
  const file = openSync(join(own, 'file'), 'wx+')
  let size = 0
  let isOpen = true
  return {
    get size() {
      return size
    },
    read: (at, into) => readSync(file, into, 0, into.length, at),
    write(at, bytes) {
      if (at + bytes.length > maxBytes) throw outputPassed(maxBytes)
      for (let done = 0; done < bytes.length; )
        done += writeSync(file, bytes, done, bytes.length - done, at + done)
      size = Math.max(size, at + bytes.length)
    },
    truncate(length) {
      if (length > maxBytes) throw outputPassed(maxBytes)
      ftruncateSync(file, length)
      size = length
    },
    close() {
      if (!isOpen) return
      isOpen = false
      closeSync(file)
      rmSync(own, { recursive: true, force: true })
    },
  }
}

/** A file where this process may write one, memory where it may not (Node's permission model). */
export function ownScratch(): Scratch {
  return process.permission === undefined || process.permission.has('fs.write', tmpdir())
    ? fileScratch()
    : memoryScratch()
}
