import { FrostError, UsageError } from '@frost/client/errors'
import { followSubject, searchSubject } from '@frost/client/follow'
import { frost } from '@frost/lexicon'
import type { Hono } from 'hono'
import { Refused } from '../appview.ts'
import type { Writer } from '../publish/writer.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type C, type SocialParts, signInAddress, type Texts, textsOf, writerOf } from '../social/parts.ts'
import { WebhooksPage, type WebhooksProps } from './webhooks-page.tsx'

const PATH = '/settings/webhooks'
const MOST_DATASETS = 100

const DONE: ReadonlyMap<string, string> = new Map([
  ['replay', 'What was given up is sent again.'],
  ['remove', 'The webhook is removed, and what waited for it forgotten.'],
])

/** Where people have updates sent to addresses of theirs. */
export function webhookRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  const { appview } = parts

  const page = async (c: C, { acting }: Writer, more: Omit<WebhooksProps, 'webhooks'> = {}) => {
    const { body } = await appview.callAs(acting.agent, frost.updates.listWebhooks, {
      params: { limit: 100 },
    })
    c.header('Cache-Control', 'private, no-store')
    return c.html(<WebhooksPage webhooks={body.webhooks} {...more} />, more.problem ? 400 : 200)
  }

  app.get(PATH, async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(PATH), 303)
    const done = DONE.get(c.req.query('done') ?? '')
    return page(c, await writerOf(c, parts), done ? { done } : {})
  })

  app.post(PATH, async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(PATH), 303)
    const writer = await writerOf(c, parts)
    const texts = await textsOf(c)
    try {
      const secret = await deed(parts, writer, texts)
      // A secret is in no address and in no history: it is shown by the answer to the form itself.
      return secret ? page(c, writer, { secret }) : c.redirect(`${PATH}?done=${texts.action}`, 303)
    } catch (error) {
      if (error instanceof FrostError || error instanceof UsageError || error instanceof Refused)
        return page(c, writer, { problem: error.message, typed: texts })
      throw error
    }
  })
}

/** @returns the secret, where a new one was made */
async function deed(
  { appview }: SocialParts,
  writer: Writer,
  texts: Texts,
): Promise<WebhooksProps['secret'] | undefined> {
  const { agent } = writer.acting
  const { action, id = '', url = '' } = texts
  switch (action) {
    case 'create': {
      const filterJson = JSON.stringify(await filterOf(writer, texts))
      const { body } = await appview.callAs(agent, frost.updates.registerWebhook, {
        body: { url, filterJson },
      })
      return { of: url, value: body.secret }
    }
    case 'rotate': {
      const { body } = await appview.callAs(agent, frost.updates.rotateWebhookSecret, { body: { id } })
      return { of: 'the webhook, beside which the old one signs for a day', value: body.secret }
    }
    case 'replay':
      await appview.callAs(agent, frost.updates.replayDeliveries, { body: { id } })
      return undefined
    case 'remove':
      await appview.callAs(agent, frost.updates.removeWebhook, { body: { id } })
      return undefined
    default:
      throw new UsageError('Nothing was asked for: go back and try again.')
  }
}

/** What somebody typed as the filters that the AppView takes. */
async function filterOf({ lookup }: Writer, { datasets = '', downstream, actors = '', query }: Texts) {
  const refs = datasets.split(/\s+/).filter(Boolean)
  if (refs.length > MOST_DATASETS)
    throw new UsageError(`${refs.length} datasets are named: a webhook takes ${MOST_DATASETS}`)
  if (downstream && refs.length === 0)
    throw new UsageError('Name the datasets of which you want to hear what was made from them.')
  const dataset: string[] = []
  for (const ref of refs) {
    const { id } = await followSubject(ref, lookup)
    if (!id.startsWith('at://')) throw new UsageError(`'${ref}' is an account: name it below`)
    dataset.push(id)
  }
  const actor = actors.split(/[\s,]+/).flatMap(name => name.replace(/^@/, '') || [])
  return {
    ...(dataset.length > 0 && { dataset }),
    ...(downstream && { downstreamOf: dataset }),
    ...(actor.length > 0 && { actor }),
    ...(query && { query: searchSubject(query).id }),
  }
}
