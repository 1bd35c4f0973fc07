/**
 * How the thread that runs the HDF5 library asks the main thread for bytes and waits for them: a word that says how far the
 * question is, a word for the length of the answer, and room for it, all in shared memory.
 */
export interface Channel {
  readonly control: Int32Array<SharedArrayBuffer>
  readonly data: Uint8Array<SharedArrayBuffer>
}

/** The most bytes of one answer. */
export const ANSWER_BYTES = 4 * 1024 * 1024
/** The main thread gives up long before; this only ends a thread that was left alone. */
const PATIENCE_MS = 15 * 60 * 1000

const [STATE, LENGTH] = [0, 1] as const
const [ASKED, ANSWERED, REFUSED] = [1, 2, 3] as const

export function newChannel(): Channel {
  return {
    control: new Int32Array(new SharedArrayBuffer(8)),
    data: new Uint8Array(new SharedArrayBuffer(ANSWER_BYTES)),
  }
}

/** Main thread: gives the bytes that were asked for. */
export function answer({ control, data }: Channel, bytes: Uint8Array): void {
  data.set(bytes)
  Atomics.store(control, LENGTH, bytes.length)
  settle(control, ANSWERED)
}

/** Main thread: says that there will be none. */
export function refuse({ control }: Channel): void {
  settle(control, REFUSED)
}

function settle(control: Int32Array<SharedArrayBuffer>, state: number): void {
  Atomics.store(control, STATE, state)
  Atomics.notify(control, STATE)
}

/** Library's thread: asks, waits, and copies the answer; undefined where there is none. */
export function ask({ control, data }: Channel, send: () => void): Uint8Array | undefined {
  Atomics.store(control, STATE, ASKED)
  send()
  Atomics.wait(control, STATE, ASKED, PATIENCE_MS)
  return Atomics.load(control, STATE) === ANSWERED ? data.slice(0, Atomics.load(control, LENGTH)) : undefined
}
