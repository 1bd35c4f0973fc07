import { join } from 'node:path'
import { facetsIn } from '@frost/client/discussion'
import { frost, nsid } from '@frost/lexicon'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { contextStorage } from 'hono/context-storage'
import { secureHeaders } from 'hono/secure-headers'
import { adminRoutes } from './admin/routes.tsx'
import { AppView, Refused } from './appview.ts'
import { assetAt } from './assets.ts'
import { isDevelopment, type WebConfig } from './config.ts'
import { entryPath } from './dataset-facts.ts'
import { Widget } from './embed/widget.tsx'
import { exported, signposts, wantedFormat } from './exports.ts'
import { filesRoutes } from './files/routes.tsx'
import { Gateway } from './gateway.ts'
import { isCovered, refuseHidden } from './labels/cover.ts'
import { Readings } from './labels/readings.ts'
import { labelRoutes } from './labels/routes.tsx'
import { lineageRoutes } from './lineage/routes.tsx'
import { loadCollection, loadDataset, loadEntry, loadHome, loadPeople, loadProfile } from './load.ts'
import { openSearch, robots, sitemapFile, sitemapIndex } from './machine-pages.ts'
import { LONGEST_TEXT, renderMarkdown } from './markdown.ts'
import { exportRoutes } from './own/export-routes.ts'
import { webhookRoutes } from './own/webhook-routes.tsx'
import { pageTags } from './page-tags.ts'
import { AboutPage } from './pages/about.tsx'
import { CollectionPage } from './pages/collection.tsx'
import { DatasetPage } from './pages/dataset.tsx'
import { HomePage } from './pages/home.tsx'
import { MessagePage } from './pages/message.tsx'
import { PeoplePage } from './pages/people.tsx'
import { ProfilePage } from './pages/profile.tsx'
import { previewQuery, readPreviewState } from './preview/state.ts'
import { previewRoutes } from './preview-routes.tsx'
import { Pictures } from './profile/picture.ts'
import { profileFormRoutes } from './profile/routes.tsx'
import { proofAddress } from './proof-address.ts'
import { ownerRoutes } from './publish/owner-routes.tsx'
import { Registers } from './publish/registers.ts'
import { publishRoutes } from './publish/routes.tsx'
import { Writers } from './publish/writer.ts'
import { relay } from './relay.ts'
import { scenarioRoutes } from './scenario/routes.tsx'
import { searchRoutes } from './search/routes.tsx'
import { securityTxt } from './security-txt.ts'
import { returnPath } from './session/return-to.ts'
import { sessionRoutes } from './session/routes.tsx'
import { sameSiteOnly } from './session/same-site.ts'
import type { Sessions } from './session/sessions.ts'
import { SessionEnded, type SiteEnv } from './session/viewer.ts'
import { listsOf } from './sitemaps/lists.ts'
import { Shelf } from './sitemaps/shelf.ts'
import { Sitemaps } from './sitemaps/sitemaps.ts'
import { withMentions } from './social/mentions.ts'
import { socialRoutes } from './social/routes.tsx'
import { followsIt, standingOn } from './social/standing.ts'
import { UnreadCounts } from './social/unread.ts'
import { thumbnailRoutes } from './thumbnail/routes.ts'
import { Thumbnails } from './thumbnail/thumbnails.ts'
import { loadTombstone } from './tombstone/load.ts'
import { TombstonePage } from './tombstone/page.tsx'
import { versionRoutes } from './versions/routes.tsx'

/** What any form may send, files included. */
const MOST_FORM_BYTES = 9_000_000
/** Pages that tell of whoever is signed in alone: no browser keeps them for whoever comes next. */
const PERSONAL = /^\/(account|admin|feed|notifications|publish|searches|settings)(\/|$)/

export interface ErrorLog {
  error(fields: object, message: string): void
}

/**
 * The site: every page is rendered here from what the AppView answers; no page needs script to be read.
 * @param sessions who is signed in; absent where nobody can
 */
export function createSite(config: WebConfig, log: ErrorLog, sessions?: Sessions): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>()
  const appview = new AppView(config.appviewUrl)
  const { publicUrl } = config
  const writers = sessions && new Writers(config, appview, sessions)
  const unread = writers && new UnreadCounts(appview, writers)
  const social = { appview, writers, unread, publicUrl }
  const readings = new Readings(appview)
  const registers = new Registers(config.registers)
  const guarded = headersFor({})
  const framed = headersFor({ frameAncestors: "'self'" })
  const embedded = headersFor({ frameAncestors: '*' })
  // The form of the sign-in page leads on to the server of whoever signs in, which may be any.
  const leading = headersFor({
    formAction: isDevelopment(config) ? ['https:', 'http://localhost:*'] : ['https:'],
  })
  app.use((c, next) =>
    (c.req.path.startsWith('/embed/')
      ? embedded
      : c.req.path.endsWith('/preview')
        ? framed
        : c.req.path === '/sign-in'
          ? leading
          : guarded)(c, next),
  )
  app.get('/assets/*', c => {
    const found = assetAt(c.req.path)
    if (!found) return notHere(c)
    return c.body(found.body, 200, {
      'Content-Type': found.type,
      'Cache-Control': 'public, max-age=31536000, immutable',
    })
  })
  app.use(pageTags)
  app.use(contextStorage())
  app.use(sameSiteOnly(publicUrl))
  app.use(bodyLimit({ maxSize: MOST_FORM_BYTES, onError: c => tooLarge(c) }))
  app.use(async (c, next) => {
    c.set('signInIsOffered', sessions !== undefined)
    c.set('viewer', sessions?.viewer(c))
    // The header says who is signed in: a page made for one must not be shown to another.
    if (sessions) c.header('Vary', 'Cookie', { append: true })
    const person = c.get('viewer')
    c.set('isOperator', person !== undefined && config.operators.includes(person.did))
    if (person)
      c.header('Cache-Control', PERSONAL.test(c.req.path) ? 'private, no-store' : 'private, no-cache')
    const labels = await readings.of(c, social)
    c.set('labels', labels)
    // What a label means is told in the reader's language.
    if (labels.labelers.size > 0) c.header('Vary', 'Accept-Language', { append: true })
    const isPage = c.req.method === 'GET' && c.req.header('sec-fetch-dest') === 'document'
    if (person && isPage) c.set('unread', await unread?.of(c, person.did))
    await next()
  })
  app.onError((error, c) => problemPage(c, error, log, appview))
  app.notFound(c => notHere(c))

  app.get('/', async c => c.html(<HomePage publicUrl={publicUrl} {...(await loadHome(appview))} />))
  searchRoutes(app, config, appview, sessions)
  app.get('/people', async c => {
    const { q, cursor } = c.req.query()
    return c.html(<PeoplePage publicUrl={publicUrl} query={q} {...(await loadPeople(appview, q, cursor))} />)
  })
  app.get('/about', async c => c.html(<AboutPage publicUrl={publicUrl} appview={await appview.did()} />))

  // A text as pages show it, for those who write one.
  app.post('/markdown', async c => {
    const text = (await c.req.text()).slice(0, LONGEST_TEXT)
    // Asked of the index alone, which knows whoever can be linked to: nothing that is typed makes the site ask others.
    const didOf = async (handle: string) =>
      (await appview.query(frost.actor.getProfile, { actor: handle })).did
    const facets = c.req.query('mentions') === undefined ? [] : await facetsIn(text, didOf)
    return c.html(renderMarkdown(withMentions(text, facets), 2))
  })

  app.get('/p/:actor', async c => {
    const props = await loadProfile(appview, c.req.param('actor'), c.req.query('cursor'))
    const person = c.get('viewer')
    const follows = person !== undefined && (await followsIt(appview, person.did, props.profile.did))
    const done = person?.did === props.profile.did ? c.req.query('done') : undefined
    return c.html(
      <ProfilePage
        publicUrl={publicUrl}
        follows={follows}
        hasUnpublished={done === 'unpublished'}
        hasChanged={done === 'profile'}
        {...props}
      />,
    )
  })
  app.get('/d/:actor/:rkey', async c => {
    const { actor, rkey } = c.req.param()
    const props = await loadDataset(appview, `at://${actor}/${nsid('dataset.entry')}/${rkey}`)
    const format = wantedFormat(c)
    if (format) {
      const { entry, models } = props
      refuseHidden(entry, 'dataset')
      // The record itself goes out as it is written; what is made from it knows its models too.
      const whole = format === 'json' ? entry : { ...entry, record: { ...entry.record, models: [...models] } }
      return exported(c, whole, format, publicUrl)
    }
    const path = entryPath(props.entry.author, props.entry.uri)
    // A handle may have changed since the link was made: the dataset keeps its DID, and the address follows the handle.
    const { search, searchParams } = new URL(c.req.url)
    if (decodeURI(path) !== decodeURI(c.req.path)) return c.redirect(path + search, 302)
    if (!isCovered(props.entry)) signposts(c, props.entry, publicUrl)
    const preview = previewQuery(readPreviewState(searchParams))
    const done = searchParams.get('done') ?? undefined
    const standing = await standingOn(appview, c.get('viewer')?.did, props.entry.uri)
    return c.html(
      <DatasetPage publicUrl={publicUrl} previewQuery={preview} done={done} standing={standing} {...props} />,
    )
  })
  previewRoutes(app, appview, config.gatewayUrl)
  filesRoutes(app, appview, new Gateway(config.gatewayUrl))
  lineageRoutes(app, appview, publicUrl)
  versionRoutes(app, appview)
  app.get('/embed/d/:actor/:rkey', async c => {
    const { actor, rkey } = c.req.param()
    const entry = await loadEntry(appview, `at://${actor}/${nsid('dataset.entry')}/${rkey}`)
    return c.html(<Widget entry={entry} publicUrl={publicUrl} />)
  })
  // The record in a CAR file with the way up its tree to the signed commit.
  app.get('/d/:actor/:rkey/proof', async c => {
    const { actor, rkey } = c.req.param()
    const entry = await loadEntry(appview, `at://${actor}/${nsid('dataset.entry')}/${rkey}`)
    refuseHidden(entry, 'dataset')
    const address = await proofAddress(entry, config, c.req.query('from') === 'index')
    if (address !== undefined) return c.redirect(address, 302)
    return relay(
      c,
      `${appview.url}/xrpc/${nsid('service.getProof')}?${new URLSearchParams({ uri: entry.uri })}`,
    )
  })
  app.get('/feeds/:file', c =>
    /^[a-z]{1,20}\.(atom|json)$/.test(c.req.param('file'))
      ? relay(c, `${appview.url}/feeds/${c.req.param('file')}${new URL(c.req.url).search}`)
      : notHere(c),
  )
  app.get('/at/:did/:collection/:rkey', async c => {
    const { did, collection, rkey } = c.req.param()
    const { uri } = await appview.query(frost.dataset.resolveEntry, {
      id: `at://${did}/${collection}/${rkey}`,
    })
    const [, , owner, , key] = uri.split('/')
    return c.redirect(`/d/${owner}/${key}`, 302)
  })
  app.get('/c/:actor/:rkey', async c => {
    const { actor, rkey } = c.req.param()
    const uri = `at://${actor}/${nsid('dataset.collection')}/${rkey}`
    const props = await loadCollection(appview, uri, c.req.query('cursor'))
    const person = c.get('viewer')
    const follows = person !== undefined && (await followsIt(appview, person.did, props.collection.uri))
    return c.html(<CollectionPage publicUrl={publicUrl} path={c.req.path} follows={follows} {...props} />)
  })

  app.get('/opensearch.xml', c => openSearch(c, publicUrl))
  app.get('/robots.txt', c => robots(c, publicUrl))
  const shelf = new Shelf(join(config.dataDir, 'sitemaps'))
  const sitemaps = new Sitemaps(listsOf(appview), publicUrl, shelf, error =>
    log.error({ err: error }, 'the walk that makes the sitemaps stopped'),
  )
  app.get('/sitemap.xml', c => sitemapIndex(c, sitemaps))
  app.get('/sitemaps/:file', c => sitemapFile(c, sitemaps))
  app.get('/.well-known/security.txt', c => securityTxt(c, publicUrl, config.securityContacts))
  sessionRoutes(app, config, sessions)
  if (writers) {
    const { gatewayUrl, dataciteUrl } = config
    const parts = { appview, gateway: new Gateway(gatewayUrl), writers, publicUrl, dataciteUrl, registers }
    publishRoutes(app, parts)
    ownerRoutes(app, parts)
  }
  socialRoutes(app, social)
  webhookRoutes(app, social)
  exportRoutes(app, social)
  const pictures = new Pictures(appview, config)
  profileFormRoutes(app, { ...social, pictures, registers })
  thumbnailRoutes(app, new Thumbnails(appview, pictures, config))
  labelRoutes(app, { ...social, readings, settings: config.settings })
  if (config.scenarioUrl) scenarioRoutes(app, config.scenarioUrl)
  adminRoutes(app, { ...social, operators: config.operators })
  return app
}

/**
 * @param frameAncestors who may show a page in a frame: the site its own previews, anybody the widgets
 * @param formAction where forms may lead besides the site itself
 */
function headersFor({
  frameAncestors = "'none'",
  formAction = [],
}: {
  frameAncestors?: string
  formAction?: string[]
}) {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      frameSrc: ["'self'"],
      formAction: ["'self'", ...formAction],
      baseUri: ["'none'"],
      frameAncestors: [frameAncestors],
    },
    ...(frameAncestors === '*' && { xFrameOptions: false, crossOriginResourcePolicy: 'cross-origin' }),
    referrerPolicy: 'strict-origin-when-cross-origin',
  })
}

/** Of a dataset that was here, or that others speak of, what is known; of anything else that there is nothing. */
async function goneOrNotHere(c: Context, log: ErrorLog, appview: AppView) {
  const gone =
    c.req.method === 'GET' ? await loadTombstone(appview, c.req.path).catch(() => undefined) : undefined
  if (!gone) return notHere(c)
  // Browsers keep a 410 for good, while owners may publish again and operators may show again.
  c.header('Cache-Control', 'no-store')
  try {
    // What is merely not held may come yet: only what went is gone.
    return await c.html(<TombstonePage {...gone} />, gone.tombstone.state === 'unavailable' ? 404 : 410)
  } catch (error) {
    log.error({ err: error, path: c.req.path }, 'a tombstone failed')
    return notHere(c)
  }
}

function notHere(c: Context) {
  return c.html(
    <MessagePage
      title="Not here"
      message="There is nothing at this address. It may have been renamed or withdrawn by its owner."
    />,
    404,
  )
}

function tooLarge(c: Context) {
  return c.html(<MessagePage title="Too large" message="Nothing was done: send less at once." />, 413)
}

async function problemPage(c: Context, error: Error, log: ErrorLog, appview: AppView) {
  if (error instanceof SessionEnded) {
    const { pathname, search } = new URL(c.req.url)
    const back = c.req.method === 'GET' ? pathname + search : pageOfForm(c)
    return c.redirect(`/sign-in?return_to=${encodeURIComponent(back)}`, 303)
  }
  if (error instanceof Refused) {
    if (error.error.endsWith('NotFound')) return goneOrNotHere(c, log, appview)
    if (error.error === 'RateLimitExceeded') {
      c.header('Retry-After', error.retryAfter ?? '60')
      return c.html(<MessagePage title="Too many requests" message={error.message} />, 429)
    }
    const status = error.error === 'Hidden' ? 403 : 400
    return c.html(<MessagePage title="That did not work" message={error.message} />, status)
  }
  if (c.req.method === 'POST' && !(await isForm(c)))
    return c.html(
      <MessagePage
        title="That did not work"
        message="The form did not arrive whole, so nothing was done: go back and try again."
      />,
      400,
    )
  log.error({ err: error, path: c.req.path }, 'a page failed')
  return c.html(
    <MessagePage
      title="The index does not answer"
      message="The AppView behind this site is away for the moment. Try again shortly."
    />,
    502,
  )
}

/** The page whose form was sent: a form's own address may have no page. */
function pageOfForm(c: Context): string {
  const from = URL.parse(c.req.header('referer') ?? '')
  return from && from.host === new URL(c.req.url).host ? returnPath(from.pathname + from.search) : '/'
}

/** Whether what was sent can be read as a form. */
const isForm = (c: Context): Promise<boolean> =>
  c.req.formData().then(
    () => true,
    () => false,
  )
