import type { FC } from 'hono/jsx'
import type { Unreadable } from '../../gateway.ts'
import { type PreviewState, previewQuery } from '../../preview/state.ts'

const HEADINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    GatewayAway: 'No preview for the moment',
    Busy: 'Too much is being read just now',
    RateLimitExceeded: 'Too much is being read just now',
    Slow: 'Reading it takes too long',
    Unavailable: 'The place where it lies does not answer',
    NotFound: 'Nothing was found where it should lie',
    Forbidden: 'The place where it lies does not let us read',
    Unrecognised: 'This is no format that can be previewed',
    Unsupported: 'The format is known, but one of its features is not',
    Corrupt: 'The file contradicts itself',
    OverBudget: 'That would be too much to read for a preview',
    InvalidSelection: 'That part is not there',
  }),
)

/** Temporary, and nothing that the address could change. */
const PASSING = ['GatewayAway', 'Busy', 'RateLimitExceeded', 'Slow', 'Unavailable']

/** Why there is nothing to see, what it would have cost, and what to do instead. */
export const Refusal: FC<{ refusal: Unreadable; state: PreviewState; path: string }> = ({
  refusal,
  state,
  path,
}) => {
  const { error, message, details } = refusal
  const cheaper = typeof details.cheaper === 'string' ? details.cheaper : undefined
  const select = cheaper?.startsWith('select ') ? cheaper.slice('select '.length) : undefined
  const link = (changed: Partial<PreviewState>) => {
    const query = previewQuery({ ...state, ...changed })
    return `${path}${query && `?${query}`}#preview`
  }
  return (
    <div class="refusal" role="status">
      <h3>{HEADINGS.get(error) ?? 'There is no preview'}</h3>
      <p>{sentence(message)}</p>
      <p class="meta">
        {select?.includes('=') && (
          <a class="button quiet" target="_top" href={link({ select, at: new Map() })}>
            Show {select}
          </a>
        )}
        {PASSING.includes(error) && (
          <a class="button quiet" target="_top" href={link({})}>
            Try again
          </a>
        )}
        {!PASSING.includes(error) && previewQuery(state) !== '' && (
          <a target="_top" href={`${path}#preview`}>
            Back to the first view
          </a>
        )}
      </p>
      {error === 'Forbidden' && (
        <p class="small soft">
          Whatever the record says, a preview reads what anybody may, without an account: see its{' '}
          <a target="_top" href={`${path}#where`}>
            places
          </a>{' '}
          and terms, and ask its owner.
        </p>
      )}
      {PASSING.includes(error) && (
        <p class="small soft">
          The record and the data are not affected:{' '}
          <a target="_top" href={`${path}#open`}>
            open it
          </a>{' '}
          where it lies.
        </p>
      )}
    </div>
  )
}

function sentence(message: string): string {
  const text = message.slice(0, 1_000)
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
