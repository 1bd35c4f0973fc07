import type { Dataset } from './dataset.ts'
import { ReaderError } from './errors.ts'
import type { Format, OpenOptions } from './format.ts'
import { FORMATS } from './formats.ts'
import type { Objects } from './objects.ts'
import { probeObjects } from './probe.ts'
import { unrecognised } from './unrecognised.ts'

export interface Recognised {
  readonly format: string
  readonly dataset: Dataset
}

/**
 * The dataset that lies in these objects, by the first format that recognises its bytes.
 * @throws {ReaderError} `Unrecognised` with what was seen; `NotFound` and `Forbidden` as the store answers; whatever the format refuses.
 */
export async function recognise(
  objects: Objects,
  options: OpenOptions = {},
  formats: readonly Format[] = FORMATS,
): Promise<Recognised> {
  const { probe, objects: probed, refusal, found } = await probeObjects(objects, options)
  for (const format of formats) {
    options.signal?.throwIfAborted()
    if (await format.recognises(probe)) {
      return { format: format.id, dataset: await format.open(probed, probe, options) }
    }
  }
  if (refusal !== undefined) throw refusal
  const refused = objects.refusals?.() ?? 0
  if (probe.head === undefined && refused > 0)
    throw new ReaderError(
      'Forbidden',
      `'${objects.name}' may not be read: the store refused ${refused} reads`,
    )
  await probe.list?.('')
  if (!(await found()))
    throw new ReaderError(
      'NotFound',
      `nothing lies at '${objects.name}', nor below it what would say that it is a dataset`,
    )
  throw unrecognised(objects.name, probe)
}
