import { parentPort, workerData } from 'node:worker_threads'
import { BlockCache } from './block-cache.ts'
import { ANSWER_BYTES, ask, type Channel } from './channel.ts'
import { type Inspection, inspect } from './inspect.ts'
import { openLibrary } from './library.ts'
import { type Hyperslab, type HyperslabValues, readHyperslab } from './read.ts'

/** The thread in which the HDF5 library runs: a corrupt file ends this thread, never the process. */

export interface WorkerData {
  readonly channel: Channel
  readonly size: number
}

export type Command = { readonly inspect: true } | { readonly read: Hyperslab }

export type Reply =
  | { readonly fetch: readonly [start: number, end: number] }
  | { readonly inspection: Inspection }
  | { readonly read: HyperslabValues }
  | { readonly failure: string; readonly fatal: boolean }

const { channel, size } = workerData as WorkerData
const port = parentPort!
const send = (reply: Reply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer)

const cache = new BlockCache(
  (start, end) => ask(channel, () => send({ fetch: [start, end] })),
  size,
  ANSWER_BYTES,
)
const library = openLibrary(cache, size)
library.catch(() => {})

port.on('message', async (command: Command) => {
  try {
    const opened = await library
    opened.failure()
    if ('inspect' in command) send({ inspection: inspect(opened) })
    else {
      const read = readHyperslab(opened, cache, command.read)
      const { values } = read
      send({ read }, ArrayBuffer.isView(values) ? [values.buffer as ArrayBuffer] : [])
    }
  } catch (error) {
    // After a trap nothing of the library's state can be relied on.
    const fatal = error instanceof WebAssembly.RuntimeError
    send({ failure: error instanceof Error ? error.message : String(error), fatal })
  }
})
