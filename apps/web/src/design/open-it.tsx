import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { asset } from '../assets.ts'
import type { Pin } from '../preview/readable-copy.ts'
import { snippetsFor } from '../snippets/languages.ts'
import { type Place, placeOf } from '../snippets/place.ts'

const SHOWN = 3
const ROLES = ['primary', 'alternate-encoding', 'virtual', 'replica', 'subset', 'sample', 'part']

/**
 * How one begins to read the dataset where it lies, in several languages. Radio buttons choose the language, without script.
 * @param pins of a version, by the id of the distribution that they fix
 */
export const OpenIt: FC<{ record: Entry; pins?: ReadonlyMap<string, Pin> }> = ({ record, pins }) => {
  const isTable = (record.models ?? []).some(model => 'columns' in model)
  const copies = [...(record.distributions ?? [])]
    .sort((a, b) => ROLES.indexOf(a.role ?? 'primary') - ROLES.indexOf(b.role ?? 'primary'))
    .flatMap(copy => {
      const place = placeOf(copy, { pin: pins?.get(copy.id), isTable })
      return place ? [{ title: copy.title ?? copy.id, place }] : []
    })
    .slice(0, SHOWN)
  const [first, ...others] = copies
  if (!first) return null
  return (
    <section class="card stack-tight" id="open">
      <h2>Open it</h2>
      <Languages place={first.place} name="open-0" />
      {others.map(({ title, place }, at) => (
        <details>
          <summary class="small">Another copy: {title}</summary>
          <Languages place={place} name={`open-${at + 1}`} />
        </details>
      ))}
      <script type="module" src={asset('copy.js')} />
    </section>
  )
}

const Languages: FC<{ place: Place; name: string }> = ({ place, name }) => {
  const languages = snippetsFor(place)
  return (
    <fieldset class="tabs">
      <legend class="visually-hidden">Language</legend>
      {languages.map(({ language }, at) => (
        <>
          <input type="radio" name={name} id={`${name}-${at}`} value={language} checked={at === 0} />
          <label for={`${name}-${at}`}>{language}</label>
        </>
      ))}
      {languages.map(({ snippets }) => (
        <div class="panel">
          {snippets.map(({ title, needs, code }) => (
            <div class="snippet">
              <span class="small soft">
                {title}
                {needs && (
                  <>
                    {' · '}
                    <code>{needs}</code>
                  </>
                )}
              </span>
              <pre class="code" tabindex={0} data-copy>
                {code}
              </pre>
            </div>
          ))}
        </div>
      ))}
    </fieldset>
  )
}
