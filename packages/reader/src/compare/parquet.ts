import { createHash } from 'node:crypto'
import { ReaderError } from '../errors.ts'
import { openParquetFile, type ParquetFile } from '../formats/parquet/file.ts'
import { listedParts } from '../formats/parquet/parts.ts'
import type { Objects, ReadOptions } from '../objects.ts'
import { type Comparison, type Evidence, type Method, plural, type State, spread } from './comparison.ts'
import { wholes } from './object.ts'
import { comparePairs, evidenceOf } from './prints.ts'

export interface ParquetState extends State {
  readonly objects: Objects
  readonly file: ParquetFile
  /** SHA-256 of the footer, which holds where every page lies and what it counts. */
  readonly footer: string
}

const MAX_PART_BYTES = 64 * 1024

/** One Parquet file: its footer whole, and the beginnings of column chunks. */
export const parquetFile: Method<ParquetState> = {
  id: 'parquet-footer',
  async open({ objects, options }) {
    const file = await openParquetFile(objects, '', options)
    const size = file.size!
    const bytes = await file.read(size - file.footerBytes, size, options)
    return {
      objects,
      file,
      size,
      footer: createHash('sha256').update(bytes).digest('hex'),
      label: `${plural(file.footer.rows, 'row')} in ${size} bytes`,
    }
  },
  async compare(reference, copy, options): Promise<Comparison> {
    const [a, b] = [reference.file.footer, copy.file.footer]
    const evidence: Evidence[] = [
      {
        what: 'footer',
        agrees: reference.footer === copy.footer,
        note:
          reference.footer === copy.footer
            ? `${reference.file.footerBytes} bytes, all the same`
            : `${reference.label} against ${copy.label}; ${sameColumns(a, b) ? 'the same columns' : 'other columns'}`,
      },
    ]
    if (reference.footer !== copy.footer)
      return { result: 'different', summary: `another file: ${evidence[0]!.note}`, evidence }
    const chunks = a.rowGroups.flatMap(({ chunks }) => chunks)
    const full = options.samples === Number.POSITIVE_INFINITY
    if (full) {
      evidence.push(await wholes(reference, copy, options))
      if (evidence[1]!.agrees)
        return { result: 'identical', summary: `${reference.label}, every byte is the same`, evidence }
    }
    const chosen = spread(chunks.length, options.samples).map(at => chunks[at]!)
    let differing = 0
    for (const { start, end } of chosen) {
      const to = full ? end : Math.min(end, start + MAX_PART_BYTES)
      differing += (await sameBytes(reference, copy, start, to, options)) ? 0 : 1
    }
    evidence.push({
      what: 'column chunks',
      agrees: differing === 0,
      looked: chosen.length,
      note: `${chosen.length} of ${chunks.length} looked at${differing > 0 ? `; ${differing} differ` : ', all the same'}`,
    })
    if (full && differing === 0)
      return {
        result: 'different',
        summary: 'the column chunks are the same, bytes beside them are not',
        evidence,
      }
    return differing > 0
      ? { result: 'different', summary: 'the footer is the same, the data it describes is not', evidence }
      : { result: 'identical', summary: `${reference.label}, as far as it was looked at`, evidence }
  },
}

const STEP_BYTES = 8 * 1024 * 1024

async function sameBytes(a: ParquetState, b: ParquetState, start: number, end: number, options: ReadOptions) {
  for (let from = start; from < end; from += STEP_BYTES) {
    const to = Math.min(end, from + STEP_BYTES)
    const [left, right] = await Promise.all([a, b].map(({ file }) => file.read(from, to, options)))
    if (!Buffer.from(left!).equals(right!)) return false
  }
  return true
}

function sameColumns(a: ParquetFile['footer'], b: ParquetFile['footer']): boolean {
  const names = ({ leaves }: ParquetFile['footer']) => JSON.stringify(leaves.map(({ leaf }) => leaf?.path))
  return names(a) === names(b)
}

export interface FolderState extends State {
  readonly objects: Objects
  readonly paths: readonly string[]
}

const MOST_LISTINGS = 200

/** A folder of Parquet files: their names, and some of the files. */
export const parquetFolder: Method<FolderState> = {
  id: 'parquet-files',
  async open({ objects, options }) {
    if (objects.list === undefined)
      throw new ReaderError('Unsupported', `'${objects.name}' cannot be listed: its files are not known`)
    const { parts, complete } = await listedParts(objects, MOST_LISTINGS, options)
    if (!complete)
      throw new ReaderError(
        'OverBudget',
        `'${objects.name}' has more folders than ${MOST_LISTINGS}: compare a part of it`,
      )
    return { objects, paths: parts.map(({ path }) => path), label: plural(parts.length, 'file') }
  },
  async compare(reference, copy, options): Promise<Comparison> {
    const [ours, theirs] = [new Set(reference.paths), new Set(copy.paths)]
    const lacks = reference.paths.filter(path => !theirs.has(path))
    const adds = copy.paths.filter(path => !ours.has(path))
    const common = reference.paths.filter(path => theirs.has(path))
    const chosen = spread(common.length, options.samples).map(at => common[at]!)
    const seen = await comparePairs(
      [reference.objects, copy.objects],
      chosen,
      options.samples === Number.POSITIVE_INFINITY,
      { ...options, mustExist: true },
    )
    const names = [
      lacks.length > 0 && `it lacks ${lacks.length}`,
      adds.length > 0 && `it has ${adds.length} others`,
    ]
    const evidence: Evidence[] = [
      {
        what: 'file names',
        agrees: lacks.length + adds.length === 0,
        note: names.filter(Boolean).join(' and ') || `${plural(common.length, 'file')}, the same names`,
      },
      evidenceOf('files', common.length, seen),
    ]
    if (!evidence[1]!.agrees || (lacks.length > 0 && adds.length > 0) || common.length === 0)
      return {
        result: 'different',
        summary: evidence.find(({ agrees }) => !agrees)?.note ?? 'no file in common',
        evidence,
      }
    if (lacks.length > 0)
      return {
        result: 'behind',
        summary: `${plural(lacks.length, 'file')} of ${ours.size} are not there yet`,
        evidence,
      }
    if (adds.length > 0)
      return { result: 'ahead', summary: `it has ${plural(adds.length, 'file')} more`, evidence }
    return { result: 'identical', summary: `${reference.label}, as far as they were looked at`, evidence }
  },
}
