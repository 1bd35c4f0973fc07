import { withoutEnd } from '@frost/lexicon'
import type { Place } from './place.ts'
import { lines, quoted, quotedSql, type Snippet } from './snippet.ts'

/** From so many bytes on, a file is read in parts and not fetched first. */
const LARGE = 300_000_000

/** Python: the libraries of each format, told anonymous access, endpoint, region and group as they want it. */
export function pythonSnippets(place: Place): readonly Snippet[] {
  return (BY_FORMAT.get(place.format)?.(place) ?? []).filter(({ code }) => code !== '')
}

const BY_FORMAT: ReadonlyMap<string, (place: Place) => readonly Snippet[]> = new Map(
  Object.entries<(place: Place) => readonly Snippet[]>({
    zarr: place => [zarr(place)],
    'ome-zarr': place => [zarrGroup(place)],
    icechunk: place => [icechunk(place)],
    kerchunk: place => [kerchunk(place)],
    netcdf: place => [netcdf(place)],
    hdf5: place => [hdf5(place)],
    geotiff: place => [rasterio(place)],
    parquet: place => [pandas(place, 'read_parquet'), duckdb(place, 'read_parquet')],
    iceberg: place => [icebergTable(place)],
    csv: place => [pandas(place, 'read_csv'), duckdb(place, 'read_csv')],
    tsv: place => [pandas(place, 'read_csv', 'sep="\\t"'), duckdb(place, 'read_csv')],
    ndjson: place => [pandas(place, 'read_json', 'lines=True'), duckdb(place, 'read_json')],
    json: place => [json(place)],
    geojson: place => [geopandas(place)],
    arrow: place => [arrow(place)],
  }),
)

function zarr(place: Place): Snippet {
  const { uri, path } = place
  const call = [quoted(uri), path && `group=${quoted(path)}`, storage(place)].filter(Boolean).join(', ')
  return {
    title: 'xarray',
    needs: `pip install xarray zarr dask ${driver(place)}`,
    code: lines('import xarray as xr', '', note(place), `ds = xr.open_zarr(${call})`, 'print(ds)'),
  }
}

function zarrGroup(place: Place): Snippet {
  const { uri, path } = place
  const store = [quoted(uri), 'mode="r"', path && `path=${quoted(path)}`, storage(place)].filter(Boolean)
  return {
    title: 'zarr',
    needs: `pip install zarr ${driver(place)}`,
    code: lines(
      'import zarr',
      '',
      note(place),
      `image = zarr.open_group(${store.join(', ')})`,
      'print(image.attrs.asdict())',
      'print(image["0"])',
    ),
  }
}

function icechunk({ scheme, uri, bucket, key, region, endpoint, requesterPays, pin, path }: Place): Snippet {
  const access = requesterPays ? 'from_env=True' : 'anonymous=True'
  const where = `bucket=${quoted(bucket ?? '')}, prefix=${quoted(key ?? '')}`
  const more = `${region ? `, region=${quoted(region)}` : ''}${endpoint ? `, endpoint_url=${quoted(endpoint)}` : ''}`
  const storageCall =
    scheme === 's3'
      ? `icechunk.s3_storage(${where}${more}, ${access})`
      : scheme === 'gs'
        ? `icechunk.gcs_storage(${where}, ${access})`
        : scheme === 'http'
          ? `icechunk.http_storage(${quoted(uri)})`
          : undefined
  const session = pin ? `snapshot_id=${quoted(pin.name)}` : '"main"'
  return {
    title: 'icechunk and xarray',
    needs: 'pip install icechunk xarray zarr dask',
    code: storageCall
      ? lines(
          'import icechunk',
          'import xarray as xr',
          '',
          `storage = ${storageCall}`,
          'repo = icechunk.Repository.open(storage)',
          `session = repo.readonly_session(${session})`,
          `ds = xr.open_zarr(session.store${path ? `, group=${quoted(path)}` : ''}, consolidated=False)`,
          'print(ds)',
        )
      : '',
  }
}

function kerchunk(place: Place): Snippet {
  const { uri } = place
  const access = options(place)
  return {
    title: 'xarray',
    needs: `pip install xarray zarr dask ${driver(place)}`,
    code: lines(
      'import xarray as xr',
      '',
      note(place),
      'options = {',
      `    "fo": ${quoted(uri)},`,
      access && `    "target_options": ${access},`,
      access && `    "remote_options": ${access},`,
      '}',
      'ds = xr.open_dataset(',
      '    "reference://",',
      '    engine="zarr",',
      '    backend_kwargs={"consolidated": False, "storage_options": options},',
      ')',
      'print(ds)',
    ),
  }
}

function netcdf(place: Place): Snippet {
  const { uri, path, size } = place
  const group = path ? `, group=${quoted(path)}` : ''
  const access = options(place)
  if (size !== undefined && size > LARGE)
    return {
      title: 'xarray, reading only what is needed',
      needs: `pip install xarray h5netcdf ${driver(place)}`,
      code: lines(
        'import fsspec',
        'import xarray as xr',
        '',
        note(place),
        `file = fsspec.open(${[quoted(uri), access && `**${access}`].filter(Boolean).join(', ')}).open()`,
        `ds = xr.open_dataset(file${group})`,
        'print(ds)',
      ),
    }
  const cached = [quoted(`simplecache::${uri}`), access && `${protocol(place)}=${access}`].filter(Boolean)
  return {
    title: 'xarray',
    needs: `pip install xarray netcdf4 ${driver(place)}`,
    code: lines(
      'import fsspec',
      'import xarray as xr',
      '',
      note(place),
      `path = fsspec.open_local(${cached.join(', ')})`,
      `ds = xr.open_dataset(path${group})`,
      'print(ds)',
    ),
  }
}

function hdf5(place: Place): Snippet {
  const access = options(place)
  return {
    title: 'h5py',
    needs: `pip install h5py ${driver(place)}`,
    code: lines(
      'import fsspec',
      'import h5py',
      '',
      note(place),
      `with fsspec.open(${[quoted(place.uri), access && `**${access}`].filter(Boolean).join(', ')}) as file:`,
      '    with h5py.File(file) as h5:',
      '        h5.visititems(lambda name, item: print(name, item))',
    ),
  }
}

function rasterio(place: Place): Snippet {
  const { scheme, uri, region, requesterPays, endpoint } = place
  const host = endpoint && new URL(endpoint)
  const settings = [
    scheme === 's3' && (requesterPays ? 'AWS_REQUEST_PAYER="requester"' : 'AWS_NO_SIGN_REQUEST="YES"'),
    scheme === 's3' && region && `AWS_REGION=${quoted(region)}`,
    scheme === 's3' && host && `AWS_S3_ENDPOINT=${quoted(host.host)}`,
    scheme === 's3' && host && host.protocol === 'http:' && 'AWS_HTTPS="NO"',
    scheme === 's3' && host && 'AWS_VIRTUAL_HOSTING="FALSE"',
    scheme === 'gs' && !requesterPays && 'GS_NO_SIGN_REQUEST="YES"',
  ].filter(Boolean)
  const environment = settings.length > 0 ? `rasterio.Env(${settings.join(', ')}), ` : ''
  return {
    title: 'rasterio',
    needs: 'pip install rasterio',
    code: lines(
      'import rasterio',
      '',
      note(place),
      `with ${environment}rasterio.open(${quoted(uri)}) as image:`,
      '    print(image.profile)',
      '    step = max(1, max(image.shape) // 1000)',
      '    small = image.read(1, out_shape=(image.height // step, image.width // step))',
      '    print(small)',
    ),
  }
}

function pandas(place: Place, reader: string, more?: string): Snippet {
  const { uri } = place
  const call = [quoted(uri), more, storage(place)].filter(Boolean).join(', ')
  const engine = reader === 'read_parquet' ? ' pyarrow' : ''
  return {
    title: 'pandas',
    needs: `pip install pandas${engine}${place.scheme === 'http' ? '' : ` ${driver(place)}`}`,
    code: lines('import pandas as pd', '', note(place), `df = pd.${reader}(${call})`, 'print(df.head())'),
  }
}

/** Reads only the columns and row groups that are asked for. */
function duckdb(place: Place, reader: string): Snippet {
  const { scheme, uri, region, endpoint, requesterPays, isFile } = place
  if (scheme === 'az' || requesterPays || (scheme === 'http' && !isFile)) return { title: 'DuckDB', code: '' }
  const files = isFile ? uri : `${withoutEnd(uri, '/')}/**`
  return {
    title: 'DuckDB',
    needs: 'pip install duckdb',
    code: lines(
      'import duckdb',
      '',
      region && scheme === 's3' && setting('s3_region', region),
      endpoint && scheme === 's3' && setting('s3_endpoint', new URL(endpoint).host),
      `print(duckdb.sql(${quoted(`SELECT * FROM ${reader}(${quotedSql(files)}) LIMIT 10`)}))`,
    ),
  }
}

function setting(name: string, value: string): string {
  return `duckdb.sql(${quoted(`SET ${name} = ${quotedSql(value)}`)})`
}

function icebergTable({ uri, region, pin, scheme }: Place): Snippet {
  const snapshot = pin ? `, snapshot_from_id = ${pin.name}` : ''
  const isNumber = pin === undefined || /^\d+$/.test(pin.name)
  return {
    title: 'DuckDB',
    needs: 'pip install duckdb',
    code: isNumber
      ? lines(
          'import duckdb',
          '',
          'duckdb.sql("INSTALL iceberg; LOAD iceberg; SET unsafe_enable_version_guessing = true")',
          region && scheme === 's3' && setting('s3_region', region),
          `print(duckdb.sql(${quoted(`SELECT * FROM iceberg_scan(${quotedSql(uri)}${snapshot}) LIMIT 10`)}))`,
        )
      : '',
  }
}

/** Any JSON: a table where it is a list of rows, as it is otherwise. */
function json(place: Place): Snippet {
  const access = options(place)
  return {
    title: 'pandas',
    needs: `pip install pandas ${driver(place)}`,
    code: lines(
      'import json',
      '',
      'import fsspec',
      'import pandas as pd',
      '',
      note(place),
      `with fsspec.open(${[quoted(place.uri), access && `**${access}`].filter(Boolean).join(', ')}) as file:`,
      '    data = json.load(file)',
      'print(pd.json_normalize(data).head())',
    ),
  }
}

function geopandas(place: Place): Snippet {
  const access = options(place)
  if (place.scheme === 'http' && !access)
    return {
      title: 'geopandas',
      needs: 'pip install geopandas',
      code: lines(
        'import geopandas as gpd',
        '',
        `gdf = gpd.read_file(${quoted(place.uri)})`,
        'print(gdf.head())',
      ),
    }
  return {
    title: 'geopandas',
    needs: `pip install geopandas ${driver(place)}`,
    code: lines(
      'import fsspec',
      'import geopandas as gpd',
      '',
      note(place),
      `with fsspec.open(${[quoted(place.uri), access && `**${access}`].filter(Boolean).join(', ')}) as file:`,
      '    gdf = gpd.read_file(file)',
      'print(gdf.head())',
    ),
  }
}

function arrow(place: Place): Snippet {
  const access = options(place)
  return {
    title: 'pyarrow',
    needs: `pip install pyarrow ${driver(place)}`,
    code: lines(
      'import fsspec',
      'import pyarrow as pa',
      '',
      note(place),
      `with fsspec.open(${[quoted(place.uri), access && `**${access}`].filter(Boolean).join(', ')}) as file:`,
      '    table = pa.ipc.open_file(pa.BufferReader(file.read())).read_all()',
      'print(table.schema)',
      'print(table.slice(0, 10).to_pylist())',
    ),
  }
}

/** What fsspec must know to be let in, as a Python dict; undefined where nothing is needed. */
function options({ scheme, endpoint, region, requesterPays, uri }: Place): string | undefined {
  if (scheme === 's3') {
    const client = [
      endpoint && `"endpoint_url": ${quoted(endpoint)}`,
      region && `"region_name": ${quoted(region)}`,
    ].filter(Boolean)
    const access = requesterPays ? '"requester_pays": True' : '"anon": True'
    return `{${[access, client.length > 0 && `"client_kwargs": {${client.join(', ')}}`].filter(Boolean).join(', ')}}`
  }
  if (scheme === 'gs') return requesterPays ? '{"requester_pays": True}' : '{"token": "anon"}'
  if (scheme === 'az') {
    const account = /@([^./]+)/.exec(uri)?.[1]
    return account ? `{"account_name": ${quoted(account)}, "anon": True}` : '{"anon": True}'
  }
  return undefined
}

function storage(place: Place): string | undefined {
  const access = options(place)
  return access && `storage_options=${access}`
}

function protocol({ scheme, uri }: Place): string {
  return scheme === 'http' ? uri.split(':')[0]!.toLowerCase() : scheme
}

function driver({ scheme }: Place): string {
  return { http: 'fsspec aiohttp requests', s3: 's3fs', gs: 'gcsfs', az: 'adlfs' }[scheme]
}

function note({ requesterPays }: Place): string | false {
  return requesterPays && '# Whoever reads pays for the requests: this takes your own credentials.'
}
