import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { CopyableCode } from './copyable.tsx'

type Digests = NonNullable<NonNullable<Entry['distributions']>[number]['digests']>

/** By what one sees that a copy is the one that was meant. */
export const Checksums: FC<{ digests?: Digests }> = ({ digests = [] }) =>
  digests.length === 0 ? null : (
    <dl class="checksums small">
      {digests.map(({ algorithm, value }) => (
        <div>
          <dt>{algorithm}</dt>
          <dd>
            <CopyableCode>{value}</CopyableCode>
          </dd>
        </div>
      ))}
    </dl>
  )
