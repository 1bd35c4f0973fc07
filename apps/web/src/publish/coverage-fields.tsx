import type { FC } from 'hono/jsx'
import { type Box, ExtentMap } from '../design/extent-map.tsx'
import type { Problems } from './change.ts'
import { type EntryForm, TEXT_FIELDS } from './form.ts'
import { Field, ProblemOf } from './parts.tsx'

/** Where and when: four sides, which a script lets one draw on the map, and a period. */
export const CoverageFields: FC<{ form: EntryForm; problems: Problems }> = ({ form, problems }) => {
  const box = boxOf(form)
  return (
    <section class="card stack">
      <h2>What it covers</h2>
      <fieldset class="stack-tight" id="bbox">
        <legend>Box in degrees</legend>
        <div class="map-place" data-map>
          <ExtentMap boxes={box ? [box] : []} label="Map of the world with the box that the data covers" />
        </div>
        <p class="hint" data-map-hint hidden>
          Draw the box with the mouse or a finger, or write its sides. West beyond east crosses 180°.
        </p>
        <div class="row quarters">
          {(['west', 'south', 'east', 'north'] as const).map(side => (
            <Field
              name={side}
              label={side[0]!.toUpperCase() + side.slice(1)}
              value={form[side]}
              problems={problems}
              most={TEXT_FIELDS[side]}
              inputmode="decimal"
            />
          ))}
        </div>
        <ProblemOf name="bbox" problems={problems} />
      </fieldset>
      <fieldset class="row half">
        <legend>Time</legend>
        <Field
          name="from"
          label="From"
          value={form.from}
          problems={problems}
          most={TEXT_FIELDS.from}
          placeholder="1979-01"
          hint="A year, a month, a day or a time, ISO 8601."
        />
        <Field name="until" label="Until" value={form.until} problems={problems} most={TEXT_FIELDS.until} />
        <label class="tick">
          <input type="checkbox" name="ongoing" value="yes" checked={form.ongoing === 'yes'} /> It goes on:
          new data still comes
        </label>
      </fieldset>
    </section>
  )
}

function boxOf({ west, south, east, north }: EntryForm): Box | undefined {
  const sides = [west, south, east, north]
  const numbers = sides.map(Number)
  if (sides.includes('') || !numbers.every(Number.isFinite)) return undefined
  const [w, s, e, n] = numbers as [number, number, number, number]
  return { west: w, south: s, east: e, north: n }
}
