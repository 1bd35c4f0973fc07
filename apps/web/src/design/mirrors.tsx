import type { FC } from 'hono/jsx'
import type { MirrorView } from '../appview.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { linkable } from '../markdown.ts'
import { formatDay } from '../text.ts'
import { AvailabilityNote } from './availability.tsx'
import { Checksums } from './checksums.tsx'
import { Address, Badges, Person } from './parts.tsx'

const SHOWN = 12

/** Copies that others keep, as they say. */
export const Mirrors: FC<{ mirrors: readonly MirrorView[]; best?: string }> = ({ mirrors, best }) =>
  mirrors.length === 0 ? null : (
    <section class="card" id="mirrors">
      <h2>Mirrors</h2>
      {mirrors.slice(0, SHOWN).map(mirror => (
        <Mirror mirror={mirror} isBest={mirror.uri === best} />
      ))}
      {mirrors.length > SHOWN && (
        <details>
          <summary>{mirrors.length - SHOWN} more</summary>
          {mirrors.slice(SHOWN).map(mirror => (
            <Mirror mirror={mirror} isBest={mirror.uri === best} />
          ))}
        </details>
      )}
    </section>
  )

/** What the keeper says to have found; the AppView has not compared the copies. */
const saidOf = ({ result, at }: { readonly result: string; readonly at: string }) =>
  `${result}, says its keeper, ${formatDay(at)}`

const Mirror: FC<{ mirror: MirrorView; isBest: boolean }> = ({
  mirror: { author, record, availability, labels },
  isBest,
}) => {
  const { uri, format, cloud, region, digests } = record.distribution ?? {}
  if (typeof uri !== 'string') return null
  return (
    <div class="where">
      <Labelled labels={labels} what="mirror" author={author.did}>
        <span class="meta">
          <Person did={author.did} handle={author.handle} name={author.displayName} />
          <span>announced {formatDay(record.createdAt)}</span>
          {(cloud || region) && <span>{[cloud, region].filter(Boolean).join(' ')}</span>}
        </span>
        <code class="address">{linkable(uri) ? <Address href={uri} /> : uri}</code>
        <Badges
          items={[
            ...(format ? [{ text: format, kind: 'strong' as const }] : []),
            ...(record.method ? [{ text: record.method }] : []),
            ...(record.verification ? [{ text: saidOf(record.verification) }] : []),
          ]}
        />
        <LabelBadges labels={labels} />
        <Checksums digests={digests} />
        <AvailabilityNote found={availability} isBest={isBest} />
      </Labelled>
    </div>
  )
}
