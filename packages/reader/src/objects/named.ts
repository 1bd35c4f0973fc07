import { ReaderError } from '../errors.ts'
import type { Objects } from '../objects.ts'

/** Objects whose errors say where they lie: of two places that are read side by side one must know which failed. */
export function namedInErrors(objects: Objects): Objects {
  async function named<T>(read: Promise<T>): Promise<T> {
    try {
      return await read
    } catch (error) {
      if (!(error instanceof ReaderError) || error.message.includes(objects.name)) throw error
      throw new ReaderError(error.code, `'${objects.name}': ${error.message}`, error.details)
    }
  }
  const { list, refusals } = objects
  return {
    name: objects.name,
    refusals: refusals && (() => refusals.call(objects)),
    get: (path, options) => named(objects.get(path, options)),
    getRange: (path, start, end, options) => named(objects.getRange(path, start, end, options)),
    list: list && ((path, options) => named(list.call(objects, path, options))),
  }
}
