/** Requests to one server over a fixed number of connections, each asking again as soon as it is answered. */
import { Pool } from 'undici'

export interface Load {
  /** Milliseconds of each request until its last byte. */
  readonly latencies: readonly number[]
  readonly bytes: number
  readonly seconds: number
}

/** Asks the paths in turn for some seconds. @throws Error for an answer other than 200 */
export async function load(
  url: string,
  paths: readonly string[],
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<Load> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const latencies: number[] = []
  let bytes = 0
  let next = 0
  const began = performance.now()
  const end = began + seconds * 1000
  const ask = (path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let status = 0
    pool.dispatch(
      { path, method: 'GET' },
      {
        onRequestStart: () => {},
        onResponseStart: (_, code) => {
          status = code
        },
        onResponseData: (_, chunk) => {
          bytes += chunk.byteLength
        },
        onResponseEnd: () => (status === 200 ? resolve() : reject(new Error(`${url}${path}: ${status}`))),
        onResponseError: (_, error) => reject(error),
      },
    )
    return promise
  }
  try {
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() < end) {
          const asked = performance.now()
          await ask(paths[next++ % paths.length]!)
          latencies.push(performance.now() - asked)
        }
      }),
    )
    return { latencies, bytes, seconds: (performance.now() - began) / 1000 }
  } finally {
    await pool.close()
  }
}

/** Milliseconds of processor time that a server has spent so far, from its `/metrics`. */
export async function processorTime(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const seconds = /^process_cpu_seconds_total (\S+)/m.exec(text)?.[1]
  if (seconds === undefined) throw new Error(`${url}/metrics does not say process_cpu_seconds_total`)
  return Number(seconds) * 1000
}
