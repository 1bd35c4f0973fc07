/** Exports of what lies in local files, beside what the libraries of the field need for the same. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { openDataset, type SelectionRequest } from '@frost/reader'
import type { Emit } from './main.ts'
import { round } from './measure.lib.ts'
import { duck, PYTHON } from './reader-data.lib.ts'

interface Export {
  readonly figure: string
  readonly file: string
  readonly format: string
  readonly request: SelectionRequest
  readonly against: string
  readonly note: string
  /** Seconds for the same. */
  peer(source: string, target: string): Promise<number>
}

const xarray = (work: string) => async (source: string, target: string) => {
  const program = `import time, sys, xarray\nstart = time.time()\nd = xarray.open_dataset(sys.argv[1], decode_cf=False).isel(time=slice(0, 50))\n${work}\nprint(time.time() - start)`
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', program, source, target])
  return Number(stdout)
}

const duckdb = (format: string) => async (source: string, target: string) => {
  const begun = performance.now()
  await duck(`SET threads = 1; COPY (SELECT * FROM '${source}') TO '${target}' (${format})`)
  return (performance.now() - begun) / 1000
}

const HALF = { variables: ['tas'], select: 'time=#0:50' }
const ROWS = '7.6 million rows of 4 columns'
const EXPORTS: readonly Export[] = [
  {
    figure: 'export-netcdf-vs-xarray',
    file: 'large.nc',
    format: 'netcdf',
    request: HALF,
    against: 'xarray to_netcdf, deflate 1',
    note: '100 MB of float32',
    peer: xarray(
      "d.to_netcdf(sys.argv[2], encoding={'tas': dict(zlib=True, complevel=1, chunksizes=(1, 500, 1000))})",
    ),
  },
  {
    figure: 'export-zarr-vs-xarray',
    file: 'large.nc',
    format: 'zarr2',
    request: HALF,
    against: 'xarray to_zarr, Zstandard 3',
    note: '100 MB of float32',
    peer: xarray(
      "import numcodecs; d.to_zarr(sys.argv[2], encoding={'tas': dict(compressor=numcodecs.Zstd(3), chunks=(2, 500, 1000))})",
    ),
  },
  {
    figure: 'export-parquet-vs-duckdb',
    file: 'groups-33.parquet',
    format: 'parquet',
    request: {},
    against: 'DuckDB COPY, one thread',
    note: ROWS,
    peer: duckdb('FORMAT parquet, COMPRESSION zstd'),
  },
  {
    figure: 'export-csv-vs-duckdb',
    file: 'groups-33.parquet',
    format: 'csv',
    request: {},
    against: 'DuckDB COPY, one thread',
    note: ROWS,
    peer: duckdb('FORMAT csv'),
  },
]

/** Ratios of throughput: above 1 is faster than the peer. */
export async function exportFigures(folder: string, emit: Emit): Promise<void> {
  for (const { figure, file, format, request, against, note, peer } of EXPORTS) {
    const source = join(folder, file)
    if (!existsSync(source)) {
      console.error(`left out ${figure}: there is no ${file}`)
      continue
    }
    const target = mkdtempSync(join(tmpdir(), 'frost-bench-export-'))
    try {
      const begun = performance.now()
      const bytes = await exported(source, format, request, join(target, 'own'))
      const own = (performance.now() - begun) / 1000
      const theirs = await peer(source, join(target, 'peer')).catch(error => {
        console.error(
          `left out ${figure}: ${String(error.stderr ?? error.message)
            .trim()
            .split('\n')
            .at(-1)}`,
        )
      })
      if (theirs !== undefined)
        emit({
          figure,
          value: round(theirs / own),
          unit: 'ratio',
          against: `${against}, ${round(theirs)} s`,
          note: `${note}: ${round(own)} s, ${round(bytes / 1e6, 1)} MB written`,
        })
    } finally {
      rmSync(target, { recursive: true, force: true })
    }
  }
}

async function exported(
  source: string,
  format: string,
  request: SelectionRequest,
  target: string,
): Promise<number> {
  const dataset = await openDataset(source, { allowLocal: true })
  const { files, bytes } = await dataset.stream(request, format)
  let written = 0
  if (files === undefined) {
    const file = await open(target, 'w')
    for await (const part of bytes) {
      await file.write(part)
      written += part.length
    }
    await file.close()
  } else
    for await (const { path, bytes: content } of files) {
      await mkdir(dirname(join(target, path)), { recursive: true })
      await writeFile(join(target, path), content)
      written += content.length
    }
  await dataset.close()
  return written
}
