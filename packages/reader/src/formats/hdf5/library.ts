import type { Metadata } from 'h5wasm'
import type { BlockCache } from './block-cache.ts'

/**
 * The HDF5 library (h5wasm) in this thread, with one file behind it. Its own bindings are used rather than the classes above
 * them: sizes are checked here before anything is allocated, and types which those refuse can be decoded.
 */

/** The most memory the library may take; a hostile file then fails to allocate. */
const MEMORY_BYTES = 512 * 1024 * 1024
const FILE = '/file/data'
/** Of WASI: an input or output error. */
const EIO = 29

/** What is used of the library's bindings; a status below zero is a failure that `failure` explains. */
export interface Library {
  readonly file: bigint
  readonly HEAPU8: Uint8Array
  readonly H5G_GROUP: number
  readonly H5G_DATASET: number
  _malloc(bytes: number): number
  _free(pointer: number): void
  get_names(file: bigint, path: string, recursive: boolean): string[]
  get_type(file: bigint, path: string): number
  get_dataset_metadata(file: bigint, path: string): Metadata
  get_dataset_filters(file: bigint, path: string): { id: number; name: string; cd_values: number[] }[]
  get_attribute_names(file: bigint, path: string): string[]
  get_attribute_metadata(file: bigint, path: string, name: string): Metadata
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    pointer: bigint,
  ): number
  reclaim_vlen_memory(file: bigint, path: string, name: string, pointer: bigint): number
  reclaim_vlen_memory_count(
    file: bigint,
    path: string,
    name: string,
    pointer: bigint,
    count: bigint[],
  ): number
  get_attached_scales(file: bigint, path: string, index: number): string[]
  /** What the library last said went wrong, and forgets it. */
  failure(): string
}

/** @throws {Error} with the library's words where the file is not HDF5 or is damaged */
export async function openLibrary(cache: BlockCache, size: number): Promise<Library> {
  limitMemory()
  const said = listen()
  // The build for the web has a file system of its own and nothing of this machine's; it runs in what calls itself a worker.
  Object.assign(globalThis, { WorkerGlobalScope: Object })
  const { ready } = await import('h5wasm')
  const module = await ready
  const { FS } = module
  FS.mkdir('/file')
  const { ErrnoError } = FS as unknown as FileMaker
  const node = (FS as unknown as FileMaker).createFile('/file', 'data', {}, true, false)
  Object.defineProperty(node, 'usedBytes', { get: () => size })
  node.stream_ops = {
    ...node.stream_ops,
    read(_stream, buffer, offset, length, position) {
      try {
        return cache.read(position, Buffer.from(buffer.buffer, buffer.byteOffset + offset, length))
      } catch {
        // Only this error becomes a status in the library; any other would leave its state half changed.
        throw new ErrnoError(EIO)
      }
    },
  }
  const failure = () => said.splice(0).join('; ')
  const file = module.open(FILE, module.H5F_ACC_RDONLY, false, -1, -1)
  if (file < 0n) throw new Error(failure() || 'it cannot be opened')
  return Object.assign(module as unknown as Library, { file, failure })
}

/** Not among the declared functions of the file system. */
interface FileMaker {
  createFile(parent: string, name: string, properties: object, canRead: boolean, canWrite: boolean): FileNode
  readonly ErrnoError: new (errno: number) => Error
}

interface FileNode {
  stream_ops: {
    read(stream: unknown, buffer: Int8Array, offset: number, length: number, position: number): number
  }
}

function limitMemory(): void {
  const { grow } = WebAssembly.Memory.prototype
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number) {
    if (this.buffer.byteLength + pages * 65536 > MEMORY_BYTES)
      throw new RangeError(`more than ${MEMORY_BYTES} bytes of memory`)
    return grow.call(this, pages)
  }
}

/** The library prints its error stack: the lines that say what and where are kept, the first is the deepest cause. */
function listen(): string[] {
  const said: string[] = []
  console.error = (...words: unknown[]) => {
    const [, what] = /^\s*#\d+: .*?: (.*)$/.exec(words.join(' ')) ?? []
    if (what !== undefined && said.length < 8) said.push(what)
  }
  console.warn = console.log = () => {}
  return said
}
