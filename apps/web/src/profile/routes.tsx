import { FrostError } from '@frost/client/errors'
import { type Picture, type ProfileFields, readProfile, writeProfile } from '@frost/client/profile'
import type { Hono } from 'hono'
import { nameOf } from '../account-name.ts'
import type { Registers } from '../publish/registers.ts'
import { problemOf } from '../publish/writer.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { awaitRead, type C, type SocialParts, signInAddress, textsOf, writerOf } from '../social/parts.ts'
import { ProfileFormPage, type ProfileFormProps } from './form-page.tsx'
import type { Pictures } from './picture.ts'

export interface ProfileParts extends SocialParts {
  readonly pictures: Pictures
  readonly registers: Registers
}

const FIELDS: readonly (keyof ProfileFields)[] = [
  'name',
  'kind',
  'description',
  'homepage',
  'orcid',
  'ror',
  'affiliation',
  'affiliationRor',
  'email',
]

/** Where people say who they are, and the pictures of those who show one. */
export function profileFormRoutes(app: Hono<SiteEnv>, parts: ProfileParts): void {
  const path = '/settings/profile'

  const page = (c: C, props: Omit<ProfileFormProps, 'path'>) => {
    c.header('Cache-Control', 'no-store')
    const own = `/p/${nameOf(c.get('viewer')!)}`
    return c.html(<ProfileFormPage {...props} path={own} />, props.problem ? 400 : 200)
  }

  app.get(path, async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(path), 302)
    const { repository } = await writerOf(c, parts)
    const { fields, cid, hasPicture } = await readProfile(repository)
    if (cid !== undefined) return page(c, { fields, cid, hasPicture })
    const { displayName = '', description = '' } = ((await repository.get('app.bsky.actor.profile', 'self'))
      ?.value ?? {}) as { displayName?: string; description?: string }
    const takenFrom = displayName || description ? 'your profile on Bluesky' : undefined
    return page(c, { fields: { ...fields, name: displayName, description }, hasPicture, takenFrom })
  })

  app.post(path, async c => {
    const viewer = c.get('viewer')
    if (!viewer) return c.redirect(signInAddress(path), 303)
    const { picture: file, without } = await c.req.parseBody()
    const texts = await textsOf(c)
    const fields = Object.fromEntries(
      FIELDS.map(field => [field, texts[field] ?? '']),
    ) as unknown as ProfileFields
    const writer = await writerOf(c, parts)
    const { hasPicture } = await readProfile(writer.repository)
    const again = { fields, hasPicture, ...(texts.cid && { cid: texts.cid }) }
    try {
      const advice = texts.advised ? [] : await adviceFor(parts.registers, fields)
      if (advice.length > 0) return page(c, { ...again, advice })
      const picture: Picture =
        file instanceof File && file.size > 0
          ? new Uint8Array(await file.arrayBuffer())
          : without === 'yes'
            ? 'none'
            : 'kept'
      await writeProfile(writer.repository, fields, picture, texts.cid || null)
      await awaitRead(parts, writer)
      return c.redirect(`/p/${nameOf(viewer)}?done=profile`, 303)
    } catch (error) {
      const problem =
        error instanceof FrostError && error.code === 'RecordChanged'
          ? 'Your profile was changed elsewhere meanwhile, and nothing was written: open this page anew.'
          : problemOf(error)
      return page(c, { ...again, problem })
    }
  })

  app.get('/picture/:did/:cid', async c => {
    const { did, cid } = c.req.param()
    const isNamed = /^did:(plc|web):[\w.:%-]{1,260}$/.test(did) && /^bafkrei[a-z2-7]{52}$/.test(cid)
    const image = isNamed ? await parts.pictures.of(did, cid) : undefined
    if (!image) return c.notFound()
    return c.body(image.bytes, 200, {
      'Content-Type': image.type,
      'Cache-Control': 'public, max-age=604800, immutable',
    })
  })
}

/** What the registers say otherwise of who the profile claims to be. */
function adviceFor(
  registers: Registers,
  { name, orcid, ror, affiliation, affiliationRor }: ProfileFields,
): Promise<string[]> {
  return registers.adviceFor({
    people: [
      { name, id: orcid },
      { name, id: ror },
    ],
    publisher: affiliation,
    publisherId: affiliationRor,
  })
}
