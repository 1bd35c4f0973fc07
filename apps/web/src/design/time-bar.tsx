import type { FC } from 'hono/jsx'
import { type Bar, type Stretch, timeScale } from './time-scale.ts'

const WIDTH = 296
const TOP = 4
const HEIGHT = 14
const TIP = 7

/** When the data is about, drawn: the words stand below it. Ends that are open have a tip, dashed where nothing is known of them. */
export const TimeBar: FC<{ temporal: readonly Stretch[]; label: string }> = ({ temporal, label }) => {
  const scale = timeScale(temporal, WIDTH, fractionalYear(new Date()))
  if (!scale) return null
  return (
    <svg class="timebar" viewBox={`0 0 ${WIDTH} 40`} role="img" aria-label={label}>
      <rect class="track" y={TOP} width={WIDTH} height={HEIGHT} rx="3" />
      {scale.bars.map(bar => (
        <path class={bar.after === 'unknown' ? 'bar unknown' : 'bar'} d={outline(bar)} />
      ))}
      {scale.ticks.map(({ x, label }, place) => (
        <>
          <path class="tick" d={`M${x} ${TOP + HEIGHT}v4`} />
          <text x={x} y="34" text-anchor={anchor(x, place, scale.ticks.length)}>
            {label}
          </text>
        </>
      ))}
    </svg>
  )
}

/** A box; with a tip on each side on which it goes on. */
function outline({ x, width, isOpenBefore, after }: Bar): string {
  const tip = Math.min(TIP, width / 2)
  const left = isOpenBefore ? x + tip : x
  const right = after === 'nothing' ? x + width : x + width - tip
  const middle = HEIGHT / 2
  return [
    `M${left} ${TOP}H${right}`,
    after !== 'nothing' && `l${tip} ${middle}l${-tip} ${middle}`,
    `V${TOP + HEIGHT}H${left}`,
    isOpenBefore && `l${-tip} ${-middle}`,
    'Z',
  ]
    .filter(Boolean)
    .join('')
}

/** Labels at the ends stay within the picture. */
function anchor(x: number, place: number, count: number): string {
  if (x < 24 && place === 0) return 'start'
  return x > WIDTH - 24 && place === count - 1 ? 'end' : 'middle'
}

function fractionalYear(date: Date): number {
  const year = date.getUTCFullYear()
  const begin = Date.UTC(year, 0, 1)
  return year + (date.getTime() - begin) / (Date.UTC(year + 1, 0, 1) - begin)
}
