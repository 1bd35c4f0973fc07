import { meteredObjects } from '../objects/metered.ts'
import type { Cost, Objects } from '../objects.ts'

/** The same objects, and what has been read of them since. */
export function countedObjects(objects: Objects): { readonly objects: Objects; cost(): Cost } {
  let [requests, bytes] = [0, 0]
  const meter = {
    request() {
      requests++
    },
    received(count: number) {
      bytes += count
    },
  }
  return { objects: meteredObjects(objects, meter), cost: () => ({ requests, bytes }) }
}
