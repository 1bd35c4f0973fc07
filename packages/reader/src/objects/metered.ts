import type { Meter, Objects, ReadOptions } from '../objects.ts'

/**
 * Objects whose reads are counted, by what travels where the store below tells it (redirects, attempts, whole bodies of servers
 * without ranges), else one request a read and the bytes it gives. What the meter throws ends the read.
 */
export function meteredObjects(objects: Objects, meter: Meter): Objects {
  async function counted<T>(
    options: ReadOptions | undefined,
    read: (options: ReadOptions) => Promise<T>,
    bytesOf: (result: T) => number,
  ): Promise<T> {
    let told = false
    const tee: Meter = {
      request() {
        told = true
        meter.request()
        options?.meter?.request()
      },
      received(count) {
        told = true
        meter.received(count)
        options?.meter?.received(count)
      },
    }
    const result = await read({ ...options, meter: tee })
    if (!told) {
      tee.request()
      tee.received(bytesOf(result))
    }
    return result
  }

  const { list, refusals } = objects
  return {
    name: objects.name,
    refusals: refusals && (() => refusals.call(objects)),
    get: (path, options) =>
      counted(
        options,
        read => objects.get(path, read),
        result => result?.length ?? 0,
      ),
    getRange: (path, start, end, options) =>
      counted(
        options,
        read => objects.getRange(path, start, end, read),
        result => result?.bytes.length ?? 0,
      ),
    list:
      list &&
      ((path, options) =>
        counted(
          options,
          read => list.call(objects, path, read),
          () => 0,
        )),
  }
}
