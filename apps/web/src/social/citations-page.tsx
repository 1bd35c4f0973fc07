import { CITING_RELATIONS, type CitationView } from '@frost/client/citations'
import { nsid } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { doiAddress } from '../dataset-facts.ts'
import { Address, Onward, Person, Problem } from '../design/parts.tsx'
import { LabelBadges, Labelled, nameOverLabels } from '../labels/labelled.tsx'
import { type Found, SeekField } from '../publish/source-fields.tsx'
import { signInIsOffered, viewer } from '../session/viewer.ts'
import { truncate } from '../text.ts'
import { Acknowledge } from './acknowledge-form.tsx'
import { type DatasetContext, DatasetFrame } from './dataset-page.tsx'
import { Moment } from './moment.tsx'
import { ownerOf, signInAddress, type Texts } from './parts.ts'
import { datasetPath } from './places.ts'

/** What somebody is saying of a citation, as their form has it. */
export interface CitationDraft {
  readonly texts: Texts
  readonly found?: Found
  /** Title of what was taken from the search. */
  readonly title?: string
  readonly problem?: string
}

/** Who cites a dataset, and whose word that is; and the form by which anybody says so. */
export const CitationsPage: FC<{
  dataset: DatasetContext
  citations: readonly CitationView[]
  next?: string
  draft?: CitationDraft
}> = ({ dataset, citations, next, draft }) => {
  const path = `${dataset.path}/citations`
  return (
    <DatasetFrame dataset={dataset} current="citations" title="Cited by" scripts={['citations.js']}>
      <p class="soft">
        Papers, datasets and others that cite this dataset, were made from it or relate to it. Whoever says so
        is named: an owner of either side, or a third party.
      </p>
      {citations.length === 0 && <p class="soft">Nothing is known to cite it yet.</p>}
      <ul class="plain rows citations">
        {citations.map(citation => (
          <li>
            <Labelled labels={citation.labels} what="citation" author={citation.author.did}>
              <Citation citation={citation} dataset={dataset} />
            </Labelled>
          </li>
        ))}
      </ul>
      <Onward href={next && `${path}?cursor=${encodeURIComponent(next)}`}>Older citations →</Onward>
      {viewer() ? (
        <CitationForm path={path} draft={draft ?? { texts: {} }} />
      ) : (
        signInIsOffered() && (
          <p>
            <a class="button quiet" href={signInAddress(path)} rel="nofollow">
              Say what cites this
            </a>
          </p>
        )
      )}
    </DatasetFrame>
  )
}

const Citation: FC<{ citation: CitationView; dataset: DatasetContext }> = ({ citation, dataset }) => {
  const {
    other,
    relation = 'cites',
    isInverse,
    author,
    assertedBy,
    acknowledged,
    pinState,
    saidAt,
  } = citation
  const isClaim = citation.uri.split('/')[3] === nsid('graph.citation')
  const isMine = isClaim && viewer()?.did === author.did
  // Whose thing it is that somebody else speaks of: they may say whether it is so. Who claims an identifier is not yet one of them.
  const named = other?.id.startsWith('at://') ? other.dataset : undefined
  const concerned = [dataset.entry.uri, named].find(
    uri => uri !== undefined && ownerOf(uri) === viewer()?.did && author.did !== viewer()?.did,
  )
  const { relationNote, evidence = [] } = (citation.record ?? {}) as {
    relationNote?: string
    evidence?: readonly { ref?: { uri?: string; value?: string; scheme?: string } }[]
  }
  return (
    <div class="stack-tight">
      <span class="row-title">
        <Other other={other} fallback={citation.uri} />
      </span>
      <div class="meta">
        <span>
          {relation === 'other' && relationNote ? truncate(relationNote, 80) : relation.replaceAll('-', ' ')}
          {isInverse ? ' (said of this dataset)' : ''}
        </span>
        <Moment time={saidAt ?? citation.indexedAt} />
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        <span class="badge">{ROLES.get(assertedBy) ?? assertedBy}</span>
        {acknowledged && <Acknowledged status={acknowledged} />}
        {pinState && PIN_STATES.has(pinState) && <span class="badge">{PIN_STATES.get(pinState)}</span>}
        {isClaim &&
          evidence.slice(0, 4).map(({ ref }) => {
            const href =
              ref?.scheme?.toLowerCase() === 'doi' ? doiAddress(String(ref.value)) : (ref?.uri ?? '')
            return href ? <Address href={href} text="evidence" /> : null
          })}
      </div>
      <LabelBadges labels={citation.labels} />
      <LabelBadges labels={other?.labels} />
      {concerned !== undefined && (
        <Acknowledge claim={citation.uri} part={isClaim ? undefined : concerned} said={acknowledged} />
      )}
      {isMine && (
        <form method="post" action={`${dataset.path}/citations`}>
          <input type="hidden" name="action" value="retract" />
          <button class="quiet small" type="submit" name="uri" value={citation.uri}>
            Take it back
          </button>
        </form>
      )}
    </div>
  )
}

const ROLES: ReadonlyMap<string, string> = new Map([
  ['downstream-owner', 'says its owner'],
  ['upstream-owner', 'says this dataset’s owner'],
  ['third-party', 'says a third party'],
])

const PIN_STATES: ReadonlyMap<string, string> = new Map([
  ['changed-since', 'cites an earlier state'],
  ['gone', 'what it cites is gone'],
])

/** What those say of a claim whom it concerns. */
export const Acknowledged: FC<{ status: string }> = ({ status }) =>
  status === 'accepted' ? (
    <span class="badge good">confirmed</span>
  ) : status === 'disputed' ? (
    <span class="badge warm">disputed</span>
  ) : null

const Other: FC<{ other: CitationView['other']; fallback: string }> = ({ other, fallback }) => {
  if (!other) return <a href={`/at/${fallback.slice('at://'.length)}`}>{fallback}</a>
  const title = truncate(
    nameOverLabels(other.labels, other.author?.did ?? '') ?? other.title ?? other.id,
    300,
  )
  if (other.dataset && ownerOf(other.dataset)) return <a href={datasetPath(other.dataset)}>{title}</a>
  if (other.id.startsWith('at://'))
    return other.state === 'available' ? (
      <a href={`/at/${other.id.slice('at://'.length)}`}>{title}</a>
    ) : (
      <span>
        {title} <span class="badge">{other.state}</span>
      </span>
    )
  const href = other.id.startsWith('doi:') ? doiAddress(other.id) : other.id
  return <Address href={href} text={title} />
}

const CitationForm: FC<{ path: string; draft: CitationDraft }> = ({ path, draft }) => {
  const { texts, found, title, problem } = draft
  return (
    <form class="card stack say-citation" method="post" action={`${path}#say`} id="say">
      <h2>Say what cites this</h2>
      <p class="soft small">
        You say it under your name, in your own repository, for everyone to see; owners may confirm or dispute
        it. What your own dataset was made from belongs into its own record.
      </p>
      <Problem problem={problem} />
      <SeekField
        label="A DOI, an address, handle/slug, or words to search a dataset by"
        value={texts.seek}
        found={found}
        isTaken
      >
        {title ? `“${title}” is taken.` : 'Of a paper, give its DOI.'}
      </SeekField>
      <div class="field">
        <label for="relation">Its relation to this dataset</label>
        <select id="relation" name="relation">
          {CITING_RELATIONS.map(value => (
            <option value={value} selected={texts.relation === value}>
              {value.replaceAll('-', ' ')}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="evidence">Where that can be seen (optional)</label>
        <input
          id="evidence"
          name="evidence"
          type="text"
          value={texts.evidence}
          maxlength={2000}
          placeholder="DOI or address"
        />
      </div>
      <div>
        <button type="submit" name="action" value="say">
          Say it
        </button>
      </div>
    </form>
  )
}
