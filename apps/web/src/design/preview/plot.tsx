import type { FC, PropsWithChildren } from 'hono/jsx'
import type { Axis, Tick } from '../../preview/axis.ts'

interface PlotProps {
  /** From the left. */
  readonly x?: Axis
  /** From the bottom. */
  readonly y?: Axis
  /** Much higher than wide: such a plot is kept narrower, so that it fits a screen. */
  readonly tall?: boolean
}

/**
 * A plane with axes. The axes are drawings of their own, in shares of the plane's size: their text keeps its size on every screen.
 */
export const Plot: FC<PropsWithChildren<PlotProps>> = ({ x, y, tall, children }) => (
  <div class={['plot', y ? '' : 'without-y', isLong(y) ? 'long-labels' : '', tall ? 'tall' : ''].join(' ')}>
    {y && (
      <>
        <span class="plot-title y" aria-hidden="true">
          {y.title}
        </span>
        <svg class="axis y" aria-hidden="true">
          {y.ticks.filter(inside).map(({ at, label }) => (
            <>
              <line x1="100%" x2="100%" y1={share(1 - at)} y2={share(1 - at)} />
              <text x="100%" dx="-8" y={share(1 - at)} dy="0.32em" text-anchor="end">
                {label}
              </text>
            </>
          ))}
        </svg>
      </>
    )}
    {children}
    {x && (
      <>
        <svg class="axis x" aria-hidden="true">
          <Labels ticks={x.ticks} />
        </svg>
        <span class="plot-title x" aria-hidden="true">
          {x.title}
        </span>
      </>
    )}
  </div>
)

/** Labels beneath an axis; every second one is left out where there is little room. */
export const Labels: FC<{ ticks: readonly Tick[]; y?: string }> = ({ ticks, y = '1.25em' }) => (
  <>
    {ticks.filter(inside).map(({ at, label }, index) => (
      <text
        x={share(at)}
        y={y}
        class={index % 2 === 1 ? 'minor' : undefined}
        text-anchor={at < 0.04 ? 'start' : at > 0.96 ? 'end' : 'middle'}
      >
        {label}
      </text>
    ))}
  </>
)

const isLong = (axis: Axis | undefined): boolean => axis?.ticks.some(({ label }) => label.length > 6) ?? false

const inside = ({ at }: Tick): boolean => at >= -1e-9 && at <= 1 + 1e-9

export const share = (part: number): string => `${Math.round(part * 10_000) / 100}%`
