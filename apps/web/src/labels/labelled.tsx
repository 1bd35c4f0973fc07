import type { Child, FC } from 'hono/jsx'
import { labelReading, viewer } from '../session/viewer.ts'
import { type Label, type Said, verdictOn } from './reading.ts'

/** Labels of something, as they are told beside it. */
export const LabelBadges: FC<{ labels?: readonly Label[] }> = ({ labels }) => {
  const { inform } = verdictOn(labels, labelReading())
  if (inform.length === 0) return null
  return (
    <ul class="badges labels" aria-label="Labels">
      {inform.map(said => (
        <li>
          <details class="label">
            <summary class="badge warm">{said.name}</summary>
            <Meaning said={said} />
          </details>
        </li>
      ))}
    </ul>
  )
}

export interface LabelledProps {
  labels?: readonly Label[]
  /** What it is: `dataset`, `comment`. */
  what: string
  /** DID of whose it is: to them nothing of it is covered. */
  author: string
  /** In a list, where it has a page of its own. */
  href?: string
  children?: Child
}

/** Something that whoever looks may not want to see: covered by what its labels say, or left out. */
export const Labelled: FC<LabelledProps> = ({ labels, what, author, href, children }) => {
  const { hide, warn } = verdictOn(labels, labelReading())
  if (hide.length + warn.length === 0) return <>{children}</>
  const isBound = hide.some(said => said.isBinding)
  if (viewer()?.did === author)
    return (
      <>
        <div class="banner" role="note">
          <p>
            Others may not see this {what}, or only after a warning: it is labelled{' '}
            {[...hide, ...warn].map(said => said.name).join(', ')}.
          </p>
          <Meanings said={[...hide, ...warn]} />
        </div>
        {children}
      </>
    )
  if (hide.length > 0 && (isBound || href))
    return (
      <div class="veiled">
        <p>
          <span class="soft">This {what} is hidden:</span> {hide.map(said => said.name).join(', ')}{' '}
          {href && !isBound && <a href={href}>its page</a>}
        </p>
        <Meanings said={hide} />
      </div>
    )
  const said = [...hide, ...warn]
  return (
    <details class="veiled">
      <summary>
        {said.map(({ name }) => name).join(', ')} <span class="soft small">– show the {what}</span>
      </summary>
      <Meanings said={said} />
      {children}
    </details>
  )
}

/** What is read where a name would stand that whoever looks may not want to see; undefined where it may be shown. */
export function nameOverLabels(labels: readonly Label[] | undefined, author: string): string | undefined {
  const { hide, warn } = verdictOn(labels, labelReading())
  const said = [...hide, ...warn]
  if (said.length === 0 || viewer()?.did === author) return undefined
  return `Labelled: ${said.map(({ name }) => name).join(', ')}`
}

const Meanings: FC<{ said: readonly Said[] }> = ({ said }) => (
  <>
    {said.map(one => (
      <Meaning said={one} />
    ))}
  </>
)

const Meaning: FC<{ said: Said }> = ({ said: { description, by, src } }) => (
  <p class="small soft">
    {description} So says{' '}
    <a href={`/settings/labels#${src}`} rel="nofollow">
      {by}
    </a>
    .
  </p>
)
