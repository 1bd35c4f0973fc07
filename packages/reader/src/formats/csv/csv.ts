import type { Format, Probe } from '../../format.ts'
import { countedObjects } from '../../table/counted.ts'
import { headText, textSource } from '../text/source.ts'
import { CsvDataset } from './dataset.ts'
import { sniffDialect } from './dialect.ts'

const NAMED = /\.(csv|tsv|tab|psv|ssv)(\.gz)?$/

/** CSV, TSV and the like, plain or in gzip; told by its lines having the same number of cells, or else by its name. */
export const csv: Format = {
  id: 'csv',
  recognises(probe: Probe): boolean {
    const text = headText(probe)
    if (text === undefined || /^\s*[<{[]/.test(text)) return false
    if (NAMED.test(probe.name)) return true
    const complete = probe.head !== undefined && probe.head.length === probe.size
    const sniffed = sniffDialect(text.replace(/^(#[^\n]*\n)*/, ''), complete)
    const lines = text.split(/\r\n|\n|\r/).length
    return sniffed !== undefined && sniffed.agreement > 0.95 && lines >= 3
  },
  async open(objects, probe, options) {
    const counted = countedObjects(objects)
    return CsvDataset.open(textSource(counted.objects, probe), counted.cost, options)
  },
}
