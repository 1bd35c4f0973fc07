import type { Child, FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { Problem } from '../design/parts.tsx'
import { capital, formatDay, plural } from '../text.ts'
import { Choice, Field } from './parts.tsx'

/** The dataset that something is done with. */
export interface Subject {
  readonly title: string
  readonly path: string
}

export type Texts = Readonly<Record<string, string>>
interface Props {
  readonly subject: Subject
  readonly texts: Texts
  readonly problem?: string
}

/** One page for one thing that is done with a dataset: what it means, a form, the way back. */
const ActionPage: FC<{
  subject: Subject
  title: string
  lead: Child
  action: string
  submit: string
  problem?: string
  danger?: boolean
  children?: Child
  after?: Child
}> = ({ subject, title, lead, action, submit, problem, danger, children, after }) => (
  <Layout title={`${title} – FROST`} styles={['form.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <p class="small">
          <a href={subject.path}>{subject.title}</a>
        </p>
        <h1>{title}</h1>
        <p class="soft">{lead}</p>
      </header>
      <Problem problem={problem} />
      <form class="card stack" method="post" action={`${subject.path}/${action}`}>
        {children}
        <div class="actions">
          <button type="submit" class={danger ? 'danger' : undefined}>
            {submit}
          </button>
          <a class="button quiet" href={subject.path}>
            Cancel
          </a>
        </div>
      </form>
      {after}
    </div>
  </Layout>
)

const CHANGES = [
  ['', 'not said'],
  ['major', 'major'],
  ['minor', 'minor'],
  ['patch', 'patch'],
  ['append', 'append: newer data was added'],
  ['reprocessing', 'reprocessing'],
  ['correction', 'correction'],
  ['metadata', 'metadata only'],
] as const

export const ReleasePage: FC<Props & { versions: readonly string[]; hasBranches: boolean }> = props => {
  const { subject, texts, problem, versions, hasBranches } = props
  return (
    <ActionPage
      subject={subject}
      title="Release a version"
      lead="A pinned, citable state of the data that never changes, with the record as it is now."
      action="release"
      submit="Release"
      problem={problem}
    >
      <Field
        name="tag"
        label="Name of the version"
        value={texts.tag ?? ''}
        most={128}
        placeholder="v1.0"
        required
        hint={
          versions.length > 0 ? `Released already: ${versions.slice(0, 8).join(', ')}.` : 'The first one.'
        }
      />
      {hasBranches && (
        <Field
          name="branch"
          label="Freeze the newest snapshot of this branch"
          value={texts.branch ?? 'main'}
          most={256}
          hint="The store is asked which snapshot it is. Leave it empty to pin the data in another way."
        />
      )}
      <Field
        name="pins"
        label={hasBranches ? 'Other pins' : 'What fixes the state of the data'}
        value={texts.pins ?? ''}
        most={8000}
        rows={3}
        placeholder="digest:sha256:9f86d0…"
        hint="One a line, scheme:value: digest:sha256:…, git-commit:…, doi:…, as-of:2024-05-06. A version without any proves nothing."
      />
      <Field name="summary" label="What has changed" value={texts.summary ?? ''} most={5000} rows={3} />
      <div class="row half">
        <Choice name="kind" label="Kind of change" value={texts.kind ?? ''} options={CHANGES} />
        <Field
          name="doi"
          label="DOI of this version"
          value={texts.doi ?? ''}
          most={300}
          placeholder="10.1234/abcd"
        />
      </div>
      <Field
        name="derivedFrom"
        label="Made from"
        value={texts.derivedFrom ?? ''}
        most={20000}
        rows={2}
        placeholder="noaa.example.org/oisst@v2.1"
        hint="One a line: handle/slug, with @version where one is meant, a DOI or an address. Empty: as the dataset says."
      />
      <Field
        name="corrects"
        label="Corrections and issues that it settles"
        value={texts.corrects ?? ''}
        most={20000}
        rows={2}
        hint="At-uris, one a line. A correction of the data is adopted by the version that names it."
      />
    </ActionPage>
  )
}

const METHODS = [
  ['', 'not said'],
  ['byte-copy', 'the same bytes'],
  ['sync', 'the same bytes, kept up to date'],
  ['rechunk', 'the same values, in other chunks'],
  ['reformat', 'the same values, in another format'],
] as const

export const MirrorPage: FC<Props> = ({ subject, texts, problem }) => (
  <ActionPage
    subject={subject}
    title="Announce a mirror"
    lead="A copy in another place. Anybody may keep one; it is shown with the dataset, with your name."
    action="mirror"
    submit="Announce it"
    problem={problem}
  >
    <Field
      name="url"
      label="Where the copy is"
      value={texts.url ?? ''}
      most={8192}
      placeholder="gs://mirror/data.zarr"
      inputmode="url"
      required
    />
    <div class="row thirds">
      <Field
        name="format"
        label="Format"
        value={texts.format ?? ''}
        most={64}
        placeholder="from the address"
      />
      <Field name="cloud" label="Cloud" value={texts.cloud ?? ''} most={64} placeholder="gcp" />
      <Field name="region" label="Region" value={texts.region ?? ''} most={64} placeholder="europe-west4" />
    </div>
    <Choice name="method" label="How it was copied" value={texts.method ?? ''} options={METHODS} />
  </ActionPage>
)

const KINDS = [
  ['deprecated', 'deprecated: still there, not advised'],
  ['superseded', 'superseded: another is better'],
  ['retracted', 'retracted: wrong, do not use'],
  ['withdrawn', 'withdrawn: taken away'],
  ['moved', 'moved: elsewhere now'],
  ['outage', 'outage: away for a while'],
  ['erratum', 'erratum: a mistake, told below'],
  ['orphaned', 'orphaned: nobody looks after it'],
] as const

/** One's own notice that still holds. */
export interface OpenNotice {
  readonly kind: string
  readonly text?: string
  readonly createdAt: string
}

export const NoticePage: FC<
  Props & { versions: readonly string[]; open: readonly OpenNotice[]; isOwner: boolean }
> = props => {
  const { subject, texts, problem, versions, open, isOwner } = props
  return (
    <ActionPage
      subject={subject}
      title="Announce a notice"
      lead={
        isOwner
          ? 'What users must know. It is shown with the dataset, and who follows it, or builds on it, is told.'
          : 'The dataset is not yours: this is your claim, and is shown as that.'
      }
      action="notice"
      submit="Announce it"
      problem={problem}
      after={
        open.length > 0 && (
          <section class="card stack">
            <h2>Your notices that hold</h2>
            <ul class="plain rows">
              {open.map(({ kind, text, createdAt }) => (
                <li>
                  <span>
                    <b>{kind}</b> {text} <span class="soft small">since {formatDay(createdAt)}</span>
                  </span>
                  <form method="post" action={`${subject.path}/notice`}>
                    <button class="quiet" type="submit" name="resolve" value={kind}>
                      It is over<span class="visually-hidden"> {kind}</span>
                    </button>
                  </form>
                </li>
              ))}
            </ul>
          </section>
        )
      }
    >
      <div class="row half">
        <Choice name="kind" label="What happened" value={texts.kind ?? 'deprecated'} options={KINDS} />
        {versions.length > 0 && (
          <Choice
            name="version"
            label="To what"
            value={texts.version ?? ''}
            options={[['', 'the dataset'], ...versions.map(tag => [tag, `version ${tag} only`] as const)]}
          />
        )}
      </div>
      <Field name="text" label="What to know and to do" value={texts.text ?? ''} most={5000} rows={4} />
      <div class="row half">
        <Field
          name="replacedBy"
          label="What to use now"
          value={texts.replacedBy ?? ''}
          most={8192}
          placeholder="handle/slug, DOI or address"
        />
        <Field
          name="effective"
          label="From when it holds"
          value={texts.effective ?? ''}
          most={64}
          placeholder="at once"
        />
      </div>
    </ActionPage>
  )
}

export const UnpublishPage: FC<Props & { companions: number; derived: number }> = props => {
  const { subject, problem, companions, derived } = props
  return (
    <ActionPage
      subject={subject}
      title="Unpublish the dataset?"
      lead="The record is deleted from your repository, and every index forgets it. The data itself is not touched."
      action="unpublish"
      submit="Delete the record"
      problem={problem}
      danger
    >
      {derived > 0 && (
        <p class="banner">
          {capital(plural(derived, 'dataset'))} on the network built on it: what they cite will be gone. A
          notice that it is withdrawn tells their owners and leaves the record to be read.{' '}
          <a href={`${subject.path}/notice`}>Announce a notice</a>
        </p>
      )}
      {companions > 0 && (
        <label class="tick">
          <input type="checkbox" name="companions" value="keep" /> Leave its {plural(companions, 'version')},
          which others may have pinned
        </label>
      )}
      <p>
        There is no way back: published again under the same name, it is another record with another date.
      </p>
    </ActionPage>
  )
}
