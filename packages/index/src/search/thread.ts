/** The thread of {@link ThreadedSearch}: opens the engine, answers calls one message each, and ends with `close`. */
import { parentPort, workerData } from 'node:worker_threads'
import { openSearch } from './open.ts'
import type { Call, Reply } from './threaded.ts'

const port = parentPort!
const reply = (message: Reply) => port.postMessage(message)
const engine = await openSearch(workerData)

async function answer({ id, method, args }: Call): Promise<void> {
  try {
    const result = await (engine[method] as (...args: unknown[]) => Promise<unknown>)(...args)
    reply({ id, result })
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    reply({ id, failure: { name, message } })
  }
  if (method === 'close') port.close()
}

port.on('message', (call: Call) => void answer(call))
reply({ isOpen: true })
