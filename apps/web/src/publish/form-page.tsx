import { type JsonValue, lexToJson, type TypedLexMap } from '@atproto/lex'
import type { Child, FC } from 'hono/jsx'
import { nameOf } from '../account-name.ts'
import { Layout } from '../design/layout.tsx'
import { Done } from '../design/parts.tsx'
import { viewer } from '../session/viewer.ts'
import type { Problems } from './change.ts'
import { CoverageFields } from './coverage-fields.tsx'
import { AboutFields, LicenceFields, PeopleFields, PlaceFields } from './fields.tsx'
import type { EntryForm } from './form.ts'
import { LinkFields } from './link-fields.tsx'
import { ModelSummary } from './model-summary.tsx'
import { type Found, SourceFields } from './source-fields.tsx'

export interface FormPageProps {
  readonly base: TypedLexMap
  readonly form: EntryForm
  /** Of a record that is there: its CID and where its page is. */
  readonly existing?: { readonly cid: string; readonly path: string }
  readonly slug?: string
  readonly problems?: Problems
  /** What was done. */
  readonly note?: string
  /** What is not as one would have it. */
  readonly warning?: string
  /** A dataset that describes the same data already. */
  readonly known?: Child
  /** What would make it better. */
  readonly advice?: readonly string[]
  /** Titles of datasets that the record refers to, by at-uri. */
  readonly titles: ReadonlyMap<string, string>
  /** What the search for sources has found. */
  readonly found?: Found
}

/** Publishing and editing are one form: the record goes with it, so that what the form does not know stays as it is. */
export const FormPage: FC<FormPageProps> = props => {
  const {
    base,
    form,
    existing,
    problems = new Map(),
    note,
    warning,
    known,
    advice = [],
    titles,
    found,
  } = props
  const title = existing ? 'Edit the dataset' : 'Publish a dataset'
  return (
    <Layout title={`${title} – FROST`} styles={['form.css']} scripts={['publish.js']}>
      <form
        class="narrow stack publish"
        method="post"
        action={existing ? `${existing.path}/edit` : '/publish/new'}
        enctype="multipart/form-data"
        novalidate
      >
        {/* Enter in a field presses the first button of a form: it must not be the one that writes. */}
        <button class="visually-hidden" type="submit" name="action" value="check" tabindex={-1}>
          Check
        </button>
        <input type="hidden" name="base" value={JSON.stringify(lexToJson(base) as JsonValue)} />
        {existing && <input type="hidden" name="cid" value={existing.cid} />}
        <header class="stack-tight">
          <h1>{title}</h1>
          <p class="soft">
            {existing
              ? 'The record is changed in your own repository. What this form does not show stays as it is.'
              : 'A record is written into your own repository. The data stays where it is.'}{' '}
            <b>Records are public</b>, whatever they say of access to the data.
          </p>
        </header>
        <ProblemSummary problems={problems} />
        {known && <p class="banner">{known}</p>}
        {warning && (
          <p class="banner" role="status">
            {warning}
          </p>
        )}
        <Done done={note} />
        <PlaceFields rows={form.places} problems={problems} />
        <ModelSummary record={base} form={form} problems={problems} />
        <AboutFields form={form} problems={problems} />
        <PeopleFields form={form} problems={problems} />
        <LicenceFields form={form} problems={problems} />
        <CoverageFields form={form} problems={problems} />
        <SourceFields rows={form.sources} problems={problems} titles={titles} found={found} />
        <LinkFields form={form} problems={problems} />
        {!existing && <SlugField slug={props.slug ?? ''} problems={problems} />}
        <section class="card stack-tight advice" aria-live="polite" data-advice hidden={advice.length === 0}>
          <h2>What would make it better</h2>
          <ul>
            {advice.map(text => (
              <li>{text}</li>
            ))}
          </ul>
        </section>
        <div class="actions finish">
          <button type="submit" name="action" value="publish">
            {existing ? 'Save the changes' : 'Publish'}
          </button>
          <button class="quiet" type="submit" name="action" value="preview" formtarget="_blank">
            Preview<span class="visually-hidden"> in a new tab</span>
          </button>
          {existing && (
            <a class="button quiet" href={existing.path}>
              Cancel
            </a>
          )}
        </div>
      </form>
    </Layout>
  )
}

/** All that is wrong, with the way to each field. */
export const ProblemSummary: FC<{ problems: Problems }> = ({ problems }) =>
  problems.size === 0 ? null : (
    <div class="banner bad" role="alert" id="problems" tabindex={-1}>
      <p>
        <b>Nothing was written yet.</b>
      </p>
      <ul>
        {[...problems].map(([field, text]) => (
          <li>{field === '' ? text : <a href={`#${field}`}>{text}</a>}</li>
        ))}
      </ul>
    </div>
  )

const SlugField: FC<{ slug: string; problems: Problems }> = ({ slug, problems }) => {
  const person = viewer()
  const problem = problems.get('slug')
  return (
    <section class="card stack">
      <h2>Address</h2>
      <p class="field">
        <label for="slug">Short name</label>
        <input
          id="slug"
          name="slug"
          type="text"
          value={slug}
          maxlength={512}
          placeholder="made from the title"
          autocapitalize="none"
          spellcheck={false}
          aria-describedby="slug-hint slug-problem"
          aria-invalid={problem ? 'true' : undefined}
        />
        <span class="hint" id="slug-hint">
          Its name on the network is {person ? nameOf(person) : 'your handle'}/short-name. It never changes,
          because others refer to it.
        </span>
        <span class="problem" id="slug-problem" data-problem="slug">
          {problem}
        </span>
      </p>
    </section>
  )
}
