/** The same work by the libraries of the field: h5py and zarr-python over fsspec, DuckDB over its own HTTP. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { PYTHON } from './reader-data.lib.ts'

export interface Peer {
  readonly name: string
  readonly figure: 'describe' | 'preview' | 'scan'
  /** Seconds, without starting up. @throws where it is not on this machine, with its words */
  run(): Promise<number>
}

const run = promisify(execFile)

const python = (imports: string, work: string, url: string) => async () => {
  const program = `import time, sys, ${imports}\nstart = time.time()\n${work}\nprint(time.time() - start)`
  const { stdout } = await run(PYTHON, ['-c', program, url])
  return Number(stdout)
}

const HDF5 = `
f = h5py.File(fsspec.open(sys.argv[1]).open(), 'r')
found = []
f.visititems(lambda name, item: found.append((name, dict(item.attrs), getattr(item, 'shape', None), getattr(item, 'chunks', None))))
`
const HDF5_PREVIEW = `
f = h5py.File(fsspec.open(sys.argv[1]).open(), 'r')
largest = max((f[name] for name in f), key=lambda item: item.size)
largest[(0,) * (largest.ndim - 2) + (Ellipsis,)]
`
const ZARR = `
g = zarr.open_consolidated(fsspec.get_mapper(sys.argv[1]))
found = [(name, dict(a.attrs), a.shape, a.chunks) for name, a in g.arrays()]
`
const ZARR_PREVIEW = `g = zarr.open_consolidated(fsspec.get_mapper(sys.argv[1])); g['tas'][0]`
const ZARR_SCAN = `g = zarr.open_consolidated(fsspec.get_mapper(sys.argv[1])); g['tas'][...]`

/** Those that read what lies at a path of the store. */
export function peers(path: string, store: string): readonly Peer[] {
  const url = `${store}/${path}`
  if (/(large|basin_mask)\.nc$/.test(path))
    return [
      { name: 'h5py', figure: 'describe', run: python('h5py, fsspec', HDF5, url) },
      { name: 'h5py', figure: 'preview', run: python('h5py, fsspec', HDF5_PREVIEW, url) },
    ]
  if (/scan\.zarr$/.test(path))
    return [
      { name: 'zarr-python', figure: 'describe', run: python('zarr, fsspec', ZARR, url) },
      { name: 'zarr-python', figure: 'preview', run: python('zarr, fsspec', ZARR_PREVIEW, url) },
      { name: 'zarr-python', figure: 'scan', run: python('zarr, fsspec', ZARR_SCAN, url) },
    ]
  if (/groups-\d+\.parquet$/.test(path))
    return [
      { name: 'DuckDB', figure: 'describe', run: duckdb(`DESCRIBE SELECT * FROM '${url}'`) },
      { name: 'DuckDB', figure: 'preview', run: duckdb(`SELECT * FROM '${url}' LIMIT 20`) },
    ]
  return []
}

/** Its HTTP is an extension, which is loaded where it has been installed. */
function duckdb(query: string) {
  return async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      await connection.run('LOAD httpfs')
      const begun = performance.now()
      await connection.runAndReadAll(query)
      return (performance.now() - begun) / 1000
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  }
}
