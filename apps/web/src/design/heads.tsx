import type { FC } from 'hono/jsx'
import type { HeadState, HeadView } from '../appview.ts'
import { formatMoment, formatSize, plural, truncate } from '../text.ts'

/** A head, and the states that it left last, the newest first. */
export interface HeadWithMoves {
  readonly head: HeadView
  readonly moves: readonly HeadState[]
}

/** Where living data stands now, branch by branch, and how it came there. */
export const Heads: FC<{ heads: readonly HeadWithMoves[] }> = ({ heads }) =>
  heads.length === 0 ? null : (
    <section class="card" id="heads">
      <h2>Where it stands</h2>
      {heads.map(({ head, moves }) => (
        <div class="where head">
          <h3>
            {branchOf(head)} <span class="soft small">since {formatMoment(head.record.updatedAt)}</span>
          </h3>
          <States record={head.record} />
          {moves.length > 0 && (
            <details>
              <summary class="small">
                {plural(head.moves ?? moves.length, 'earlier state')}
                {(head.moves ?? 0) > moves.length && `, the last ${moves.length} of them`}
              </summary>
              <ol class="plain steps">
                {moves.map(({ record }) => (
                  <li>
                    <span class="soft small">{formatMoment(record.updatedAt)}</span>
                    <States record={record} />
                  </li>
                ))}
              </ol>
            </details>
          )}
        </div>
      ))}
    </section>
  )

/** The branch that its states name, or that its key does. */
function branchOf({ branch, uri }: HeadView): string {
  const [, ofKey] = /\/[^/~]*~([^/]+)$/.exec(uri) ?? []
  return truncate(branch ?? ofKey ?? 'main', 80)
}

const States: FC<{ record: HeadView['record'] }> = ({ record: { states, changes } }) => (
  <>
    {states.slice(0, 12).map(({ distribution, pin, upTo, contentSize }) => (
      <p class="small">
        {distribution && <b>{distribution} </b>}
        {pin && (
          <>
            {pin.scheme} <code>{pin.value}</code>{' '}
          </>
        )}
        <span class="soft">
          {[upTo && `complete up to ${upTo}`, contentSize && formatSize(contentSize)]
            .filter(Boolean)
            .join(', ')}
        </span>
      </p>
    ))}
    {changes?.summary && <p class="small soft">{truncate(changes.summary, 400)}</p>}
  </>
)
