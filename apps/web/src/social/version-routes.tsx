import { citationStyles, isCitationStyle } from '@frost/catalogs/citation/index'
import { nsid, rkeyOf } from '@frost/lexicon'
import type { Hono } from 'hono'
import { Refused } from '../appview.ts'
import { citationFile, citationOfVersion } from '../cite/citation.ts'
import { refuseHidden } from '../labels/cover.ts'
import { describedEntry, loadVersion, wholeModels } from '../load.ts'
import { VersionPage } from '../pages/version.tsx'
import { previewQuery, readPreviewState } from '../preview/state.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { discuss, threadPage } from './discussion-routes.tsx'
import { type C, type SocialParts, saidSubject } from './parts.ts'
import { type Failed, PageProblem, ThreadSection } from './thread.tsx'

/** A version and what is said about it. Comments on a version stand in the discussion of its dataset too. */
export function versionPageRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  const { appview, publicUrl } = parts
  const path = '/d/:actor/:rkey/v/:version'
  const versionOf = (c: C) => {
    const { actor, rkey, version } = c.req.param() as { actor: string; rkey: string; version: string }
    return loadVersion(
      appview,
      `at://${actor}/${nsid('dataset.entry')}/${rkey}`,
      `at://${actor}/${nsid('dataset.version')}/${version}`,
    )
  }
  const page = async (c: C, _?: unknown, failed?: Failed) => {
    const { version, entry } = await versionOf(c)
    const described = await describedEntry(appview, entry, version)
    const citable = citationOfVersion(version, described, publicUrl)
    const format = c.req.query('format')
    if (format)
      refuseHidden({ ...version, labels: [...(entry.labels ?? []), ...(version.labels ?? [])] }, 'version')
    if (format === 'json') return c.json(version.record)
    if (format) {
      if (!isCitationStyle(format))
        throw new Refused(
          'InvalidFormat',
          `format is '${format.slice(0, 40)}': of a version there are json, ${Object.keys(citationStyles).join(', ')}`,
        )
      return citationFile(c, citable, format, `${rkeyOf(entry.uri)}-${version.record.version}`)
    }
    const { thread, muted } = await threadPage(c, parts, { entry }, version.uri)
    const preview = previewQuery(readPreviewState(new URL(c.req.url).searchParams))
    return c.html(
      <VersionPage
        publicUrl={publicUrl}
        path={c.req.path}
        entry={entry}
        version={version}
        citable={citable}
        models={await wholeModels(appview, entry.uri, version.record.models, true)}
        previewQuery={preview}
      >
        <PageProblem failed={failed} />
        <ThreadSection
          entry={entry}
          thread={thread}
          muted={muted}
          failed={failed}
          empty="Nobody has said anything about this version yet."
        />
      </VersionPage>,
      failed ? 400 : 200,
    )
  }
  app.get(path, c => page(c))
  app.post(path, c =>
    discuss(c, parts, { page, subjectOf: async () => saidSubject((await versionOf(c)).version) }),
  )
}
