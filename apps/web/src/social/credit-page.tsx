import type { frost } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { Person } from '../design/parts.tsx'
import { formatCount, plural } from '../text.ts'
import { datasetPath } from './places.ts'
import { ProfileFrame, type ProfileFrameProps } from './profile-frame.tsx'

export type Credit = frost.graph.getCredit.$OutputBody

/** What others made of somebody's datasets. */
export const CreditPage: FC<Omit<ProfileFrameProps, 'current' | 'children'> & { credit: Credit }> = ({
  credit,
  ...frame
}) => (
  <ProfileFrame {...frame} current="credit">
    <div class="stack">
      <p class="soft">
        What others made of these datasets. Nobody’s word about their own counts, nor a claim that the owner
        disputes.
      </p>
      <dl class="credit-figures">
        <Figure name="citations received" count={credit.citations} more={credit.truncated} />
        <Figure name="datasets made directly from theirs" count={credit.derived} more={credit.truncated} />
        <Figure name="made from them at any distance" count={credit.downstream} more={credit.truncated} />
        {(credit.disputed ?? 0) > 0 && (
          <Figure name="disputed, in no other number" count={credit.disputed ?? 0} />
        )}
      </dl>
      <Years years={credit.years} />
      {credit.datasets.length > 0 && (
        <section class="card" aria-label="Datasets that others built on">
          <h2>What others built on</h2>
          <div class="table-scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Dataset</th>
                  <th scope="col">Citations</th>
                  <th scope="col">Made from it</th>
                  <th scope="col">At any distance</th>
                </tr>
              </thead>
              <tbody>
                {credit.datasets.map(({ uri, title, citations, derived, downstream }) => (
                  <tr>
                    <td>
                      <a href={datasetPath(uri)}>{title ?? uri}</a>
                    </td>
                    <td>{formatCount(citations)}</td>
                    <td>{formatCount(derived)}</td>
                    <td>{formatCount(downstream)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
      {credit.by.length > 0 && (
        <section class="card stack" aria-label="Who gives credit">
          <h2>By whom</h2>
          <ul class="plain rows">
            {credit.by.map(({ actor, citations, derived }) => (
              <li>
                <Person did={actor.did} handle={actor.handle} name={actor.displayName} />
                <span class="soft small">
                  {[
                    citations > 0 && plural(citations, 'citation'),
                    derived > 0 && `${plural(derived, 'dataset')} made from theirs`,
                  ]
                    .filter(Boolean)
                    .join(', ')}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  </ProfileFrame>
)

const Figure: FC<{ name: string; count: number; more?: boolean }> = ({ name, count, more }) => (
  <div>
    <dt>{name}</dt>
    <dd>
      {more && count > 0 ? 'at least ' : ''}
      {formatCount(count)}
    </dd>
  </div>
)

const HEIGHT = 60
const STEP = 22
const MOST_YEARS = 30

/** Citations and derivations by year, as bars; the table says the same. */
const Years: FC<{ years: Credit['years'] }> = ({ years: all }) => {
  const years = all.slice(-MOST_YEARS)
  if (years.length < 2) return null
  const most = Math.max(...years.map(({ citations, derived }) => citations + derived), 1)
  return (
    <section class="card" aria-label="By year">
      <h2>By year</h2>
      <svg
        class="year-bars"
        viewBox={`0 0 ${years.length * STEP} ${HEIGHT + 16}`}
        width={years.length * STEP}
        height={HEIGHT + 16}
        role="img"
        aria-label={years
          .map(
            ({ year, citations, derived }) =>
              `${year}: ${plural(citations, 'citation')}, ${plural(derived, 'dataset')} made from theirs`,
          )
          .join('; ')}
      >
        {years.map(({ year, citations, derived }, place) => {
          const height = Math.max(1, ((citations + derived) / most) * HEIGHT)
          return (
            <>
              <rect x={place * STEP + 3} y={HEIGHT - height} width={STEP - 6} height={height} rx="2" />
              <text x={place * STEP + STEP / 2} y={HEIGHT + 13} text-anchor="middle">
                {`’${String(year).slice(-2)}`}
              </text>
            </>
          )
        })}
      </svg>
    </section>
  )
}
