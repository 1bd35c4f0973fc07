import type { FC } from 'hono/jsx'
import { truncate } from '../text.ts'
import {
  authorOf,
  type LineageEdge,
  type LineageGraph,
  type LineageNode,
  nodeAddress,
  titleOf,
} from './graph.ts'
import { BOX, layOut, type Placed } from './layout.ts'
import { type LineageState, lineageQuery } from './state.ts'

/**
 * The drawing: sources left, what is made from them right. A script lets one move and magnify it; without, it scrolls.
 * @param path address of the drawing's own page
 */
export const LineageDrawing: FC<{ graph: LineageGraph; state: LineageState; path: string }> = ({
  graph,
  state,
  path,
}) => {
  const { boxes, arcs, width, height } = layOut(
    [...graph.nodes.keys()],
    graph.edges,
    graph.start,
    new Set(state.open),
  )
  const places = new Map(boxes.map(box => [box.id, box]))
  const said = new Map<string, LineageEdge[]>()
  for (const edge of graph.edges) {
    const key = JSON.stringify([edge.from, edge.to])
    said.set(key, [...(said.get(key) ?? []), edge])
  }
  return (
    <div class="lineage-view" data-lineage>
      <div class="lineage-tools">
        <button type="button" class="quiet" data-zoom="in" aria-label="Magnify">
          +
        </button>
        <button type="button" class="quiet" data-zoom="out" aria-label="Make smaller">
          −
        </button>
        <button type="button" class="quiet" data-zoom="all">
          Whole
        </button>
      </div>
      <section
        class="lineage-frame"
        tabindex={0}
        aria-label="Drawing of the lineage; the same as a list is below"
      >
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="presentation">
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8Z" />
            </marker>
          </defs>
          {arcs.map(arc => {
            const edges = said.get(JSON.stringify([arc.from, arc.to])) ?? []
            return (
              <path
                class={`arc ${arcClass(edges)}`}
                d={curve(places.get(arc.to)!, places.get(arc.from)!)}
                marker-end="url(#arrow)"
              >
                <title>{arc.count > 1 ? `${arc.count} links` : edges.map(edgeText).join('; ')}</title>
              </path>
            )
          })}
          {boxes.map(box =>
            box.hidden ? (
              <Rest box={box} state={state} path={path} />
            ) : (
              <Node box={box} node={graph.nodes.get(box.id)!} isStart={box.id === graph.start} />
            ),
          )}
        </svg>
      </section>
    </div>
  )
}

const Node: FC<{ box: Placed; node: LineageNode; isStart: boolean }> = ({ box, node, isStart }) => {
  const address = nodeAddress(node)
  const title = titleOf(node)
  const own = node.kind === 'entry' && node.state === 'available' && !isStart ? address : undefined
  const inside = (
    <>
      <title>{title}</title>
      <rect width={BOX.width} height={BOX.height} rx="8" />
      <text x="12" y="19" class="name">
        {truncate(title, own ? 21 : 24)}
      </text>
      <text x="12" y="36" class="by">
        {truncate(
          node.state === 'available' || node.state === 'external' ? authorOf(node) : `${node.state}`,
          30,
        )}
      </text>
    </>
  )
  return (
    <g class={`node ${node.state} ${isStart ? 'start' : ''}`} transform={`translate(${box.x} ${box.y})`}>
      {address && !isStart ? (
        <a href={address} rel={address.startsWith('/') ? undefined : 'nofollow ugc noopener'}>
          {inside}
        </a>
      ) : (
        inside
      )}
      {own && (
        <a href={`${own}/lineage`} class="expand" aria-label={`Lineage of ${title}`}>
          <title>Go on from here</title>
          <rect x={BOX.width - 30} y="4" width="26" height="26" rx="6" />
          <path d={`M${BOX.width - 22} 17h10M${BOX.width - 17} 12v10`} />
        </a>
      )}
    </g>
  )
}

/** The rest of a column, to be shown. */
const Rest: FC<{ box: Placed; state: LineageState; path: string }> = ({ box, state, path }) => {
  const query = lineageQuery({ ...state, open: [...state.open, box.column] })
  return (
    <g class="node rest" transform={`translate(${box.x} ${box.y})`}>
      <a href={`${path}?${query}`} rel="nofollow">
        <rect width={BOX.width} height={BOX.height} rx="8" />
        <text x={BOX.width / 2} y="28" text-anchor="middle">
          {`Show ${box.hidden!.length} more`}
        </text>
      </a>
    </g>
  )
}

/** From the right side of the source to the left side of what is made; within a column around it. */
function curve(source: Placed, made: Placed): string {
  const [x, y] = [source.x + BOX.width, source.y + BOX.height / 2]
  const [u, v] = [made.x - 1, made.y + BOX.height / 2]
  const pull = Math.max(36, (u - x) / 2)
  return `M${x} ${y}C${x + pull} ${y} ${u - pull} ${v} ${u} ${v}`
}

function arcClass(edges: readonly LineageEdge[]): string {
  if (edges.length === 0) return ''
  if (edges.every(({ acknowledged }) => acknowledged === 'disputed')) return 'disputed'
  return edges.every(({ assertedBy }) => assertedBy === 'third-party') ? 'third-party' : ''
}

export const edgeText = ({ relation, role, assertedBy, acknowledged, pin }: LineageEdge): string =>
  [
    relation.replaceAll('-', ' '),
    role && `as ${role}`,
    SAID.get(assertedBy) ?? assertedBy,
    acknowledged,
    pin && `pinned by ${pin.scheme}`,
  ]
    .filter(Boolean)
    .join(', ')

export const SAID: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'downstream-owner': 'said by the owner of what was made',
    'upstream-owner': 'said by the owner of the source',
    'third-party': 'said by a third party',
  }),
)
