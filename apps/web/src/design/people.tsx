import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { WordBadge } from '../social/word-badge.tsx'
import { Address } from './parts.tsx'

type Agent = NonNullable<Entry['creators']>[number]

const SHOWN = 20

/** Who publishes it, where that is somebody else than the account that says so, and what they say of it. */
export const Publisher: FC<{ entry: EntryView }> = ({ entry }) => {
  const { author, record } = entry
  const { name, did } = record.publisher ?? {}
  const isAuthor = did === undefined ? name === author.displayName : did === author.did
  if (!name || isAuthor) return null
  return (
    <span>
      {did ? <a href={`/p/${did}`}>{name}</a> : name} <WordBadge entry={entry} did={did} />
    </span>
  )
}

/** Who made it and who helped, with the identifiers that give them credit. */
export const People: FC<{ record: Entry; entry?: EntryView }> = ({ record, entry }) => (
  <>
    <Agents title="Creators" agents={record.creators ?? []} entry={entry} />
    <Agents title="Contributors" agents={record.contributors ?? []} entry={entry} />
    <Agents title="Contact" agents={record.contacts ?? []} entry={entry} />
  </>
)

const Agents: FC<{ title: string; agents: readonly Agent[]; entry?: EntryView }> = ({
  title,
  agents,
  entry,
}) =>
  agents.length === 0 ? null : (
    <section class="card">
      <h2>{title}</h2>
      <ul class="plain stack-tight">
        {agents.slice(0, SHOWN).map(agent => (
          <li>
            {agent.did ? (
              <a href={`/p/${agent.did}`}>{agent.name}</a>
            ) : agent.url ? (
              <Address href={agent.url} text={agent.name} />
            ) : (
              agent.name
            )}{' '}
            <WordBadge entry={entry} did={agent.did} />
            {(agent.identifiers ?? []).map(identifier => (
              <Identifier {...identifier} />
            ))}
            {(agent.roles ?? []).length > 0 && (
              <span class="soft small"> {(agent.roles ?? []).map(({ name }) => name).join(', ')}</span>
            )}
          </li>
        ))}
      </ul>
      {agents.length > SHOWN && <p class="small soft">and {agents.length - SHOWN} more</p>}
    </section>
  )

const RESOLVERS = new Map<string, string>(
  Object.entries({ orcid: 'https://orcid.org/', ror: 'https://ror.org/' }),
)

const Identifier: FC<{ scheme: string; value: string }> = ({ scheme, value }) => {
  const resolver = RESOLVERS.get(scheme.toLowerCase())
  const href = /^https?:/.test(value) ? value : resolver && resolver + value
  return href ? (
    <span class="small">
      {' '}
      <Address href={href} text={scheme.toUpperCase()} />
    </span>
  ) : null
}
