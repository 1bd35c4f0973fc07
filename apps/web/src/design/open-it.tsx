import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'

type Distribution = NonNullable<Entry['distributions']>[number]

interface Snippet {
  readonly language: string
  readonly code: string
}

/** How one begins to read the dataset where it lies. */
export const OpenIt: FC<{ record: Entry }> = ({ record }) => {
  const snippets = (record.distributions ?? []).flatMap(copy => snippetsFor(copy)).slice(0, 3)
  if (snippets.length === 0) return null
  return (
    <section class="card stack-tight" id="open">
      <h2>Open it</h2>
      {snippets.map(({ language, code }) => (
        <>
          <h3 class="small soft">{language}</h3>
          <pre class="code" tabindex={0}>
            {code}
          </pre>
        </>
      ))}
    </section>
  )
}

/** Addresses come from strangers: as a Python string they are quoted by JSON's rules, which Python shares for these. */
const quoted = (text: string) => JSON.stringify(text)

function snippetsFor({ uri, format = '', mediaType = '', role }: Distribution): Snippet[] {
  if (role && !['primary', 'replica', 'virtual'].includes(role)) return []
  const kind = `${format} ${mediaType}`.toLowerCase()
  const anonymous = /^(s3|gs):/.test(uri)
  const options = uri.startsWith('gs:') ? `{"token": "anon"}` : `{"anon": True}`
  const storage = anonymous ? `, storage_options=${options}` : ''
  if (/zarr/.test(kind)) {
    return [
      {
        language: 'Python',
        code: `import xarray as xr\n\nds = xr.open_zarr(${quoted(uri)}${storage})\nprint(ds)`,
      },
    ]
  }
  if (/parquet/.test(kind) && !/iceberg/.test(kind)) {
    return [
      {
        language: 'Python',
        code: `import pandas as pd\n\ndf = pd.read_parquet(${quoted(uri)}${storage})\nprint(df.head())`,
      },
    ]
  }
  if (/\b(csv|tsv)\b/.test(kind)) {
    const separator = /\btsv\b/.test(kind) ? ', sep="\\t"' : ''
    return [
      {
        language: 'Python',
        code: `import pandas as pd\n\ndf = pd.read_csv(${quoted(uri)}${separator}${storage})\nprint(df.head())`,
      },
    ]
  }
  if (/\bjson\b/.test(kind) && !/geo|topo|kerchunk/.test(kind)) {
    return [
      {
        language: 'Python',
        code: `import pandas as pd\n\ndf = pd.read_json(${quoted(uri)})\nprint(df.head())`,
      },
    ]
  }
  if (/geojson/.test(kind)) {
    return [
      {
        language: 'Python',
        code: `import geopandas as gpd\n\ngdf = gpd.read_file(${quoted(uri)})\nprint(gdf.head())`,
      },
    ]
  }
  return []
}
