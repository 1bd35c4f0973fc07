import type { Cost, Objects, Ranged } from '../../objects.ts'

/** The same objects, and what has been read of them since. */
export function counting(objects: Objects): { readonly objects: Objects; readonly cost: () => Cost } {
  let requests = 0
  let bytes = 0
  const counted = <T extends Uint8Array | Ranged | undefined>(answer: T): T => {
    requests++
    if (answer !== undefined) bytes += answer instanceof Uint8Array ? answer.length : answer.bytes.length
    return answer
  }
  return {
    objects: {
      name: objects.name,
      list: objects.list && ((path, options) => objects.list!(path, options)),
      refusals: objects.refusals && (() => objects.refusals!()),
      get: async (path, options) => counted(await objects.get(path, options)),
      getRange: async (path, start, end, options) =>
        counted(await objects.getRange(path, start, end, options)),
    },
    cost: () => ({ requests, bytes }),
  }
}
