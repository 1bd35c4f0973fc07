import { randomUUID } from 'node:crypto'
import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import { MarkdownNote } from '../design/markdown-note.tsx'
import { Badges, Onward, Person, Problem } from '../design/parts.tsx'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { renderMarkdown } from '../markdown.ts'
import { signInIsOffered, viewer } from '../session/viewer.ts'
import { HiddenNote, HideForm } from './comment.tsx'
import { type DatasetContext, DatasetFrame } from './dataset-page.tsx'
import { Moment } from './moment.tsx'
import { issuePath, type Texts } from './parts.ts'
import { ReportMenu } from './report-form.tsx'
import { type Failed, PageProblem, ThreadSection } from './thread.tsx'
import type { IssueView, Thread } from './views.ts'

const STATE_WORDS: ReadonlyMap<string, string> = new Map(Object.entries({ 'wont-fix': 'will not be fixed' }))

export const State: FC<{ state: string }> = ({ state }) => (
  <span class={`state ${['open', 'adopted', 'fixed'].includes(state) ? state : ''}`}>
    {STATE_WORDS.get(state) ?? state}
  </span>
)

export const IssuesPage: FC<{
  dataset: DatasetContext
  state: 'open' | 'closed'
  issues: readonly IssueView[]
  next?: string
}> = ({ dataset, state, issues, next }) => {
  const path = `${dataset.path}/issues`
  return (
    <DatasetFrame dataset={dataset} current="issues" title="Issues">
      <div class="list-head">
        <nav class="switch" aria-label="State">
          <a href={path} aria-current={state === 'open' ? 'true' : undefined}>
            Open
          </a>
          <a href={`${path}?state=closed`} aria-current={state === 'closed' ? 'true' : undefined}>
            Settled
          </a>
        </nav>
        {signInIsOffered() && (
          <a class="button" href={`${path}/new`} rel="nofollow">
            New issue
          </a>
        )}
      </div>
      {issues.length === 0 && (
        <p class="soft">{state === 'open' ? 'No issue is open.' : 'No issue was settled yet.'}</p>
      )}
      <ul class="plain rows">
        {issues.map(({ issue, state: now }) => (
          <li>
            <div class="stack-tight">
              <Labelled
                labels={issue.labels}
                what="issue"
                author={issue.author.did}
                href={issuePath(dataset, issue.uri)}
              >
                <a class="row-title" href={issuePath(dataset, issue.uri)}>
                  {issue.hidden ? 'Hidden by the owner' : issue.record.title}
                </a>
                <div class="meta">
                  <Person
                    did={issue.author.did}
                    handle={issue.author.handle}
                    name={issue.author.displayName}
                  />
                  <Moment time={issue.record.createdAt} />
                  {(issue.replyCount ?? 0) > 0 && <span>{issue.replyCount} comments</span>}
                </div>
                {!issue.hidden && <Labels issue={issue} />}
              </Labelled>
            </div>
            <State state={now} />
          </li>
        ))}
      </ul>
      <Onward href={next && `${path}?state=${state}&cursor=${encodeURIComponent(next)}`}>
        Older issues →
      </Onward>
    </DatasetFrame>
  )
}

const Labels: FC<{ issue: IssueView['issue'] }> = ({ issue }) => {
  const labels = issue.record.labels ?? []
  return labels.length > 0 ? <Badges items={labels.map(({ term }) => ({ text: term }))} /> : null
}

export const NewIssuePage: FC<{ dataset: DatasetContext; texts: Texts; problem?: string }> = ({
  dataset,
  texts,
  problem,
}) => (
  <DatasetFrame dataset={dataset} current="issues" title="New issue">
    <Problem problem={problem} />
    <form method="post" class="card stack">
      <IssueFields texts={texts} />
      <div>
        <button type="submit">Open the issue</button>
      </div>
    </form>
  </DatasetFrame>
)

const IssueFields: FC<{ texts: Texts }> = ({ texts }) => (
  <>
    <input type="hidden" name="once" value={texts.once ?? randomUUID()} />
    <input type="hidden" name="at" value={texts.at ?? new Date().toISOString()} />
    <p class="field">
      <label for="title">The matter in one line</label>
      <input
        id="title"
        name="title"
        type="text"
        required
        maxlength={300}
        value={texts.title}
        autocomplete="off"
        placeholder="Gap in March 2014"
      />
    </p>
    <p class="field">
      <label for="text">What you see, what you expected, how one can see it</label>
      <textarea id="text" name="text" rows={7} maxlength={10_000} aria-describedby="text-hint">
        {texts.text ?? ''}
      </textarea>
      <span class="hint" id="text-hint">
        <MarkdownNote of="text" /> It is written into your own repository and is public.
      </span>
    </p>
    <p class="field">
      <label for="labels">Labels, by commas</label>
      <input
        id="labels"
        name="labels"
        type="text"
        value={texts.labels}
        maxlength={1000}
        autocomplete="off"
        placeholder="quality, units"
      />
    </p>
  </>
)

export const IssuePage: FC<{
  dataset: DatasetContext
  issue: IssueView
  thread: Thread
  muted: ReadonlySet<string>
  failed?: Failed
}> = ({ dataset, issue: view, thread, muted, failed }) => {
  const { issue, state } = view
  const { author, record, uri, cid } = issue
  const person = viewer()
  const isOwner = person?.did === dataset.entry.author.did
  const isReporter = person?.did === author.did
  const mayRead = !issue.hidden || isOwner || isReporter
  return (
    <DatasetFrame dataset={dataset} current="issues" title={mayRead ? record.title : 'A hidden issue'}>
      <PageProblem failed={failed} />
      <div class="meta">
        <State state={state} />
        <span>opened by</span>
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        <Moment time={record.createdAt} />
        {issue.edited && <span>edited</span>}
      </div>
      {view.stateBy && (
        <p class="small soft">
          {shownNameOf(view.stateBy)} said “{STATE_WORDS.get(state) ?? state}”
          {view.stateReason && `: ${view.stateReason}`}
        </p>
      )}
      <HiddenNote said={issue} />
      {mayRead && <Labels issue={issue} />}
      <LabelBadges labels={issue.labels} />
      {mayRead && record.text && (
        <Labelled labels={issue.labels} what="issue" author={author.did}>
          <div class="card prose">{raw(renderMarkdown(record.text))}</div>
        </Labelled>
      )}
      {person && (
        <div class="comment-actions small">
          {isReporter && (
            <details open={failed?.texts.action === 'rewrite'}>
              <summary>Edit</summary>
              <form method="post" class="stack">
                <input type="hidden" name="action" value="rewrite" />
                <IssueFields
                  texts={{
                    title: record.title,
                    text: record.text ?? '',
                    labels: (record.labels ?? []).map(({ term }) => term).join(', '),
                  }}
                />
                <div>
                  <button type="submit">Save</button>
                </div>
              </form>
            </details>
          )}
          {isOwner && !isReporter && <HideForm uri={uri} isHidden={issue.hidden === true} />}
          {!isReporter && <ReportMenu uri={uri} cid={cid} author={author} />}
        </div>
      )}
      <ThreadSection
        entry={dataset.entry}
        thread={thread}
        muted={muted}
        failed={failed}
        empty="Nobody has answered yet."
      />
      {(isOwner || isReporter) && <SettleForm state={state} />}
    </DatasetFrame>
  )
}

const SETTLED: readonly (readonly [value: string, text: string])[] = [
  ['closed', 'closed'],
  ['fixed', 'fixed'],
  ['wont-fix', 'will not be fixed'],
  ['duplicate', 'a duplicate'],
]

const SettleForm: FC<{ state: string }> = ({ state }) => (
  <form method="post" class="card stack">
    <h2>{state === 'open' ? 'Settle it' : 'Open it again'}</h2>
    <input type="hidden" name="action" value="settle" />
    {state === 'open' ? (
      <p class="field">
        <label for="state">It is</label>
        <select id="state" name="state">
          {SETTLED.map(([value, text]) => (
            <option value={value}>{text}</option>
          ))}
        </select>
      </p>
    ) : (
      <input type="hidden" name="state" value="open" />
    )}
    <p class="field">
      <label for="reason">Why</label>
      <input id="reason" name="reason" type="text" maxlength={2000} autocomplete="off" />
    </p>
    <div>
      <button class="quiet" type="submit">
        {state === 'open' ? 'Close the issue' : 'Open the issue again'}
      </button>
    </div>
  </form>
)
