import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import { Layout } from '../design/layout.tsx'
import { Done, Problem } from '../design/parts.tsx'
import { signInIsOffered, viewer } from '../session/viewer.ts'
import { signInAddress } from '../social/parts.ts'
import { truncate } from '../text.ts'
import {
  type Definition,
  isBinding,
  type Labeler,
  proposedWay,
  type Reading,
  saidOf,
  type Way,
} from './reading.ts'

export interface LabelsPageProps {
  readonly reading: Reading
  readonly done?: string
  readonly problem?: string
  /** What was typed, where it could not be taken. */
  readonly typed?: string
}

const WAYS: Readonly<Record<Way, string>> = {
  hide: 'hide it',
  warn: 'cover it with a warning',
  inform: 'show the label',
  ignore: 'show no label',
}

/** What becomes of what has a label of which nobody who hears its labeler decides. */
const BINDING: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '!hide': 'hide it, always',
    '!takedown': 'hide it, always',
    '!no-unauthenticated': 'hide it from those who are not signed in',
  }),
)

/** Whose labels somebody sees, what they mean, and what becomes of what has them. */
export const LabelsPage: FC<LabelsPageProps> = ({ reading, done, problem, typed }) => {
  const isOwn = reading.accepted !== undefined
  const person = viewer()
  return (
    <Layout title="Labels – FROST" styles={['form.css', 'social.css']}>
      <div class="narrow stack">
        <header class="stack-tight">
          <h1>Labels</h1>
          <p class="soft">
            Labelers look at datasets, people and comments, and say what they find: reviewed, misleading,
            spam. You decide whom you hear, and what becomes of what they label.
          </p>
        </header>
        <Done done={done} />
        <Problem problem={problem} />
        {!person && (
          <p class="banner">
            These are the labelers that whoever runs this index has chosen for everybody.{' '}
            {signInIsOffered() && <a href={signInAddress('/settings/labels')}>Sign in to choose your own</a>}
          </p>
        )}
        {person && !isOwn && (
          <p class="banner">
            You have chosen nothing yet: these are the labelers that whoever runs this index has chosen for
            everybody. With your first change you have your own list.
          </p>
        )}
        {reading.labelers.size === 0 && <p class="soft">No labeler is heard.</p>}
        {[...reading.labelers.values()].map(labeler => (
          <LabelerCard labeler={labeler} reading={reading} isSignedIn={person !== undefined} />
        ))}
        {person && (
          <form class="card stack" method="post" action="/settings/labels">
            <h2>Hear another labeler</h2>
            <p class="field">
              <label for="labeler">Its handle or DID</label>
              <input
                id="labeler"
                name="labeler"
                type="text"
                value={typed}
                required
                maxlength={300}
                placeholder="labeler.example.org"
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                aria-describedby="labeler-hint"
              />
              <span class="hint" id="labeler-hint">
                Every index of FROST is a labeler too: that of appview.example.org is heard as
                did:web:appview.example.org.
              </span>
            </p>
            <div>
              <button type="submit" name="action" value="add">
                Hear it
              </button>
            </div>
          </form>
        )}
        {isOwn && (
          <form method="post" action="/settings/labels">
            <button class="quiet" type="submit" name="action" value="usual">
              Take the choice of this index again
            </button>
          </form>
        )}
      </div>
    </Layout>
  )
}

const LabelerCard: FC<{ labeler: Labeler; reading: Reading; isSignedIn: boolean }> = ({
  labeler,
  reading,
  isSignedIn,
}) => {
  const { did, handle, description, definitions } = labeler
  const name = shownNameOf(labeler)
  return (
    <section class="card stack" id={did} aria-label={name}>
      <header class="stack-tight">
        <h2>{name}</h2>
        <p class="soft small">{handle ? `@${handle}` : did}</p>
        {description && <p>{truncate(description, 500)}</p>}
      </header>
      {definitions.length === 0 ? (
        <p class="soft small">It does not say what its labels mean: they are shown by their names.</p>
      ) : (
        <form method="post" action="/settings/labels" class="stack">
          <input type="hidden" name="did" value={did} />
          <dl class="label-list">
            {definitions.map((definition, place) => (
              <LabelChoice
                definition={definition}
                labeler={labeler}
                reading={reading}
                id={`${did}-${place}`}
                isSignedIn={isSignedIn}
              />
            ))}
          </dl>
          {isSignedIn && (
            <div>
              <button type="submit" name="action" value="set">
                Save<span class="visually-hidden"> what {name} may do</span>
              </button>
            </div>
          )}
        </form>
      )}
      {isSignedIn && (
        <form method="post" action="/settings/labels">
          <input type="hidden" name="did" value={did} />
          <button class="quiet" type="submit" name="action" value="remove">
            Do not hear it<span class="visually-hidden">: {name}</span>
          </button>
        </form>
      )}
    </section>
  )
}

const LabelChoice: FC<{
  definition: Definition
  labeler: Labeler
  reading: Reading
  id: string
  isSignedIn: boolean
}> = ({ definition, labeler, reading, id, isSignedIn }) => {
  const { val } = definition
  const { name, description } = saidOf(val, labeler, reading)
  const proposed = proposedWay(val, definition)
  const chosen = reading.choices.get(labeler.did)?.get(val) ?? proposed
  const isFixed = isBinding(val) || !isSignedIn
  return (
    <div>
      <dt>
        <label for={isFixed ? undefined : id}>{name}</label>
      </dt>
      <dd>
        {description && <p class="small soft">{truncate(description, 600)}</p>}
        {isFixed ? (
          <span class="badge">{BINDING.get(val) ?? WAYS[proposed]}</span>
        ) : (
          <select id={id} name={`label-${val}`}>
            {(Object.keys(WAYS) as Way[]).map(way => (
              <option value={way} selected={way === chosen}>
                {WAYS[way]}
                {way === proposed && ', as the labeler proposes'}
              </option>
            ))}
          </select>
        )}
      </dd>
    </div>
  )
}
