import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { accessBadges } from '../access.ts'
import type { EntryView } from '../appview.ts'
import { filesPath, isListable } from '../files/address.ts'
import { linkable } from '../markdown.ts'
import { formatCount, formatSize } from '../text.ts'
import { type Availability, AvailabilityNote } from './availability.tsx'
import { Checksums } from './checksums.tsx'
import { Address, Badges } from './parts.tsx'

type Distribution = NonNullable<Entry['distributions']>[number]

const SHOWN = 12

/** Where the data lies, copy by copy, and the services that serve it. */
export const Where: FC<{
  record: Entry
  found?: Pick<EntryView, 'availability' | 'bestCopy'>
  /** Address of the dataset, where what lies in its copies can be looked at. */
  path?: string
}> = ({ record, found = {}, path }) => {
  const availability = new Map((found.availability ?? []).map(one => [one.distribution, one]))
  const distributions = record.distributions ?? []
  const best = distributions.length > 1 ? found.bestCopy?.distribution : undefined
  const services = record.services ?? []
  if (distributions.length === 0 && services.length === 0) return null
  return (
    <section class="card" id="where">
      <h2>Where it lies</h2>
      {distributions.slice(0, SHOWN).map(distribution => (
        <Copy
          distribution={distribution}
          found={availability.get(distribution.id)}
          isBest={distribution.id === best}
          path={path}
        />
      ))}
      {distributions.length > SHOWN && (
        <details>
          <summary>{distributions.length - SHOWN} more</summary>
          {distributions.slice(SHOWN).map(distribution => (
            <Copy
              distribution={distribution}
              found={availability.get(distribution.id)}
              isBest={distribution.id === best}
              path={path}
            />
          ))}
        </details>
      )}
      {services.map(service => (
        <div class="where">
          <span class="meta">
            <b>{service.title ?? service.type}</b>
            {service.region && <span>{service.region}</span>}
          </span>
          <code class="address">{linkable(service.uri) ? <Address href={service.uri} /> : service.uri}</code>
        </div>
      ))}
    </section>
  )
}

interface CopyProps {
  readonly distribution: Distribution
  readonly found: Availability | undefined
  readonly isBest: boolean
  readonly path: string | undefined
}

const Copy: FC<CopyProps> = ({ distribution: copy, found, isBest, path }) => (
  <div class="where">
    <span class="meta">
      <b>{copy.title ?? copy.id}</b>
      {copy.contentSize && <span>{formatSize(copy.contentSize)}</span>}
      {copy.fileCount !== undefined && <span>{formatCount(copy.fileCount)} files</span>}
      {(copy.cloud || copy.region) && <span>{[copy.cloud, copy.region].filter(Boolean).join(' ')}</span>}
    </span>
    <code class="address">{linkable(copy.uri) ? <Address href={copy.uri} /> : copy.uri}</code>
    <Badges
      items={[
        ...(copy.format ? [{ text: copy.format, kind: 'strong' as const }] : []),
        ...(copy.role ? [{ text: copy.role }] : []),
        ...accessBadges(copy.access),
        ...(copy.requesterPays ? [{ text: 'requester pays', kind: 'warm' as const }] : []),
        ...(copy.conformsTo ?? []).slice(0, 3).map(({ name, uri }) => ({ text: name ?? uri ?? '' })),
      ]}
    />
    <Checksums digests={copy.digests} />
    <AvailabilityNote found={found} isBest={isBest} />
    {path !== undefined && isListable(copy) && (
      <p class="small">
        <a href={filesPath(path, copy.id)} rel="nofollow">
          Files in it<span class="visually-hidden">: {copy.title ?? copy.id}</span>
        </a>
      </p>
    )}
    {copy.description && <p class="small soft">{copy.description}</p>}
  </div>
)
