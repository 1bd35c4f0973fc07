import { type Place, webAddress } from './place.ts'
import { lines, quotedJulia, type Snippet } from './snippet.ts'

/** Julia, over HTTP. */
export function juliaSnippets(place: Place): readonly Snippet[] {
  const address = webAddress(place)
  if (address === undefined) return []
  const make = BY_FORMAT.get(place.format)
  return make === undefined || (!place.isFile && !place.format.endsWith('zarr')) ? [] : [make(address)]
}

const BY_FORMAT: ReadonlyMap<string, (address: string) => Snippet> = new Map(
  Object.entries<(address: string) => Snippet>({
    zarr: address => ({
      title: 'Zarr',
      needs: 'import Pkg; Pkg.add("Zarr")',
      code: lines(
        'using Zarr',
        '',
        `store = zopen(${quotedJulia(address)}, consolidated = true)`,
        'println(store)',
      ),
    }),
    netcdf: address => downloaded(['NCDatasets'], address, 'ds = NCDataset(file)', 'println(ds)'),
    hdf5: address => downloaded(['HDF5'], address, 'h5 = h5open(file)', 'println(h5)'),
    geotiff: address => ({
      title: 'ArchGDAL',
      needs: 'import Pkg; Pkg.add("ArchGDAL")',
      code: lines(
        'using ArchGDAL',
        '',
        `image = ArchGDAL.readraster(${quotedJulia(`/vsicurl/${address}`)})`,
        'println(size(image))',
      ),
    }),
    parquet: address =>
      downloaded(
        ['DataFrames', 'Parquet2'],
        address,
        'df = DataFrame(Parquet2.Dataset(file))',
        'println(first(df, 5))',
      ),
    csv: address =>
      downloaded(['CSV', 'DataFrames'], address, 'df = CSV.read(file, DataFrame)', 'println(first(df, 5))'),
    tsv: address =>
      downloaded(
        ['CSV', 'DataFrames'],
        address,
        `df = CSV.read(file, DataFrame; delim = '\\t')`,
        'println(first(df, 5))',
      ),
    arrow: address =>
      downloaded(
        ['Arrow', 'DataFrames'],
        address,
        'df = DataFrame(Arrow.Table(file))',
        'println(first(df, 5))',
      ),
    json: address => downloaded(['JSON'], address, 'data = JSON.parsefile(file)', 'println(summary(data))'),
    geojson: address => downloaded(['GeoJSON'], address, 'shapes = GeoJSON.read(file)', 'println(shapes)'),
    ndjson: address =>
      downloaded(
        ['JSON'],
        address,
        'rows = [JSON.parse(line) for line in eachline(file)]',
        'println(first(rows, 5))',
      ),
  }),
)

function downloaded(packages: readonly string[], address: string, ...rest: readonly string[]): Snippet {
  return {
    title: packages.join(' and '),
    needs: `import Pkg; Pkg.add([${packages.map(name => `"${name}"`).join(', ')}])`,
    code: lines(
      `using ${[...packages, 'Downloads'].sort().join(', ')}`,
      '',
      `file = Downloads.download(${quotedJulia(address)})`,
      ...rest,
    ),
  }
}
