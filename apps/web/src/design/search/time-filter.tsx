import type { FC } from 'hono/jsx'
import type { Timeline } from '../../appview.ts'
import type { SearchState } from '../../search-state.ts'
import { formatCount, plural } from '../../text.ts'
import { HiddenState } from './hidden-state.tsx'

const WIDTH = 480
const HEIGHT = 72

/** When the data must be: how many datasets cover each stretch of time, to brush over where scripts run, and two fields. */
export const TimeFilter: FC<{ state: SearchState; timeline?: Timeline }> = ({ state, timeline }) => (
  <section class="card stack-tight">
    <h2>Time covered</h2>
    <form action="/search" method="get" class="stack-tight" data-time>
      <HiddenState state={state} but={['from', 'until']} />
      {timeline && timeline.buckets.length > 0 && <Histogram timeline={timeline} state={state} />}
      <fieldset class="sides">
        <legend class="visually-hidden">Years</legend>
        <p class="field">
          <label for="from">From</label>
          <input
            id="from"
            type="text"
            name="from"
            value={state.from}
            placeholder="1979-01"
            autocomplete="off"
          />
        </p>
        <p class="field">
          <label for="until">Until</label>
          <input
            id="until"
            type="text"
            name="until"
            value={state.until}
            placeholder="2020"
            autocomplete="off"
          />
        </p>
      </fieldset>
      <p>
        <button type="submit" class="quiet">
          Search these years
        </button>
      </p>
    </form>
  </section>
)

const Histogram: FC<{ timeline: Timeline; state: SearchState }> = ({ timeline, state }) => {
  const { buckets, undated, exact } = timeline
  const most = Math.max(1, ...buckets.map(({ count }) => count))
  const first = buckets[0]!.from
  const last = buckets.at(-1)!.until
  const width = WIDTH / buckets.length
  const fullest = buckets.reduce((best, bucket) => (bucket.count > best.count ? bucket : best))
  const chosen = chosenSpan(state, first, last)
  return (
    <>
      <svg
        class="timeline"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Datasets by year covered, ${first} to ${last - 1}: most cover ${yearsOf(fullest)}, ${plural(fullest.count, 'dataset')}`}
        data-first={first}
        data-last={last}
        data-years={buckets[0]!.until - first}
      >
        <rect class="track" width={WIDTH} height={HEIGHT} />
        {chosen && <rect class="chosen" x={chosen.x} width={chosen.width} height={HEIGHT} />}
        {buckets.map((bucket, place) => {
          const height = bucket.count === 0 ? 0 : Math.max(2, (bucket.count / most) * (HEIGHT - 4))
          return (
            <rect
              class="bar"
              x={round(place * width + width * 0.08)}
              y={round(HEIGHT - height)}
              width={round(width * 0.84)}
              height={round(height)}
            >
              <title>{`${yearsOf(bucket)}: ${plural(bucket.count, 'dataset')}`}</title>
            </rect>
          )
        })}
      </svg>
      <p class="timeline-ends small soft" aria-hidden="true">
        <span>{first}</span>
        <span>{last - 1}</span>
      </p>
      {(undated > 0 || !exact) && (
        <p class="small soft">
          {undated > 0 && `${formatCount(undated)} without a time. `}
          {!exact && 'Counted over 10,000 of them.'}
        </p>
      )}
    </>
  )
}

const yearsOf = ({ from, until }: { from: number; until: number }) =>
  until - from === 1 ? `${from}` : `${from}–${until - 1}`
const round = (value: number) => Math.round(value * 10) / 10

/** Where the years that are asked for lie in the picture. */
function chosenSpan({ from, until }: SearchState, first: number, last: number) {
  const year = (text: string | undefined, or: number) => {
    const number = Number(/^-?\d{1,6}/.exec(text ?? '')?.[0] ?? Number.NaN)
    return Number.isNaN(number) ? or : number
  }
  if (!from && !until) return undefined
  const place = (at: number) => Math.max(0, Math.min(1, (at - first) / (last - first))) * WIDTH
  const x = place(year(from, first))
  return { x: round(x), width: round(Math.max(2, place(year(until, last - 1) + 1) - x)) }
}
