import { type Place, webAddress } from './place.ts'
import { lines, quotedR, type Snippet } from './snippet.ts'

/** R, over HTTP. */
export function rSnippets(place: Place): readonly Snippet[] {
  const address = webAddress(place)
  if (address === undefined) return []
  const make = BY_FORMAT.get(place.format)
  return make === undefined || (!place.isFile && !place.format.endsWith('zarr')) ? [] : [make(address)]
}

const BY_FORMAT: ReadonlyMap<string, (address: string) => Snippet> = new Map(
  Object.entries<(address: string) => Snippet>({
    zarr: address => ({
      title: 'stars, by GDAL',
      needs: 'install.packages("stars")',
      code: lines(
        'library(stars)',
        '',
        `ds <- read_mdim(${quotedR(`ZARR:"/vsicurl/${address}"`)}, proxy = TRUE)`,
        'print(ds)',
      ),
    }),
    netcdf: address => downloaded('ncdf4', '.nc', address, 'ds <- nc_open(file)', 'print(ds)'),
    hdf5: address => downloaded('hdf5r', '.h5', address, 'h5 <- H5File$new(file, mode = "r")', 'print(h5)'),
    geotiff: address => ({
      title: 'terra',
      needs: 'install.packages("terra")',
      code: lines(
        'library(terra)',
        '',
        `image <- rast(${quotedR(`/vsicurl/${address}`)})`,
        'print(image)',
        'plot(image)',
      ),
    }),
    parquet: address =>
      downloaded('arrow', '.parquet', address, 'df <- read_parquet(file)', 'print(head(df))'),
    arrow: address => downloaded('arrow', '.arrow', address, 'df <- read_feather(file)', 'print(head(df))'),
    csv: address => base(`df <- read.csv(${quotedR(address)})`),
    tsv: address => base(`df <- read.delim(${quotedR(address)})`),
    ndjson: address => ({
      title: 'jsonlite',
      needs: 'install.packages("jsonlite")',
      code: lines('library(jsonlite)', '', `df <- stream_in(url(${quotedR(address)}))`, 'print(head(df))'),
    }),
    json: address => ({
      title: 'jsonlite',
      needs: 'install.packages("jsonlite")',
      code: lines(
        'library(jsonlite)',
        '',
        `data <- fromJSON(${quotedR(address)})`,
        'str(data, max.level = 1)',
      ),
    }),
    geojson: address => ({
      title: 'sf',
      needs: 'install.packages("sf")',
      code: lines('library(sf)', '', `shapes <- st_read(${quotedR(address)})`, 'print(shapes)'),
    }),
  }),
)

function base(read: string): Snippet {
  return { title: 'base R', code: lines(read, 'print(head(df))') }
}

function downloaded(library: string, ending: string, address: string, ...rest: readonly string[]): Snippet {
  return {
    title: library,
    needs: `install.packages("${library}")`,
    code: lines(
      `library(${library})`,
      '',
      `file <- tempfile(fileext = "${ending}")`,
      `download.file(${quotedR(address)}, file, mode = "wb")`,
      ...rest,
    ),
  }
}
