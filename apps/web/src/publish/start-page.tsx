import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { Problem } from '../design/parts.tsx'

/** Three ways to begin: from the data itself, from a description elsewhere, from nothing. */
export const StartPage: FC<{
  url?: string
  problem?: string
  address?: string
}> = ({ url, problem, address }) => (
  <Layout title="Publish a dataset – FROST" styles={['form.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>Publish a dataset</h1>
        <p class="soft">
          A record is written into your own repository: what the data is, where it lies, under which licence.
          The data stays where it is. <b>Records are public.</b>
        </p>
      </header>
      <Problem problem={problem} />
      <form class="card stack" method="get" action="/publish/new">
        <h2>From the data</h2>
        <p class="field">
          <label for="url">Where the data is</label>
          <input
            id="url"
            name="url"
            type="text"
            value={url}
            required
            maxlength={8192}
            placeholder="s3://bucket/data.zarr or https://…"
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
            aria-describedby="url-hint"
          />
          <span class="hint" id="url-hint">
            Variables or columns, units, extent and format are read from it: a few kilobytes, whatever its
            size.
          </span>
        </p>
        <div>
          <button type="submit">Read it and go on</button>
        </div>
      </form>
      <form class="card stack" method="post" action="/publish/import" enctype="multipart/form-data">
        <h2>From a description elsewhere</h2>
        <p class="soft small">
          A STAC Collection, Croissant, schema.org (also within a web page), DataCite metadata or a Data
          Package.
        </p>
        <p class="field">
          <label for="address">Its address, or a DOI</label>
          <input
            id="address"
            name="address"
            type="text"
            value={address}
            maxlength={8192}
            placeholder="https://example.org/collection.json"
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
          />
        </p>
        <p class="field">
          <label for="file">Or a file, up to 4 MB</label>
          <input
            id="file"
            name="file"
            type="file"
            accept=".json,.jsonld,.html,application/json,application/ld+json"
          />
        </p>
        <div>
          <button type="submit">Import it and go on</button>
        </div>
      </form>
      <section class="card stack">
        <h2>From nothing</h2>
        <p>
          <a href="/publish/new">An empty form</a>
          <span class="soft">, for data that cannot be read from here.</span>
        </p>
      </section>
      <p class="small soft">
        Whole catalogues, and everything that has no field here: <code>npx frost publish --help</code>.
      </p>
    </div>
  </Layout>
)
