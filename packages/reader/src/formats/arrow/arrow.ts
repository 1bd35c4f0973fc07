import type { Format, Probe } from '../../format.ts'
import { countedObjects } from '../../table/counted.ts'
import { ArrowDataset } from './dataset.ts'
import { FlatTable } from './flatbuffer.ts'
import { arrowFile, arrowStream } from './sources.ts'

/** Arrow IPC, file (Feather V2) and stream. */
export const arrow: Format = {
  id: 'arrow',
  recognises: ({ head }) => head !== undefined && (isFile(head) || isStream(head)),
  async open(objects, { head, size }, options) {
    const counted = countedObjects(objects)
    const source = isFile(head!)
      ? await arrowFile(counted.objects, options)
      : await arrowStream(counted.objects, size, options)
    return new ArrowDataset(source, counted.cost)
  },
}

function isFile(head: NonNullable<Probe['head']>): boolean {
  return Buffer.from(head.subarray(0, 6)).toString('latin1') === 'ARROW1'
}

/** A continuation mark, and metadata of a schema after it. */
function isStream(head: Uint8Array): boolean {
  if (head.length < 32) return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const metadata = view.getInt32(4, true)
  if (view.getInt32(0, true) !== -1 || metadata < 16 || metadata % 8 !== 0) return false
  try {
    return FlatTable.root(head.subarray(8, 8 + metadata)).uint8(1, 0) === 1
  } catch {
    return false
  }
}
