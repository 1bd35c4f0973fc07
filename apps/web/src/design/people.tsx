import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { Address } from './parts.tsx'

type Agent = NonNullable<Entry['creators']>[number]

const SHOWN = 20

/** Who made it and who helped, with the identifiers that give them credit. */
export const People: FC<{ record: Entry }> = ({ record }) => (
  <>
    <Agents title="Creators" agents={record.creators ?? []} />
    <Agents title="Contributors" agents={record.contributors ?? []} />
    <Agents title="Contact" agents={record.contacts ?? []} />
  </>
)

const Agents: FC<{ title: string; agents: readonly Agent[] }> = ({ title, agents }) =>
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
