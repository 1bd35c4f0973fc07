import type { File as HdfFile } from 'h5wasm'
import type { Scratch } from './scratch.ts'

/** Pages in which a finished file is given out, in bytes. */
const PAGE = 1 << 20
const FOLDER = '/scratch'

let made = 0

/** What is used of the file system within the library's build for the web, which has nothing of this machine's. */
interface FileSystem {
  mkdir(path: string): void
  unlink(path: string): void
  createFile(folder: string, name: string, properties: object, canRead: boolean, canWrite: boolean): FileNode
  analyzePath(path: string): { readonly exists: boolean }
}

interface FileNode {
  stream_ops: object
  node_ops: object
}

/** Of the library's memory. */
type Memory = Int8Array<ArrayBuffer>

/**
 * A new HDF5 file of the library (h5wasm) whose bytes lie in a scratch place: `work` fills it, and is told by `check` when the
 * place is full. What no longer fits is thrown away, so that the library always ends in order; the error is thrown afterwards.
 * @throws whatever the scratch place and `work` throw
 */
export async function writeHdf5(
  scratch: Scratch,
  work: (file: HdfFile, check: () => void) => Promise<void>,
): Promise<void> {
  const hdf5 = await import('h5wasm')
  const { FS } = (await hdf5.ready) as unknown as { readonly FS: FileSystem }
  if (!FS.analyzePath(FOLDER).exists) FS.mkdir(FOLDER)
  const name = `${made++}.h5`
  const node = FS.createFile(FOLDER, name, {}, true, true)
  let failure: { readonly error: unknown } | undefined
  const safely = (action: () => void) => {
    if (failure !== undefined) return
    try {
      action()
    } catch (error) {
      failure = { error }
    }
  }
  Object.defineProperty(node, 'usedBytes', { get: () => scratch.size })
  node.stream_ops = {
    ...node.stream_ops,
    read(_: unknown, memory: Memory, offset: number, length: number, at: number) {
      let read = 0
      safely(() => {
        read = scratch.read(at, new Uint8Array(memory.buffer, memory.byteOffset + offset, length))
      })
      return read
    },
    write(_: unknown, memory: Memory, offset: number, length: number, at: number) {
      safely(() => scratch.write(at, new Uint8Array(memory.buffer, memory.byteOffset + offset, length)))
      return length
    },
  }
  node.node_ops = {
    ...node.node_ops,
    setattr(_: unknown, { size }: { readonly size?: number }) {
      if (size !== undefined) safely(() => scratch.truncate(size))
    },
  }
  const check = () => {
    if (failure !== undefined) throw failure.error
  }
  try {
    const file = new hdf5.File(`${FOLDER}/${name}`, 'w')
    try {
      await work(file, check)
    } finally {
      file.close()
    }
  } finally {
    FS.unlink(`${FOLDER}/${name}`)
    check()
  }
}

/** The bytes of a scratch place from its first to its last. */
export async function* bytesOf(scratch: Scratch, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < scratch.size; at += PAGE) {
    signal?.throwIfAborted()
    const page = new Uint8Array(Math.min(PAGE, scratch.size - at))
    scratch.read(at, page)
    yield page
  }
}
