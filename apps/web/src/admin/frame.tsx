import type { Child, FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { Done, Problem } from '../design/parts.tsx'

export type AdminTab = 'overview' | 'reports' | 'takedowns' | 'keys'

const TABS: readonly (readonly [tab: AdminTab, text: string, href: string])[] = [
  ['overview', 'How it fares', '/admin'],
  ['reports', 'Reports', '/admin/reports'],
  ['takedowns', 'Taken down', '/admin/takedowns'],
  ['keys', 'Keys and usage', '/admin/keys'],
]

/** What was just done, or why it could not be. */
export interface Outcome {
  readonly done?: string
  readonly problem?: string
}

/** The frame of the pages for operators. */
export const AdminFrame: FC<
  Outcome & { current: AdminTab; title: string; openReports?: number; children?: Child }
> = ({ current, title, openReports = 0, done, problem, children }) => (
  <Layout title={`${title} – FROST`} styles={['form.css', 'social.css', 'admin.css']}>
    <div class="stack">
      <header class="stack-tight">
        <h1>{title}</h1>
        <nav class="page-tabs" aria-label="Operating this index">
          {TABS.map(([tab, text, href]) => (
            <a href={href} aria-current={tab === current ? 'page' : undefined}>
              {text} {tab === 'reports' && openReports > 0 && <span class="count">{openReports}</span>}
            </a>
          ))}
        </nav>
      </header>
      <Done done={done} />
      <Problem problem={problem} />
      {children}
    </div>
  </Layout>
)

/** Rows under heads, that can be scrolled sideways where they are wide. */
export const Rows: FC<{
  label: string
  head: readonly string[]
  rows: readonly (readonly Child[])[]
  /** Columns of numbers, by their place. */
  numbers?: readonly number[]
  /** Said where there is no row. */
  empty: string
}> = ({ label, head, rows, numbers = [], empty }) =>
  rows.length === 0 ? (
    <p class="soft">{empty}</p>
  ) : (
    <section class="table-scroll" aria-label={label} tabindex={0}>
      <table>
        <thead>
          <tr>
            {head.map((title, place) => (
              <th scope="col" class={numbers.includes(place) ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr>
              {row.map((cell, place) => (
                <td class={numbers.includes(place) ? 'number' : undefined}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
