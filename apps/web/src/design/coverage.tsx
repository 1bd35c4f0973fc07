import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { boxesOf, timesOf } from '../dataset-facts.ts'
import { durationInWords } from '../text.ts'
import { ExtentMap } from './extent-map.tsx'
import { TimeBar } from './time-bar.tsx'

/** Where and when the data is about: a map, a bar of time, and both in words. */
export const Coverage: FC<{ record: Entry }> = ({ record }) => {
  const boxes = boxesOf(record)
  const times = timesOf(record)
  const places = (record.coverage?.spatial ?? []).flatMap(({ place }) => place?.term ?? [])
  if (boxes.length === 0 && times.length === 0 && places.length === 0 && !record.coverage?.extents?.length)
    return null
  return (
    <section class="card stack">
      <h2>Coverage</h2>
      {boxes.length > 0 && <ExtentMap boxes={boxes} label={`Map: ${boxes.map(describeBox).join('; ')}`} />}
      <TimeBar temporal={record.coverage?.temporal ?? []} label={`Time: ${times.slice(0, 12).join('; ')}`} />
      <dl class="facts">
        {boxes.length > 0 && (
          <>
            <dt>Space</dt>
            <dd>{boxes.slice(0, 4).map(describeBox).join('; ')}</dd>
          </>
        )}
        {places.length > 0 && (
          <>
            <dt>Places</dt>
            <dd>{places.slice(0, 12).join(', ')}</dd>
          </>
        )}
        {times.length > 0 && (
          <>
            <dt>Time</dt>
            <dd>{times.slice(0, 6).join('; ')}</dd>
          </>
        )}
        {record.coverage?.temporalResolution && (
          <>
            <dt>Time step</dt>
            <dd>{durationInWords(record.coverage.temporalResolution)}</dd>
          </>
        )}
        {(record.coverage?.resolution ?? []).map(({ value, units }) => (
          <>
            <dt>Resolution</dt>
            <dd>
              {value} {units}
            </dd>
          </>
        ))}
        {(record.coverage?.extents ?? []).map(({ name, min, max, units }) => (
          <>
            <dt>{name}</dt>
            <dd>
              {[min, max].filter(Boolean).join(' – ')} {units}
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}

function describeBox({
  west,
  south,
  east,
  north,
}: {
  west: number
  south: number
  east: number
  north: number
}): string {
  const longitude = (degrees: number) => `${Math.abs(degrees)}°${degrees < 0 ? 'W' : 'E'}`
  const latitude = (degrees: number) => `${Math.abs(degrees)}°${degrees < 0 ? 'S' : 'N'}`
  if (west === -180 && east === 180 && south === -90 && north === 90) return 'the whole globe'
  return `${longitude(west)} – ${longitude(east)}, ${latitude(south)} – ${latitude(north)}`
}
