import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { Layout } from '../design/layout.tsx'
import { plural, truncate } from '../text.ts'
import { edgeText, LineageDrawing } from './drawing.tsx'
import { type LineageEdge, type LineageGraph, nodeAddress, titleOf } from './graph.ts'
import { ASSERTERS, DEEPEST, DIRECTIONS, type LineageState } from './state.ts'

export interface LineageProps {
  readonly publicUrl: string
  readonly entry: EntryView
  /** Address of the dataset. */
  readonly path: string
  readonly graph: LineageGraph
  readonly state: LineageState
}

/** What a dataset was made from and what was made from it: drawn, and as a list. */
export const LineagePage: FC<LineageProps> = ({ publicUrl, entry, path, graph, state }) => (
  <Layout
    title={`Lineage of ${entry.record.title} – FROST`}
    canonical={`${publicUrl}${path}/lineage`}
    styles={['lineage.css']}
    scripts={['lineage.js']}
  >
    <div class="stack">
      <header class="stack-tight">
        <h1>Lineage</h1>
        <p>
          of <a href={path}>{entry.record.title}</a>
        </p>
      </header>
      <Choices graph={graph} state={state} />
      {graph.edges.length === 0 ? (
        <p class="card">
          Nobody of those chosen says what this was made from, or that anything was made from it.
        </p>
      ) : (
        <>
          <p class="soft small">
            {plural(graph.nodes.size, 'thing')}, {plural(graph.edges.length, 'link')}; sources are left.
            {graph.isTruncated &&
              ' There is more than can be shown: look at fewer steps, or go on from a node.'}
            {graph.hasCycles && ' Some make one another, which stands in one column.'}
          </p>
          <LineageDrawing graph={graph} state={state} path={`${path}/lineage`} />
          <Legend />
          <List graph={graph} />
        </>
      )}
    </div>
  </Layout>
)

const DIRECTION_NAMES = {
  both: 'Both ways',
  upstream: 'Sources',
  downstream: 'What is made from it',
} as const
const ASSERTER_NAMES = {
  'downstream-owner': 'owner of what was made',
  'upstream-owner': 'owner of the source',
  'third-party': 'third parties',
} as const

const Choices: FC<{ graph: LineageGraph; state: LineageState }> = ({ graph, state }) => (
  <form method="get" class="card lineage-choices">
    <p class="field">
      <label for="direction">Show</label>
      <select id="direction" name="direction">
        {DIRECTIONS.map(one => (
          <option value={one} selected={one === state.direction}>
            {DIRECTION_NAMES[one]}
          </option>
        ))}
      </select>
    </p>
    <p class="field">
      <label for="depth">Steps</label>
      <select id="depth" name="depth">
        {Array.from({ length: DEEPEST }, (_, place) => (
          <option value={String(place + 1)} selected={place + 1 === state.depth}>
            {place + 1}
          </option>
        ))}
      </select>
    </p>
    <fieldset>
      <legend class="small soft">Said by</legend>
      {ASSERTERS.map(one => (
        <label>
          <input type="checkbox" name="by" value={one} checked={state.assertedBy.includes(one)} />{' '}
          {ASSERTER_NAMES[one]}
        </label>
      ))}
    </fieldset>
    {graph.asserters.size > 1 && (
      <p class="field">
        <label for="asserter">Only by</label>
        <select id="asserter" name="asserter">
          <option value="">anyone of these</option>
          {[...graph.asserters].slice(0, 200).map(([did, name]) => (
            <option value={did} selected={did === state.asserter}>
              {truncate(name, 60)}
            </option>
          ))}
        </select>
      </p>
    )}
    <button type="submit" class="quiet">
      Draw
    </button>
  </form>
)

const Legend: FC = () => (
  <ul class="plain lineage-legend small soft">
    {(
      [
        ['', 'said by an owner'],
        ['third-party', 'said by a third party'],
        ['disputed', 'disputed by the other side'],
      ] as const
    ).map(([kind, text]) => (
      <li>
        <svg width="34" height="10" viewBox="0 0 34 10" aria-hidden="true">
          <path class={`arc ${kind}`} d="M1 5H33" />
        </svg>{' '}
        {text}
      </li>
    ))}
  </ul>
)

const SHOWN = 30

/** The drawing in words: of each thing that was made, what from. */
const List: FC<{ graph: LineageGraph }> = ({ graph }) => {
  const made = new Map<string, LineageEdge[]>()
  for (const edge of graph.edges) made.set(edge.from, [...(made.get(edge.from) ?? []), edge])
  const items = [...made].map(([id, edges]) => (
    <li>
      <NodeLink graph={graph} id={id} /> was made from
      <ul>
        {edges.map(edge => (
          <li>
            <NodeLink graph={graph} id={edge.to} /> <span class="soft small">({edgeText(edge)})</span>
          </li>
        ))}
      </ul>
    </li>
  ))
  return (
    <section class="card lineage-list">
      <h2>As a list</h2>
      <ul>{items.slice(0, SHOWN)}</ul>
      {items.length > SHOWN && (
        <details>
          <summary>{items.length - SHOWN} more</summary>
          <ul>{items.slice(SHOWN)}</ul>
        </details>
      )}
    </section>
  )
}

const NodeLink: FC<{ graph: LineageGraph; id: string }> = ({ graph, id }) => {
  const node = graph.nodes.get(id)
  if (!node) return <>{id}</>
  const address = nodeAddress(node)
  const state = node.state === 'unavailable' || node.state === 'deleted' ? ` (${node.state})` : ''
  const text = truncate(titleOf(node), 200) + state
  if (!address) return <span>{text}</span>
  return (
    <a href={address} rel={address.startsWith('/') ? undefined : 'nofollow ugc noopener'}>
      {text}
    </a>
  )
}
