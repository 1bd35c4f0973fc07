import type { Version } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { doiAddress } from '../dataset-facts.ts'
import { formatSize } from '../text.ts'
import { CopyableCode } from './copyable.tsx'
import { Address } from './parts.tsx'

type Pinned = NonNullable<Version['pins']>[number]

/** Pins that say what was meant and cannot prove it. */
const WEAK: ReadonlySet<string> = new Set(['etag', 'as-of'])

/** What fixes the data of a version, copy by copy. */
export const Pins: FC<{ pins: readonly Pinned[] }> = ({ pins }) => (
  <section class="card">
    <h2>What fixes it</h2>
    {pins.length === 0 && <p class="soft">The release names no state of the data.</p>}
    <dl class="facts">
      {pins.map(pinned => (
        <Pin pinned={pinned} />
      ))}
    </dl>
  </section>
)

const Pin: FC<{ pinned: Pinned }> = ({ pinned: { distribution, pin, upTo, contentSize } }) => {
  if (!pin) return null
  const facts = [upTo && `complete up to ${upTo}`, contentSize && formatSize(contentSize)].filter(Boolean)
  return (
    <>
      <dt>
        {pin.scheme}
        {distribution ? ` of ${distribution}` : ''}
      </dt>
      <dd>
        {pin.scheme === 'doi' ? (
          <Address href={doiAddress(pin.value)} text={pin.value} />
        ) : (
          <CopyableCode>{pin.value}</CopyableCode>
        )}
        {WEAK.has(pin.scheme) && <span class="soft small"> (weak: it cannot be proved)</span>}
        {facts.length > 0 && <span class="soft small"> {facts.join(', ')}</span>}
      </dd>
    </>
  )
}
