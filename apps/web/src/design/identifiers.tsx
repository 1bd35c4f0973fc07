import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { doiAddress } from '../dataset-facts.ts'
import { Address } from './parts.tsx'

type Named = NonNullable<Entry['identifiers']>[number]

/** Its name in another system: a DOI leads where it resolves. */
export const Identifier: FC<{ identifier: Named }> = ({ identifier: { scheme, value } }) => {
  if (scheme.toLowerCase() === 'doi') return <Address href={doiAddress(value)} text={value} />
  return /^https?:\/\//.test(value) ? <Address href={value} /> : <>{value}</>
}

/** All of them, to stand in a list of facts. */
export const Identifiers: FC<{ identifiers: Entry['identifiers'] }> = ({ identifiers = [] }) => (
  <>
    {identifiers.map(identifier => (
      <>
        <dt>{identifier.scheme.toUpperCase()}</dt>
        <dd>
          <Identifier identifier={identifier} />
        </dd>
      </>
    ))}
  </>
)
