import type { FC } from 'hono/jsx'
import { MarkdownNote } from '../design/markdown-note.tsx'
import type { Problems } from './change.ts'
import { type EntryForm, type PersonRow, type PlaceRow, ROW_FIELDS, TEXT_FIELDS } from './form.ts'
import { LICENCES } from './licences.ts'
import { Choice, Field, Rows } from './parts.tsx'

interface Props {
  readonly form: EntryForm
  readonly problems: Problems
}

/** As many empty rows as one begins with. */
function withEmpty<Row>(rows: readonly Row[], empty: Row): readonly Row[] {
  return rows.length > 0 ? rows : [empty]
}

const FORMATS =
  'zarr icechunk kerchunk netcdf hdf5 cog geotiff ome-zarr parquet geoparquet iceberg csv tsv json ndjson geojson arrow grib2 vcf bam cram fits root las laz nifti'.split(
    ' ',
  )

export const PlaceFields: FC<{ rows: readonly PlaceRow[]; problems: Problems }> = ({ rows, problems }) => (
  <section class="card stack">
    <h2>Where the data lies</h2>
    <Rows list="places" add="Another place">
      {withEmpty(rows, { of: '', url: '', format: '' }).map(({ of, url, format }, index) => (
        <fieldset class="row wide-narrow">
          <legend class="visually-hidden">Place {index + 1}</legend>
          <input type="hidden" name={`places-${index}-of`} value={of} />
          <Field
            name={`places-${index}-url`}
            label="Address"
            value={url}
            problems={problems}
            most={ROW_FIELDS.places.url}
            placeholder="s3://bucket/data.zarr"
            inputmode="url"
          />
          <Field
            name={`places-${index}-format`}
            label="Format"
            value={format}
            problems={problems}
            most={ROW_FIELDS.places.format}
            placeholder="from the address"
            list="formats"
          />
        </fieldset>
      ))}
    </Rows>
    <p class="hint">Your own copies. What others keep is a mirror. An empty address takes a place away.</p>
    <datalist id="formats">
      {FORMATS.map(format => (
        <option value={format} />
      ))}
    </datalist>
  </section>
)

export const AboutFields: FC<Props> = ({ form, problems }) => (
  <section class="card stack">
    <h2>What it is</h2>
    <Field
      name="title"
      label="Title"
      value={form.title}
      problems={problems}
      most={TEXT_FIELDS.title}
      hint="As it would be cited, up to 300 characters."
      required
    />
    <Field
      name="description"
      label="Description"
      value={form.description}
      problems={problems}
      most={TEXT_FIELDS.description}
      rows={9}
      hint={
        <>
          How it was made, what it is good for and what it is not. <MarkdownNote of="description" />
        </>
      }
    />
    <Field
      name="keywords"
      label="Keywords"
      value={form.keywords}
      problems={problems}
      most={TEXT_FIELDS.keywords}
      placeholder="oceanography, salinity"
      hint="With commas between them."
    />
    <Field
      name="landingPage"
      label="Its page elsewhere"
      value={form.landingPage}
      problems={problems}
      most={TEXT_FIELDS.landingPage}
      placeholder="https://"
      inputmode="url"
    />
    <Field
      name="doi"
      label="DOI"
      value={form.doi}
      problems={problems}
      most={TEXT_FIELDS.doi}
      placeholder="10.1234/abcd"
      hint="Of the dataset itself, where it has one already."
    />
  </section>
)

export const PeopleFields: FC<Props> = ({ form, problems }) => (
  <section class="card stack">
    <h2>Who made it</h2>
    <Rows list="people" add="Another person">
      {withEmpty(form.people, { of: '', name: '', id: '', affiliation: '' }).map((row, index) => (
        <PersonFields row={row} index={index} problems={problems} />
      ))}
    </Rows>
    <p class="hint">
      In the order of the citation. An ORCID iD or ROR id gives credit to the right one; its check digits are
      checked here.
    </p>
    <fieldset class="row half">
      <legend>Published by</legend>
      <Field
        name="publisher"
        label="Institution"
        value={form.publisher}
        problems={problems}
        most={TEXT_FIELDS.publisher}
      />
      <Field
        name="publisherId"
        label="ROR id"
        value={form.publisherId}
        problems={problems}
        most={TEXT_FIELDS.publisherId}
        placeholder="https://ror.org/…"
      />
    </fieldset>
  </section>
)

const PersonFields: FC<{ row: PersonRow; index: number; problems: Problems }> = ({
  row,
  index,
  problems,
}) => (
  <fieldset class="row thirds">
    <legend class="visually-hidden">Creator {index + 1}</legend>
    <input type="hidden" name={`people-${index}-of`} value={row.of} />
    <Field
      name={`people-${index}-name`}
      label="Name"
      value={row.name}
      problems={problems}
      most={ROW_FIELDS.people.name}
      placeholder="Family, Given"
    />
    <Field
      name={`people-${index}-id`}
      label="ORCID iD or ROR id"
      value={row.id}
      problems={problems}
      most={ROW_FIELDS.people.id}
      placeholder="0000-0002-1825-0097"
    />
    <Field
      name={`people-${index}-affiliation`}
      label="Affiliation"
      value={row.affiliation}
      problems={problems}
      most={ROW_FIELDS.people.affiliation}
    />
  </fieldset>
)

const ACCESS = [
  ['', 'open to everybody (nothing special is said)'],
  ['open', 'open: anyone, at once'],
  ['registered', 'registered: after signing up'],
  ['restricted', 'restricted: on request'],
  ['embargoed', 'embargoed: open later'],
  ['metadata-only', 'metadata only: not at all'],
  ['commercial', 'commercial: for money'],
] as const

export const LicenceFields: FC<Props> = ({ form, problems }) => (
  <section class="card stack">
    <h2>Licence and access</h2>
    <Field
      name="license"
      label="Licence"
      value={form.license}
      problems={problems}
      most={TEXT_FIELDS.license}
      list="licences"
      placeholder="CC-BY-4.0"
      hint="Choose one, or write an SPDX id, its name or its address. Without a licence nobody may use the data."
    />
    <ul class="plain licences">
      {LICENCES.slice(0, 4).map(({ id, words }) => (
        <li>
          <button class="quiet" type="submit" name="licence" value={id} data-licence={id}>
            {id}
          </button>{' '}
          <span class="soft small">{words}</span>
        </li>
      ))}
    </ul>
    <datalist id="licences">
      {LICENCES.map(({ id, words }) => (
        <option value={id}>{words}</option>
      ))}
    </datalist>
    <Choice name="access" label="Who may get at the data" value={form.access} options={ACCESS} />
    <details open={form.embargoUntil + form.requestUri + form.terms !== '' || form.access.length > 4}>
      <summary>How to get at data that is not open</summary>
      <div class="stack">
        <Field
          name="embargoUntil"
          label="End of the embargo"
          value={form.embargoUntil}
          problems={problems}
          most={TEXT_FIELDS.embargoUntil}
          placeholder="2027-03-01"
          hint="A year, a month or a day. Your store keeps the data closed, and opens it: a record does neither."
        />
        <Field
          name="requestUri"
          label="Where to ask for access"
          value={form.requestUri}
          problems={problems}
          most={TEXT_FIELDS.requestUri}
          placeholder="https://"
        />
        <Field
          rows={4}
          name="terms"
          label="Terms of use"
          value={form.terms}
          problems={problems}
          most={TEXT_FIELDS.terms}
        />
      </div>
    </details>
  </section>
)
