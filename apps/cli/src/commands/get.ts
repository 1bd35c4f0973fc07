import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { FrostError, UsageError } from '@frost/client/errors'
import { withoutEnd } from '@frost/lexicon'
import type { ExportStream, OpenedDataset, Progress, SelectionRequest } from '@frost/reader'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { addPlaceOptions, openPlace, type PlaceOptions } from '../dataset-place.ts'
import { bytesText } from '../description-text.ts'
import { PartialFile } from '../partial-file.ts'
import { addSelectionOptions, type SelectionOptions, selectionOf } from '../selection-options.ts'

interface Options extends PlaceOptions, SelectionOptions {
  to?: string
  output?: string
  force?: boolean
}

/** Formats in which rows follow one another as text: an interrupted file goes on with the next row. */
const BY_ROWS = new Set(['csv', 'ndjson'])

export function configure(command: Command): void {
  command
    .argument('<url-or-ref>', 'where the data is, or the dataset that describes it')
    .description('Stream data out in the format you prefer, whole or a part of it.')
    .requiredOption(
      '--to <format>',
      'arrays: zarr, zarr2, netcdf, csv, parquet, arrow, png; tables: parquet, csv, ndjson, arrow',
    )
    .option(
      '-o, --output <file>',
      'file or folder to write; - for standard output; named after the data where left out',
    )
    .option('--force', 'replace what is there')
  addPlaceOptions(command)
  addSelectionOptions(command)
    .addHelpText(
      'after',
      `
What is interrupted as CSV or NDJSON of a table goes on when the same command is given again; other formats begin anew.

Examples:
  $ frost get s3://bucket/sst.zarr --to netcdf --var sst --select time=2020-01:2020-03,lat=10:20 -o sst.nc
  $ frost get ada.example.org/cruise-12 --to parquet --columns depth,temperature
  $ frost get https://example.org/big.parquet --to csv --where "year >= 2000" -o - | head`,
    )
    .action(
      action<Options>(async (context, options, target = '') => {
        const stopping = new AbortController()
        const stop = () => stopping.abort()
        process.once('SIGINT', stop)
        const dataset = await openPlace(context, target, options, stopping.signal)
        try {
          const written = await write(context, dataset, options, stopping.signal)
          if (written)
            context.output.result(written, ({ path, bytes }) => `Written to ${path} (${bytesText(bytes)})`)
        } catch (error) {
          if (stopping.signal.aborted)
            throw new FrostError('Interrupted', 'interrupted; give the same command again to go on', {
              cause: error,
            })
          throw error
        } finally {
          process.off('SIGINT', stop)
          await dataset.close()
        }
      }),
    )
}

interface Written {
  readonly path: string
  readonly bytes: number
}

async function write(
  context: Context,
  dataset: OpenedDataset,
  options: Options,
  signal: AbortSignal,
): Promise<Written | undefined> {
  const format = options.to!
  const known = dataset.exportFormats().map(({ id }) => id as string)
  if (!known.includes(format))
    throw new UsageError(`--to is '${format}': ${dataset.location} can be written as ${known.join(', ')}`)
  const request = selectionOf(options)
  const onProgress = ({ done, total, unit }: Progress) =>
    context.output.progress(`${done}${total === undefined ? '' : ` of ${total}`} ${unit}`)
  const streamed = (from: SelectionRequest) => dataset.stream(from, format, { signal, onProgress })
  if (options.output === '-') {
    await toStandardOutput(await streamed(request))
    return undefined
  }
  if (dataset.model === 'table' && BY_ROWS.has(format))
    return rowsToFile(context, dataset, request, options, signal)
  const stream = await streamed(request)
  const path = options.output ?? nameFor(dataset.location, stream.extension)
  return stream.files ? toFolder(stream, path, options.force === true) : toFile(stream, path, options)
}

/** A pipe that is closed early, as by `head`, ends the export without a complaint. */
async function toStandardOutput({ bytes }: ExportStream): Promise<void> {
  let isClosed = false
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    isClosed = true
  })
  for await (const part of bytes) {
    if (isClosed) return
    if (!process.stdout.write(part))
      await new Promise<void>(done => {
        process.stdout.once('drain', done)
        process.stdout.once('close', done)
      })
  }
}

/** Row after row, so that what was written before an interruption counts. */
async function rowsToFile(
  context: Context,
  dataset: OpenedDataset,
  request: SelectionRequest,
  options: Options,
  signal: AbortSignal,
): Promise<Written> {
  const format = options.to!
  const path = options.output ?? nameFor(dataset.location, `.${format}`)
  const { rows } = (await dataset.describe()).table ?? {}
  const file = await PartialFile.begin(path, [dataset.location, options.pin, format, request, rows], options)
  if (file.done > 0) context.output.note(`Going on after ${file.done} rows`)
  let done = file.done
  const stream = await dataset.stream(
    {
      ...request,
      offset: (request.offset ?? 0) + done,
      ...(request.limit !== undefined && { limit: request.limit - done }),
    },
    format,
    {
      signal,
      onProgress: progress => {
        done = file.done + progress.done
        context.output.progress(`${done} rows`)
      },
    },
  )
  try {
    let isFirst = true
    for await (const part of stream.bytes) {
      // Rows are counted when the part after them is asked for: these are all in the file.
      await file.checkpoint(done)
      // The header stands in the file already.
      const rest = isFirst && file.done > 0 && format === 'csv' ? afterFirstLine(part) : part
      isFirst = false
      await file.write(rest)
    }
  } catch (error) {
    await file.interrupt()
    throw error
  }
  return { path, bytes: await file.finish() }
}

function afterFirstLine(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.indexOf(0x0a) + 1)
}

async function toFile({ bytes }: ExportStream, path: string, { force = false }: Options): Promise<Written> {
  const file = await PartialFile.begin(path, [path, Date.now()], { force })
  try {
    for await (const part of bytes) await file.write(part)
  } catch (error) {
    await file.interrupt()
    await rm(`${path}.part`, { force: true })
    await rm(`${path}.part.json`, { force: true })
    throw error
  }
  return { path, bytes: await file.finish() }
}

async function toFolder({ files }: ExportStream, path: string, force: boolean): Promise<Written> {
  if (!force && (await stat(path).catch(() => undefined)))
    throw new FrostError('Exists', `'${path}' exists already: give another name with -o, or --force`)
  const part = `${path}.part`
  await rm(part, { recursive: true, force: true })
  let bytes = 0
  for await (const file of files!) {
    const place = resolve(join(part, file.path))
    if (!place.startsWith(resolve(part) + sep))
      throw new FrostError('BadPath', `'${file.path}' leaves the folder`)
    await mkdir(dirname(place), { recursive: true })
    const handle = await open(place, 'w')
    await handle.writeFile(file.bytes)
    await handle.close()
    bytes += file.bytes.length
  }
  if (force) await rm(path, { recursive: true, force: true })
  await rename(part, path)
  return { path, bytes }
}

/** The last part of the location without its ending, with that of the format, in the current folder. */
function nameFor(location: string, extension: string): string {
  const last =
    withoutEnd(location.replace(/[?#].*$/, ''), '/')
      .split(/[/\\]/)
      .at(-1) ?? ''
  const stem = last.replace(/\.[A-Za-z0-9]{1,8}$/, '').replace(/[^\w.-]+/g, '-') || 'data'
  return `${stem}${extension}`
}
