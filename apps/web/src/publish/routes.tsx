import { type JsonValue, jsonToLex, type TypedLexMap } from '@atproto/lex'
import { describeError } from '@frost/client/describe-error'
import { FrostError, UsageError } from '@frost/client/errors'
import { referenceFrom } from '@frost/client/normalise'
import { freeSlug, publishEntry, replaceEntry } from '@frost/client/publish'
import { checkedSlug } from '@frost/client/slug'
import { nsid } from '@frost/lexicon'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { nameOf } from '../account-name.ts'
import { type AppView, Refused } from '../appview.ts'
import type { Gateway } from '../gateway.ts'
import { MessagePage } from '../pages/message.tsx'
import type { SiteEnv, Viewer } from '../session/viewer.ts'
import { visitorAddress } from '../visitor-address.ts'
import { adviceFor } from './advice.ts'
import { changedBy, type Referrer } from './change.ts'
import { type Draft, draftOfData, draftOfDocument, emptyDraft, LONGEST_DOCUMENT, readAgain } from './draft.ts'
import { DraftPage, draftEntry } from './draft-page.tsx'
import { type EntryForm, formOf, readForm } from './form.ts'
import { FormPage, type FormPageProps } from './form-page.tsx'
import { knownAt } from './known-at.tsx'
import { rebased } from './rebase.ts'
import type { Registers } from './registers.ts'
import { FoundSources, isReference } from './source-fields.tsx'
import { findSources, titlesOf } from './sources.ts'
import { StartPage } from './start-page.tsx'
import { problemOf, type Writer, type Writers } from './writer.ts'

export interface PublishParts {
  readonly appview: AppView
  readonly gateway: Gateway
  readonly writers: Writers
  readonly publicUrl: string
  /** Origin of DataCite's REST API. */
  readonly dataciteUrl: string
  readonly registers: Registers
}

const ENTRY = nsid('dataset.entry')
type C = Context<SiteEnv>

/** Publishing and editing. The server keeps nothing between two turns: the record travels with its form. */
export function publishRoutes(app: Hono<SiteEnv>, parts: PublishParts): void {
  const { appview, gateway } = parts
  const limit = bodyLimit({
    maxSize: 2 * LONGEST_DOCUMENT,
    onError: c =>
      c.html(
        <MessagePage
          title="Too large"
          message="A document may have 4 MB, and a record 1 MB: link what is longer."
        />,
        413,
      ),
  })
  app.use('/publish/*', limit)
  app.use('/d/:actor/:rkey/:action', limit)

  app.get(
    '/publish',
    c => signedIn(c) ?? c.html(<StartPage url={c.req.query('url')} address={c.req.query('address')} />),
  )
  app.get('/publish/new', async c => {
    const url = c.req.query('url')?.trim().slice(0, 8192)
    const away = signedIn(c)
    if (away) return away
    if (!url) return page(c, parts, { ...begun(emptyDraft()), slug: '' })
    try {
      const draft = await draftOfData(gateway, url, { signal: c.req.raw.signal, address: visitorAddress(c) })
      const known = await knownAt(appview, url)
      return page(c, parts, { ...begun(draft), known })
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      return c.html(<StartPage url={url} problem={problemOf(error)} />, 400)
    }
  })
  app.post('/publish/import', async c => {
    const away = signedIn(c)
    if (away) return away
    const data = await c.req.formData()
    const address = textOf(data, 'address')
    const file = data.get('file')
    try {
      if (typeof file === 'object' && file !== null && file.size > 0) {
        if (file.size > LONGEST_DOCUMENT)
          throw new UsageError(`'${file.name}' has more than 4 MB: take the part that describes the dataset`)
        return page(
          c,
          parts,
          begun(await draftOfDocument({ name: file.name, text: await file.text() }, parts.dataciteUrl)),
        )
      }
      if (address === '') throw new UsageError('Give the address of a document, or choose a file.')
      return page(c, parts, begun(await draftOfDocument({ address }, parts.dataciteUrl)))
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      return c.html(<StartPage address={address} problem={problemOf(error)} />, 400)
    }
  })
  app.post('/publish/new', async c => {
    const data = await c.req.formData()
    const sent = readSent(data)
    const slug = textOf(data, 'slug')
    return turn(c, parts, data, { ...sent, slug }, (writer, record) =>
      publish(c, parts, writer, { ...sent, slug }, record),
    )
  })

  app.get('/d/:actor/:rkey/edit', async c => {
    const away = signedIn(c)
    if (away) return away
    const writer = await parts.writers.of(c)
    const { actor, rkey } = c.req.param()
    if (!isSelf(writer.acting, actor)) return notYours(c, actor)
    const current = await writer.repository.get(ENTRY, rkey)
    if (!current) return c.notFound()
    const existing = { cid: current.cid, path: pathOf(writer.acting, rkey) }
    return page(c, parts, { base: current.value, form: formOf(current.value), existing })
  })
  app.post('/d/:actor/:rkey/edit', async c => {
    const data = await c.req.formData()
    const { actor, rkey } = c.req.param()
    const viewer = c.get('viewer')
    if (viewer && !isSelf(viewer, actor)) return notYours(c, actor)
    const existing = {
      cid: textOf(data, 'cid'),
      path: viewer ? pathOf(viewer, rkey) : c.req.path.replace(/\/edit$/, ''),
    }
    const sent = { ...readSent(data), existing }
    return turn(c, parts, data, sent, (writer, record) => save(c, parts, writer, sent, record, rkey))
  })

  app.post('/publish/check', async c => {
    const away = signedIn(c)
    if (away) return c.json({ error: 'NotSignedIn' }, 401)
    const writer = await parts.writers.of(c)
    const { base, form } = readSent(await c.req.formData())
    const { record, problems } = await changedBy(base, form, referrer(writer))
    c.header('Cache-Control', 'no-store')
    return c.json({
      problems: Object.fromEntries(problems),
      advice: [...(await parts.registers.adviceFor(form)), ...adviceFor(record)],
    })
  })
  app.get('/publish/sources', async c => {
    c.header('Cache-Control', 'no-store')
    return c.html(<FoundSources found={await findSources(appview, c.req.query('q') ?? '')} />)
  })
}

type Sent = Pick<FormPageProps, 'base' | 'form' | 'existing' | 'slug'>

const begun = ({ base, note, warning }: Draft): Omit<FormPageProps, 'titles'> => ({
  base,
  form: formOf(base),
  note,
  warning,
})

/** One turn of the form: what the button that was pressed means. */
async function turn(
  c: C,
  parts: PublishParts,
  data: FormData,
  sent: Sent,
  write: (writer: Writer, record: TypedLexMap) => Promise<Response>,
): Promise<Response> {
  const { base, form } = sent
  const action = textOf(data, 'action')
  const licence = textOf(data, 'licence')
  const take =
    textOf(data, 'take') ||
    (action === 'seek' && isReference(textOf(data, 'seek')) ? textOf(data, 'seek') : '')
  if (action === 'read') {
    const url = form.places.find(place => place.url !== '')?.url ?? ''
    if (url === '') return page(c, parts, { ...sent, warning: 'Give the address of the data first.' })
    const read = await readAgain(parts.gateway, base, url, {
      signal: c.req.raw.signal,
      address: visitorAddress(c),
    })
    return page(c, parts, { ...sent, ...read, form: rebased(form, formOf(base), formOf(read.base)).form })
  }
  if (licence) return page(c, parts, { ...sent, form: { ...form, license: licence } })
  if (take)
    return page(c, parts, {
      ...sent,
      form: { ...form, sources: [...form.sources, { of: '', ref: take, role: 'source' }] },
    })
  if (action === 'seek')
    return page(c, parts, { ...sent, found: await findSources(parts.appview, textOf(data, 'seek')) })
  if (action === 'add-places')
    return page(c, parts, {
      ...sent,
      form: { ...form, places: [...form.places, { of: '', url: '', format: '' }] },
    })
  if (action === 'add-people')
    return page(c, parts, {
      ...sent,
      form: { ...form, people: [...form.people, { of: '', name: '', id: '', affiliation: '' }] },
    })
  if (action === 'add-links')
    return page(c, parts, {
      ...sent,
      form: { ...form, links: [...form.links, { of: '', relation: 'is-described-by', ref: '', title: '' }] },
    })
  if (action === 'add-funding')
    return page(c, parts, {
      ...sent,
      form: { ...form, funding: [...form.funding, { of: '', funder: '', award: '', uri: '' }] },
    })
  try {
    const writer = await parts.writers.of(c)
    const { record, problems } = await changedBy(base, form, referrer(writer))
    // Registers are not waited for where the record is right and only to be written.
    if (action === 'publish' && problems.size === 0) return await write(writer, record)
    const advice = [...(await parts.registers.adviceFor(form)), ...adviceFor(record)]
    if (problems.size > 0) return await page(c, parts, { ...sent, problems, advice }, 400)
    if (action === 'preview') {
      const entry = draftEntry(writer.acting, record, sent.slug || 'preview')
      return c.html(
        <DraftPage entry={entry} publicUrl={parts.publicUrl} titles={await titlesOf(parts.appview, form)} />,
      )
    }
    return await page(c, parts, { ...sent, advice, note: 'Nothing is wrong with it.' })
  } catch (error) {
    return page(c, parts, { ...sent, problems: new Map([['', problemOf(error)]]) }, 400)
  }
}

async function publish(
  c: C,
  parts: PublishParts,
  writer: Writer,
  sent: Sent,
  record: TypedLexMap,
): Promise<Response> {
  const { repository, lookup } = writer
  const { slug = '' } = sent
  try {
    const key = slug === '' ? await freeSlug(repository, String(record.title)) : checkedSlug(slug)
    const entry = { ...record, createdAt: new Date().toISOString() } as TypedLexMap
    const { rev } = await publishEntry(repository, entry, key, lookup.settings)
    return await shown(c, parts, writer, entry, key, rev, 'published')
  } catch (error) {
    const isTaken = error instanceof FrostError && error.code === 'RecordChanged'
    const isSlug = error instanceof UsageError && error.message.startsWith('--slug')
    if (!isTaken && !isSlug) throw error
    const text = isTaken
      ? `'${slug}' is the name of another of your datasets: choose another, or leave it empty`
      : problemOf(error)
    return page(c, parts, { ...sent, problems: new Map([['slug', text]]) }, 400)
  }
}

async function save(
  c: C,
  parts: PublishParts,
  writer: Writer,
  sent: Sent,
  record: TypedLexMap,
  rkey: string,
): Promise<Response> {
  const { repository, lookup } = writer
  const { cid } = sent.existing!
  try {
    const { rev } = await replaceEntry(repository, { rkey, cid }, record, lookup.settings)
    return await shown(c, parts, writer, record, rkey, rev, 'saved')
  } catch (error) {
    if (!(error instanceof FrostError) || error.code !== 'RecordChanged') throw error
    const current = await repository.get(ENTRY, rkey)
    if (!current)
      throw new FrostError('NotFound', 'The dataset was taken back meanwhile: nothing was written.', {
        cause: error,
      })
    const { form, conflicts } = rebased(sent.form, formOf(sent.base), formOf(current.value))
    return page(
      c,
      parts,
      {
        base: current.value,
        form,
        existing: { ...sent.existing!, cid: current.cid },
        problems: new Map([
          [
            '',
            'The record was changed from elsewhere while you were at it. What was changed there is taken over here; look at it and save again.',
          ],
          ...[...conflicts].map(
            ([field, theirs]) =>
              [
                field,
                `Changed there too, to “${theirs.slice(0, 300)}”. Yours is in the field: saving puts it in place of that.`,
              ] as const,
          ),
        ]),
      },
      409,
    )
  }
}

/** The dataset's page once the AppView has read the write; else what was written, until it has. */
async function shown(
  c: C,
  parts: PublishParts,
  writer: Writer,
  record: TypedLexMap,
  rkey: string,
  rev: string | undefined,
  done: string,
): Promise<Response> {
  const path = pathOf(writer.acting, rkey)
  if (await parts.writers.isRead(writer, rev)) return c.redirect(`${path}?done=${done}`, 303)
  return c.html(
    <DraftPage
      entry={draftEntry(writer.acting, record, rkey)}
      publicUrl={parts.publicUrl}
      titles={new Map()}
      written={path}
    />,
  )
}

async function page(
  c: C,
  { appview }: PublishParts,
  props: Omit<FormPageProps, 'titles'>,
  status: 200 | 400 | 409 = 200,
): Promise<Response> {
  c.header('Cache-Control', 'no-store')
  return c.html(<FormPage titles={await titlesOf(appview, props.form)} {...props} />, status)
}

/** A reference as records hold it; whatever keeps it from being found is said at its field. */
function referrer({ lookup }: Writer): Referrer {
  return async text => {
    try {
      return await referenceFrom(text, lookup)
    } catch (error) {
      if (error instanceof FrostError) throw error
      throw new FrostError('Unreachable', `'${text.slice(0, 200)}' was not found: ${describeError(error)}`, {
        cause: error,
      })
    }
  }
}

/** The record that the form was filled from, and what the form says. @throws Refused where the page did not send one */
function readSent(data: FormData): { base: TypedLexMap; form: EntryForm } {
  let base: unknown
  try {
    base = jsonToLex(JSON.parse(textOf(data, 'base')) as JsonValue)
  } catch {
    base = undefined
  }
  if (
    typeof base !== 'object' ||
    base === null ||
    Array.isArray(base) ||
    (base as TypedLexMap).$type !== ENTRY
  )
    throw new Refused(
      'InvalidForm',
      'The form came without the record that it belongs to: go back and try again.',
    )
  return { base: base as TypedLexMap, form: readForm(data) }
}

function textOf(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

function signedIn(c: C): Response | undefined {
  if (c.get('viewer')) return undefined
  const { pathname, search } = new URL(c.req.url)
  return c.redirect(`/sign-in?return_to=${encodeURIComponent(pathname + search)}`, 302)
}

export const isSelf = ({ did, handle }: Viewer, actor: string): boolean => actor === did || actor === handle

export const pathOf = (viewer: Viewer, rkey: string): string =>
  `/d/${nameOf(viewer)}/${encodeURIComponent(rkey)}`

export function notYours(c: C, actor: string) {
  return c.html(
    <MessagePage
      title="Not yours"
      message={`This dataset belongs to ${actor}: only its owner can change it. You can comment on it, report an issue or announce a mirror.`}
    />,
    403,
  )
}
