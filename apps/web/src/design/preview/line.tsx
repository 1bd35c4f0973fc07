import type { LinePreview } from '@frost/reader'
import type { FC } from 'hono/jsx'
import { axisOf, valueTicks } from '../../preview/axis.ts'
import { Plot, share } from './plot.tsx'

const WIDTH = 1000
const HEIGHT = 360

/** A curve of one variable; where a value is missing there is a gap, and a value between two gaps is a dot. */
export const Line: FC<{ preview: LinePreview; title: string; label: string }> = ({
  preview,
  title,
  label,
}) => {
  const { values, statistics, shown } = preview
  if (statistics === undefined) return <List values={values} />
  const [low, high] = padded(statistics.min, statistics.max)
  const x = (at: number) => (values.length > 1 ? (at / (values.length - 1)) * WIDTH : WIDTH / 2)
  const y = (value: number) => HEIGHT - ((value - low) / (high - low)) * HEIGHT
  const { path, dots } = curve(values, x, y)
  const columns = shown.find(({ role }) => role === 'columns')
  const ticks = valueTicks(low, high)
  return (
    <Plot x={columns && axisOf(columns, 'points')} y={{ title, ticks }}>
      <svg class="plane line" role="img" aria-label={label}>
        {ticks.map(({ at }) => (
          <line class="rule" x1="0" x2="100%" y1={share(1 - at)} y2={share(1 - at)} />
        ))}
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          width="100%"
          height="100%"
          aria-hidden="true"
        >
          <path class="curve" d={path} />
        </svg>
        {dots.map(([cx, cy]) => (
          <circle class="dot" cx={share(cx / WIDTH)} cy={share(cy / HEIGHT)} r="2.5" />
        ))}
      </svg>
    </Plot>
  )
}

/** What cannot be drawn: texts, or one value. */
const List: FC<{ values: LinePreview['values'] }> = ({ values }) => (
  <p class="values">
    {values
      .slice(0, 200)
      .map(value => (value === null ? 'missing' : String(value)))
      .join(', ')}
    {values.length > 200 && ' …'}
  </p>
)

function padded(low: number, high: number): readonly [number, number] {
  const room = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.05 || 1
  return [low - room, high + room]
}

function curve(
  values: LinePreview['values'],
  x: (at: number) => number,
  y: (value: number) => number,
): { readonly path: string; readonly dots: readonly (readonly [number, number])[] } {
  const parts: string[] = []
  const dots: (readonly [number, number])[] = []
  const isThere = (at: number) => values[at] !== null && Number.isFinite(Number(values[at] ?? Number.NaN))
  const round = (value: number) => Math.round(value * 10) / 10
  for (let at = 0; at < values.length; at++) {
    if (!isThere(at)) continue
    const [px, py] = [round(x(at)), round(y(Number(values[at])))]
    if (isThere(at - 1)) parts.push(`L${px},${py}`)
    else if (isThere(at + 1)) parts.push(`M${px},${py}`)
    else dots.push([px, py])
  }
  return { path: parts.join(''), dots }
}
