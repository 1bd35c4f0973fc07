import type { Objects, ReadOptions } from '../objects.ts'

/** Objects whose reads end with a signal, besides each read's own. */
export function cancellable(objects: Objects, signal: AbortSignal): Objects {
  const joined = (options: ReadOptions = {}): ReadOptions => ({
    ...options,
    signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal,
  })
  return {
    name: objects.name,
    refusals: objects.refusals && (() => objects.refusals!()),
    get: (path, options) => objects.get(path, joined(options)),
    getRange: (path, start, end, options) => objects.getRange(path, start, end, joined(options)),
    list: objects.list && ((path, options) => objects.list!(path, joined(options))),
  }
}
