import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import type { EntryView, MirrorView } from '../appview.ts'
import { asset } from '../assets.ts'
import { type Pin, silentCopies } from '../preview/readable-copy.ts'
import { snippetsFor } from '../snippets/languages.ts'
import { type Place, placeOf } from '../snippets/place.ts'

const SHOWN = 3
const ROLES = ['primary', 'alternate-encoding', 'virtual', 'replica', 'subset', 'sample', 'part']

/**
 * How one begins to read the dataset where it lies, in several languages. Radio buttons choose the language, without script.
 * Copies that answered when they were last looked at come before those that did not.
 * @param pins of a version, by the id of the distribution that they fix
 */
export const OpenIt: FC<OpenItProps> = ({ record, pins, found = {}, mirrors = [] }) => {
  const isTable = (record.models ?? []).some(model => 'columns' in model)
  const copies = inOrder(record, found, mirrors)
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
      {found.bestCopy?.mirror && (
        <p class="small soft">
          None of its owner’s copies answers: this is {first.title}, as somebody else keeps it.
        </p>
      )}
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

interface OpenItProps {
  readonly record: Entry
  readonly pins?: ReadonlyMap<string, Pin>
  readonly found?: Pick<EntryView, 'availability' | 'bestCopy'>
  readonly mirrors?: readonly MirrorView[]
}

/** The copy that answers soonest, then the owner's by role, those that do not answer last; a mirror where none of the owner's does. */
function inOrder(
  record: Entry,
  { availability, bestCopy }: NonNullable<OpenItProps['found']>,
  mirrors: readonly MirrorView[],
) {
  const down = silentCopies({ availability })
  const rank = ({ id, role = 'primary' }: { id: string; role?: string }) =>
    id === bestCopy?.distribution ? -1 : ROLES.indexOf(role) + (down.has(id) ? ROLES.length : 0)
  const own = [...(record.distributions ?? [])].sort((a, b) => rank(a) - rank(b))
  const mirror = mirrors.find(({ uri }) => uri === bestCopy?.mirror)
  const copy = mirror?.record.distribution
  if (!copy || typeof copy.uri !== 'string') return own
  return [{ ...copy, title: copy.title ?? `mirror of ${mirror.author.handle ?? mirror.author.did}` }, ...own]
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
