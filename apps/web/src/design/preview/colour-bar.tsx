import type { FC } from 'hono/jsx'
import type { DrawnPicture } from '../../gateway.ts'
import { valueTicks } from '../../preview/axis.ts'
import { truncate } from '../../text.ts'
import { Labels, share } from './plot.tsx'

/** What the colours of a grid mean: a bar with its units, or a legend where values are kinds. */
export const ColourBar: FC<{ picture: DrawnPicture; title: string }> = ({ picture, title }) => {
  const { legend, domain, stops = [] } = picture
  if (legend && legend.length > 0)
    return (
      <ul class="legend small">
        {legend.slice(0, 40).map(({ meaning, colour, value }) => (
          <li>
            <svg width="14" height="14" aria-hidden="true">
              <rect width="14" height="14" rx="3" fill={colour} />
            </svg>
            {truncate(meaning || String(value), 60)}
          </li>
        ))}
      </ul>
    )
  if (!domain) return null
  return (
    <div class="colour-bar">
      <span class="small">{title}</span>
      <svg class="bar" role="img" aria-label={`Colours from ${domain[0]} to ${domain[1]}`}>
        <defs>
          <linearGradient id="colours">
            {stops.map((colour, at) => (
              <stop offset={share(at / Math.max(1, stops.length - 1))} stop-color={colour} />
            ))}
          </linearGradient>
        </defs>
        <rect width="100%" height="12" rx="3" fill="url(#colours)" />
        <Labels ticks={valueTicks(domain[0], domain[1], 6)} y="26" />
      </svg>
    </div>
  )
}
