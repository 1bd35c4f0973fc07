import type { Format, OpenOptions, Probe } from '../../format.ts'
import type { Objects } from '../../objects.ts'
import { countedObjects } from '../../table/counted.ts'
import { headText, textSource } from '../text/source.ts'
import { JsonDataset } from './dataset.ts'

/** JSON that is an array of objects. Documents that are no tables are refused by name. */
export const json: Format = {
  id: 'json',
  recognises: probe => /^\s*[[{]/.test(headText(probe) ?? ''),
  open: (objects, probe, options) => openJson(objects, probe, false, options),
}

/** NDJSON (JSON Lines): one object a line, plain or in gzip. */
export const ndjson: Format = {
  id: 'ndjson',
  recognises(probe: Probe): boolean {
    const lines = (headText(probe) ?? '').split('\n').filter(line => line.trim() !== '')
    if (!lines[0]?.trimStart().startsWith('{')) return false
    const named = /\.(ndjson|jsonl|geojsonl|geojsons)(\.gz)?$/.test(probe.name)
    const more = lines.length > 1 && lines[1]!.trimStart().startsWith('{')
    return (named || more) && (lines.length === 1 || isComplete(lines[0]!))
  },
  open: (objects, probe, options) => openJson(objects, probe, true, options),
}

function isComplete(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

function openJson(objects: Objects, probe: Probe, singleRow: boolean, options: OpenOptions) {
  const counted = countedObjects(objects)
  return JsonDataset.open(textSource(counted.objects, probe), counted.cost, singleRow, options)
}
