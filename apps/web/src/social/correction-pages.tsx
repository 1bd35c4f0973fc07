import type { LexValue } from '@atproto/lex'
import type { PatchOperation } from '@frost/client/json-patch'
import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import { Address, Onward, Person } from '../design/parts.tsx'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { plainText, renderMarkdown } from '../markdown.ts'
import { signInIsOffered, viewer } from '../session/viewer.ts'
import { plural, truncate } from '../text.ts'
import { type Change, changesOf } from './changes.ts'
import { HiddenNote, HideForm } from './comment.tsx'
import { type DatasetContext, DatasetFrame } from './dataset-page.tsx'
import { State } from './issue-pages.tsx'
import { Moment } from './moment.tsx'
import { correctionPath } from './parts.ts'
import { ReportMenu } from './report-form.tsx'
import { type Failed, PageProblem, ThreadSection } from './thread.tsx'
import type { CorrectionRecord, CorrectionView, Thread } from './views.ts'

export const CorrectionsPage: FC<{
  dataset: DatasetContext
  corrections: readonly CorrectionView[]
  next?: string
}> = ({ dataset, corrections, next }) => {
  const path = `${dataset.path}/corrections`
  const isOwner = viewer()?.did === dataset.entry.author.did
  return (
    <DatasetFrame dataset={dataset} current="corrections" title="Corrections">
      <div class="list-head">
        <p class="soft">Changes that others propose. The owner accepts or declines them.</p>
        {signInIsOffered() && !isOwner && (
          <a class="button" href={`${path}/new`} rel="nofollow">
            Propose a correction
          </a>
        )}
      </div>
      {corrections.length === 0 && <p class="soft">None was proposed yet.</p>}
      <ul class="plain rows">
        {corrections.map(({ correction, state }) => (
          <li>
            <Labelled
              labels={correction.labels}
              what="correction"
              author={correction.author.did}
              href={correctionPath(dataset, correction.uri)}
            >
              <div class="stack-tight">
                <a class="row-title" href={correctionPath(dataset, correction.uri)}>
                  {correction.hidden
                    ? 'Hidden by the owner'
                    : truncate(plainText(correction.record.rationale), 140) || 'A correction'}
                </a>
                <div class="meta">
                  <Person
                    did={correction.author.did}
                    handle={correction.author.handle}
                    name={correction.author.displayName}
                  />
                  <Moment time={correction.record.createdAt} />
                  <span>{kindOf(correction.record)}</span>
                </div>
              </div>
            </Labelled>
            <State state={state} />
          </li>
        ))}
      </ul>
      <Onward href={next && `${path}?cursor=${encodeURIComponent(next)}`}>Older corrections →</Onward>
    </DatasetFrame>
  )
}

function kindOf({ patch, fork, blob }: CorrectionRecord): string {
  if (patch) return `${plural(patch.filter(({ op }) => op !== 'test').length, 'change')} of the description`
  return fork || blob ? 'corrected data' : 'nothing is proposed'
}

export const CorrectionPage: FC<{
  dataset: DatasetContext
  correction: CorrectionView
  thread: Thread
  muted: ReadonlySet<string>
  failed?: Failed
}> = ({ dataset, correction: view, thread, muted, failed }) => {
  const { correction, state } = view
  const { author, record, uri, cid } = correction
  const person = viewer()
  const isOwner = person?.did === dataset.entry.author.did
  const isProposer = person?.did === author.did
  const mayRead = !correction.hidden || isOwner || isProposer
  const changes = changesOf(
    dataset.entry.record as unknown as LexValue,
    (record.patch ?? []) as PatchOperation[],
  )
  return (
    <DatasetFrame dataset={dataset} current="corrections" title="Proposed correction">
      <PageProblem failed={failed} />
      <div class="meta">
        <State state={state} />
        <span>proposed by</span>
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        <Moment time={record.createdAt} />
      </div>
      {view.stateBy && (
        <p class="small soft">
          {shownNameOf(view.stateBy)}: {state}
          {view.stateReason && `, “${view.stateReason}”`}
        </p>
      )}
      <HiddenNote said={correction} />
      {mayRead && (
        <>
          <LabelBadges labels={correction.labels} />
          <Labelled labels={correction.labels} what="correction" author={author.did}>
            <div class="card prose">{raw(renderMarkdown(record.rationale))}</div>
            {changes.length > 0 && <Changes changes={changes} isOpen={state === 'open'} />}
            <Data record={record} />
          </Labelled>
        </>
      )}
      {isOwner && state === 'open' && mayRead && (
        <Decision
          cid={cid}
          seen={dataset.entry.cid}
          adopt={`${dataset.path}/release?corrects=${encodeURIComponent(uri)}`}
          isPatch={changes.length > 0}
        />
      )}
      {isProposer && state === 'open' && (
        <form method="post" class="actions">
          <input type="hidden" name="cid" value={cid} />
          <button class="quiet" type="submit" name="action" value="withdraw">
            Withdraw it
          </button>
        </form>
      )}
      {person && !isProposer && (
        <div class="comment-actions small">
          {isOwner && <HideForm uri={uri} isHidden={correction.hidden === true} />}
          <ReportMenu uri={uri} cid={cid} author={author} />
        </div>
      )}
      <ThreadSection
        entry={dataset.entry}
        thread={thread}
        muted={muted}
        failed={failed}
        empty="Nobody has said anything about it yet."
      />
    </DatasetFrame>
  )
}

/** What would be otherwise, field by field. */
const Changes: FC<{ changes: readonly Change[]; isOpen: boolean }> = ({ changes, isOpen }) => (
  <section class="card stack" aria-label="Changes">
    {changes.map(({ place, before, after, problem }) => (
      <div class="change">
        <h2>{place}</h2>
        {before !== undefined && (
          <p class="before">
            <span class="visually-hidden">It said: </span>
            <del>{truncate(before, 4000)}</del>
          </p>
        )}
        {after !== undefined ? (
          <p class="after">
            <span class="visually-hidden">It is to say: </span>
            <ins>{truncate(after, 4000)}</ins>
          </p>
        ) : (
          <p class="soft small">is taken away</p>
        )}
        {isOpen && problem && <p class="problem">It does not fit any more: {problem}</p>}
      </div>
    ))}
  </section>
)

const Data: FC<{ record: CorrectionRecord }> = ({ record: { fork } }) =>
  fork ? (
    <section class="card stack-tight">
      <h2>Corrected data</h2>
      <p class="address">
        <Address href={fork.uri} />
      </p>
      {fork.pin && (
        <p class="small soft">
          {fork.pin.scheme}: <code>{fork.pin.value}</code>
        </p>
      )}
    </section>
  ) : null

const Decision: FC<{ cid: string; seen: string; adopt: string; isPatch: boolean }> = ({
  cid,
  seen,
  adopt,
  isPatch,
}) => (
  <section class="card stack" aria-label="Your decision">
    {isPatch ? (
      <form method="post" class="actions">
        <input type="hidden" name="cid" value={cid} />
        <input type="hidden" name="seen" value={seen} />
        <button type="submit" name="action" value="accept">
          Accept and change the record
        </button>
      </form>
    ) : (
      <p class="actions">
        <a class="button" href={adopt}>
          Release a version that adopts it
        </a>
        <span class="soft small">once the corrected data lies in your own store</span>
      </p>
    )}
    <details>
      <summary>Decline</summary>
      <form method="post" class="stack-tight">
        <input type="hidden" name="cid" value={cid} />
        <p class="field">
          <label for="note">Why</label>
          <input id="note" name="note" type="text" maxlength={2000} autocomplete="off" />
        </p>
        <div>
          <button class="quiet" type="submit" name="action" value="decline">
            Decline it
          </button>
        </div>
      </form>
    </details>
  </section>
)
