import { type Place, webAddress } from './place.ts'
import { lines, quoted, type Snippet } from './snippet.ts'

/** JavaScript, in Node as in browsers; where a bucket is not its own web address, the cloud's is taken. */
export function javascriptSnippets(place: Place): readonly Snippet[] {
  const address = webAddress(place)
  if (address === undefined || (place.scheme !== 'http' && place.format === 'icechunk')) return []
  const make = BY_FORMAT.get(place.format)
  return make === undefined ? [] : [make(address)]
}

const BY_FORMAT: ReadonlyMap<string, (address: string) => Snippet> = new Map(
  Object.entries<(address: string) => Snippet>({
    zarr: zarrita,
    'ome-zarr': zarrita,
    parquet: hyparquet,
    csv: text,
    tsv: text,
    ndjson,
    json,
    geojson: json,
    arrow,
    hdf5,
    geotiff,
  }),
)

function zarrita(address: string): Snippet {
  return {
    title: 'zarrita',
    needs: 'npm install zarrita',
    code: lines(
      `import * as zarr from 'zarrita'`,
      '',
      `const store = await zarr.withMaybeConsolidatedMetadata(new zarr.FetchStore(${quoted(address)}))`,
      `const group = await zarr.open(store, { kind: 'group' })`,
      'console.log(group.attrs)',
      `if ('contents' in store) console.log(store.contents().map(({ path }) => path))`,
    ),
  }
}

function hyparquet(address: string): Snippet {
  return {
    title: 'hyparquet',
    needs: 'npm install hyparquet hyparquet-compressors',
    code: lines(
      `import { asyncBufferFromUrl, parquetReadObjects } from 'hyparquet'`,
      `import { compressors } from 'hyparquet-compressors'`,
      '',
      `const file = await asyncBufferFromUrl({ url: ${quoted(address)} })`,
      'console.log(await parquetReadObjects({ file, compressors, rowStart: 0, rowEnd: 10 }))',
    ),
  }
}

function text(address: string): Snippet {
  return {
    title: 'fetch',
    code: lines(
      `const response = await fetch(${quoted(address)})`,
      'const text = await response.text()',
      `console.log(text.split('\\n').slice(0, 10).join('\\n'))`,
    ),
  }
}

function ndjson(address: string): Snippet {
  return {
    title: 'fetch',
    code: lines(
      `const response = await fetch(${quoted(address)})`,
      'const text = await response.text()',
      `console.log(text.split('\\n', 10).filter(Boolean).map(line => JSON.parse(line)))`,
    ),
  }
}

function json(address: string): Snippet {
  return {
    title: 'fetch',
    code: lines(
      `const response = await fetch(${quoted(address)})`,
      'const data = await response.json()',
      'console.log(Array.isArray(data) ? data.slice(0, 10) : data)',
    ),
  }
}

function arrow(address: string): Snippet {
  return {
    title: 'flechette',
    needs: 'npm install @uwdata/flechette',
    code: lines(
      `import { tableFromIPC } from '@uwdata/flechette'`,
      '',
      `const response = await fetch(${quoted(address)})`,
      'const table = tableFromIPC(await response.arrayBuffer(), { useBigInt: true })',
      'console.log(table.numRows, table.names)',
      'console.log(table.at(0))',
    ),
  }
}

function hdf5(address: string): Snippet {
  return {
    title: 'h5wasm',
    needs: 'npm install h5wasm',
    code: lines(
      `import h5wasm from 'h5wasm/node'`,
      `import { writeFile } from 'node:fs/promises'`,
      '',
      `const response = await fetch(${quoted(address)})`,
      `await writeFile('data.h5', response.body)`,
      'await h5wasm.ready',
      `const file = new h5wasm.File('data.h5', 'r')`,
      'console.log(file.keys())',
    ),
  }
}

function geotiff(address: string): Snippet {
  return {
    title: 'geotiff',
    needs: 'npm install geotiff',
    code: lines(
      `import { fromUrl } from 'geotiff'`,
      '',
      `const tiff = await fromUrl(${quoted(address)})`,
      'const count = await tiff.getImageCount()',
      'const image = await tiff.getImage(count - 1)',
      'console.log(image.getWidth(), image.getHeight(), image.getBoundingBox())',
      'const [band] = await image.readRasters()',
      'console.log(band)',
    ),
  }
}
