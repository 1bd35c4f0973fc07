import { Worker } from 'node:worker_threads'

/** Most bytes of memory that any process started by this one was seen to hold; undefined where the system does not tell (no /proc). */
export interface PeakMemory extends AsyncDisposable {
  read(): Promise<number | undefined>
}

// In a thread of its own, which looks every 2 ms, also while this one is busy.
const WATCH = `
const { parentPort, workerData } = require('node:worker_threads')
const { readFileSync } = require('node:fs')
const pause = new Int32Array(new SharedArrayBuffer(4))
const children = () => {
  try { return readFileSync('/proc/' + workerData + '/task/' + workerData + '/children', 'latin1').trim().split(' ').filter(Boolean) }
  catch { return [] }
}
let peak
const look = () => {
  for (const pid of children()) try {
    const most = /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/' + pid + '/status', 'latin1'))
    if (most) peak = Math.max(peak ?? 0, Number(most[1]) * 1024)
  } catch {}
  Atomics.wait(pause, 0, 0, 2)
  setImmediate(look)
}
parentPort.on('message', () => parentPort.postMessage(peak))
look()
`

export function watchPeakMemory(): PeakMemory {
  const thread = new Worker(WATCH, { eval: true, workerData: process.pid })
  return {
    read() {
      const answer = new Promise<number | undefined>(resolve => thread.once('message', resolve))
      thread.postMessage('read')
      return answer
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate()
    },
  }
}
