import type { frost } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { formatDay, formatMoment } from '../text.ts'

export type Availability = frost.dataset.defs.Availability

const STATES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    up: 'answers',
    down: 'does not answer',
    refused: 'asks who is there',
    unchecked: 'not looked at',
  }),
)

/** Whether a copy could be read when the AppView last looked; nothing where it has not. */
export const AvailabilityNote: FC<{ found?: Availability; isBest?: boolean }> = ({ found, isBest }) => {
  if (!found) return null
  const { state, since, checkedAt, latency, reason } = found
  const words = STATES.get(state) ?? state.slice(0, 32)
  return (
    <p class={`availability small ${STATES.has(state) ? state : ''}`}>
      <b>{state === 'down' && since ? `has not answered since ${formatDay(since)}` : words}</b>
      {latency !== undefined && <span>in {latency} ms</span>}
      {isBest && <span class="badge strong">answers soonest</span>}
      {reason && <span>{reason.slice(0, 300)}</span>}
      {checkedAt && <span>looked at {formatMoment(checkedAt)}</span>}
    </p>
  )
}
