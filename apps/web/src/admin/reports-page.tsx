import type { frost } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { Onward, Person } from '../design/parts.tsx'
import { Moment } from '../social/moment.tsx'
import { REPORT_REASONS } from '../social/report-form.tsx'
import { truncate } from '../text.ts'
import { AdminFrame, type Outcome } from './frame.tsx'

export type Report = frost.admin.listReports.Report

/** What is known of what was reported. */
export interface Subject {
  /** Where the site shows it. */
  readonly href?: string
  readonly kind: string
  readonly title?: string
  readonly text?: string
}

export const REPORT_STATES = ['open', 'resolved', 'all'] as const
export type ReportState = (typeof REPORT_STATES)[number]

export interface ReportsProps extends Outcome {
  readonly reports: readonly Report[]
  readonly subjects: ReadonlyMap<string, Subject>
  readonly state: ReportState
  readonly openReports: number
  readonly next?: string
}

/** Offered while one types; any other may be given. */
const LABELS = ['spam', 'misleading', 'impersonation', 'rude', 'unlawful', 'unreliable', '!warn', '!hide']

const STATES: Readonly<Record<ReportState, string>> = { open: 'Open', resolved: 'Settled', all: 'All' }

/** What people reported, oldest first, with what an operator may do about each. */
export const ReportsPage: FC<ReportsProps> = ({ reports, subjects, state, next, ...frame }) => (
  <AdminFrame current="reports" title="Reports" {...frame}>
    <nav class="badges" aria-label="Only">
      {REPORT_STATES.map(one => (
        <a
          class="badge"
          href={`/admin/reports?state=${one}`}
          aria-current={one === state ? 'true' : undefined}
        >
          {STATES[one]}
        </a>
      ))}
    </nav>
    {reports.length === 0 && (
      <p class="soft">{state === 'open' ? 'No report is open.' : 'There is no report.'}</p>
    )}
    <datalist id="label-values">
      {LABELS.map(value => (
        <option value={value} />
      ))}
    </datalist>
    {reports.map(report => (
      <ReportCard report={report} subject={subjects.get(report.subject)} />
    ))}
    <Onward href={next && `/admin/reports?state=${state}&cursor=${encodeURIComponent(next)}`}>
      Later reports →
    </Onward>
  </AdminFrame>
)

const ReportCard: FC<{ report: Report; subject?: Subject }> = ({ report, subject }) => {
  const { id, reasonType, reason, reportedBy, createdAt, resolvedAt, note, isTakenDown } = report
  const about = subject?.title ?? report.subject
  return (
    <article class="card report" aria-label={`Report ${id}`}>
      <header class="stack-tight">
        <h2>{REPORT_REASONS.get(reasonType) ?? truncate(reasonType, 100)}</h2>
        <div class="meta">
          <Person did={reportedBy.did} handle={reportedBy.handle} name={reportedBy.displayName} />
          <span>
            reported it <Moment time={createdAt} />
          </span>
          {isTakenDown && <span class="badge warm">taken down</span>}
        </div>
      </header>
      <p>
        {subject?.kind ?? 'record'}{' '}
        {subject?.href ? <a href={subject.href}>{truncate(about, 200)}</a> : <b>{truncate(about, 200)}</b>}
        <br />
        <code class="small address">{report.subject}</code>
      </p>
      {subject?.text && <blockquote dir="auto">{truncate(subject.text, 600)}</blockquote>}
      {reason && (
        <p>
          <b>They say:</b> {reason}
        </p>
      )}
      {resolvedAt ? (
        <p class="soft">
          Settled <Moment time={resolvedAt} />
          {note && `: ${note}`}
        </p>
      ) : (
        <Deeds report={report} />
      )}
    </article>
  )
}

/** Each form does one thing and settles the report. */
const Deeds: FC<{ report: Report }> = ({ report: { id, subject, cid, isTakenDown } }) => {
  const About: FC<{ action: string }> = ({ action }) => (
    <>
      <input type="hidden" name="action" value={action} />
      <input type="hidden" name="id" value={String(id)} />
      <input type="hidden" name="subject" value={subject} />
      {cid && <input type="hidden" name="cid" value={cid} />}
    </>
  )
  return (
    <div class="report-deeds">
      <form method="post" class="stack-tight">
        <About action={isTakenDown ? 'restore' : 'takedown'} />
        <p class="field">
          <label for={`why-${id}`}>Why (for operators)</label>
          <input id={`why-${id}`} name="note" type="text" maxlength={1000} autocomplete="off" />
        </p>
        <div>
          <button class={isTakenDown ? 'quiet' : 'danger'} type="submit">
            {isTakenDown ? 'Show it again' : 'Take it down'}
          </button>
        </div>
      </form>
      <form method="post" class="stack-tight">
        <About action="label" />
        <p class="field">
          <label for={`label-${id}`}>Label, such as spam or misleading</label>
          <input
            id={`label-${id}`}
            name="val"
            type="text"
            required
            maxlength={100}
            pattern="!?[a-z][a-z\-]*"
            list="label-values"
            autocomplete="off"
            autocapitalize="none"
          />
        </p>
        <div>
          <button type="submit">Label it</button>
        </div>
      </form>
      <form method="post" class="stack-tight">
        <About action="dismiss" />
        <p class="field">
          <label for={`note-${id}`}>What comes of it</label>
          <input id={`note-${id}`} name="note" type="text" maxlength={2000} autocomplete="off" />
        </p>
        <div>
          <button class="quiet" type="submit">
            Dismiss the report
          </button>
        </div>
      </form>
    </div>
  )
}
