import { nsid } from '@frost/lexicon'
import { among } from '../among.ts'
import { inParts } from '../in-parts.ts'
import { LogFollower } from '../log-follower.ts'
import { isEntryUri } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { Update, UpdateLog } from '../update-log.ts'
import { Adjacency, ArcList } from './adjacency.ts'
import { type Claims, claimsOf, identicalPairs, keysClaimedBy } from './identity.ts'
import { Nodes } from './nodes.ts'
import { DERIVED, derivation, LINEAGE, SOURCES } from './relations.ts'
import { type Closure, type Impact, Traversal, type Way } from './traverse.ts'

const EDGES_A_PAGE = 20_000
const UPDATES_A_BATCH = 1000
/** Records that say what was made from what, or by which names a dataset goes; those of other types change nothing here. */
const TELLING: ReadonlySet<string | undefined> = new Set(
  ['dataset.entry', 'dataset.version', 'graph.citation'].map(name => nsid(name)),
)

export interface Walk {
  /** Key from which to walk: an at-uri, `doi:…`, a normalised address. */
  readonly from: string
  /** Who must have asserted an arc, as bits of {@link bitsOf}. */
  readonly bits: number
  readonly limit: number
}

/**
 * What was made from what, over all that the index holds: in memory, made from the edges at the start, and led on by the update
 * log. Always equal to what SQL says of the tables (the tests' reference), only much faster.
 */
export class LineageGraph {
  readonly #db: Database
  readonly #updates: UpdateLog
  readonly #follower: LogFollower
  readonly #nodes = new Nodes()
  readonly #adjacency = new Adjacency()
  readonly #traversal = new Traversal(this.#nodes, this.#adjacency)
  /** By key: the datasets that claim it; by dataset: the keys. Only keys that an edge names are looked after. */
  readonly #claimants = new Map<number, readonly number[]>()
  readonly #claimed = new Map<number, Set<number>>()
  /** Datasets that are one with others. */
  readonly #joined = new Map<number, ReadonlySet<number>>()

  constructor(db: Database, updates: UpdateLog, onError: (error: unknown) => void) {
    this.#db = db
    this.#updates = updates
    this.#follower = new LogFollower({
      updates,
      batch: UPDATES_A_BATCH,
      begin: () => this.#load(),
      take: read => this.#refresh(keysIn(read)),
      onError,
    })
  }

  /** Last seq of the update log that the graph holds. */
  get seq(): number {
    return this.#follower.position
  }

  get size(): { readonly nodes: number; readonly arcs: number } {
    return { nodes: this.#nodes.size, arcs: this.#adjacency.arcs }
  }

  /** Reads all edges, and follows the log from then on; returns at once. */
  start(): void {
    this.#follower.start()
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  /** Resolves once everything up to `seq` counts; without it, once the edges that were there at the start do. */
  reached(seq = 0): Promise<void> {
    return this.#follower.reached(seq)
  }

  /** Resolves once all that the log holds now counts: an answer is then as new as the tables that it is filled from. */
  async caughtUp(): Promise<void> {
    await this.reached(await this.#updates.last())
  }

  /** Whether an edge names it. */
  has(key: string): boolean {
    return this.#nodes.find(key) !== undefined
  }

  /** The key of the node that a key stands for; the key itself where the graph does not know it. */
  canonical(key: string): string {
    const node = this.#nodes.find(key)
    return node === undefined ? key : this.#nodes.name(this.#nodes.canonical(node))
  }

  /** All keys of the node that a key stands for, the canonical one first. */
  keysOf(key: string): string[] {
    const node = this.#nodes.find(key)
    if (node === undefined) return [key]
    const canonical = this.#nodes.canonical(node)
    return [canonical, ...(this.#nodes.members(canonical) ?? [])].map(each => this.#nodes.name(each))
  }

  closure({ from, bits, limit }: Walk, way: Way, depth: number): Closure {
    const node = this.#nodes.find(from)
    if (node === undefined) return { reached: [], truncated: false }
    return this.#traversal.closure(this.#nodes.canonical(node), way, { depth, bits, limit })
  }

  impact({ from, bits, limit }: Walk): Impact {
    const node = this.#nodes.find(from)
    if (node === undefined) return { steps: [], cycles: [], truncated: false }
    return this.#traversal.impact(this.#nodes.canonical(node), { bits, limit })
  }

  name(node: number): string {
    return this.#nodes.name(node)
  }

  // Loading

  async #load(): Promise<number> {
    // What comes in while edges are read is read again afterwards: applying twice changes nothing.
    const seq = await this.#updates.last()
    const arcs = new ArcList()
    await this.#eachEdge(DERIVED, 'from_key', arcs)
    await this.#eachEdge(SOURCES, 'to_key', arcs)
    this.#adjacency.load(this.#nodes.size, arcs)
    const keys = Array.from({ length: this.#nodes.size }, (_, node) => this.#nodes.name(node))
    const others = keys.filter(key => !isEntryUri(key))
    this.#settle(others, await claimsOf(this.#db, others))
    this.#join(await identicalPairs(this.#db), [])
    return seq
  }

  /** Pages by the key that a derivation's node stands in; a page ends between two keys, so that no row is missed. */
  async #eachEdge(relations: readonly string[], column: 'from_key' | 'to_key', arcs: ArcList): Promise<void> {
    let after: string | undefined
    let most = EDGES_A_PAGE
    for (;;) {
      const rows = await this.#db
        .selectFrom('edge')
        .select(['from_key', 'to_key', 'relation', 'asserted_by'])
        .where('relation', 'in', relations)
        .$if(after !== undefined, ask => ask.where(column, '>', after!))
        .orderBy(column)
        .limit(most)
        .execute()
      const isLast = rows.length < most
      const cut = rows.at(-1)?.[column]
      const whole = isLast ? rows : rows.filter(row => row[column] !== cut)
      if (!isLast && whole.length === 0) {
        // One node has more edges than a page holds.
        most *= 4
        continue
      }
      for (const row of whole) {
        const { made, source, bits } = derivation(row)
        arcs.add(this.#nodes.intern(made), this.#nodes.intern(source), bits)
      }
      if (isLast) return
      after = whole.at(-1)![column]
      most = EDGES_A_PAGE
    }
  }

  // Following

  /** Reads anew what these keys were made from, what they claim, and whether they are one with others. */
  async #refresh(keys: readonly string[]): Promise<void> {
    const db = this.#db
    const entries = keys.filter(isEntryUri)
    const edges = await inParts(keys, part =>
      db
        .selectFrom('edge')
        .select(['from_key', 'to_key', 'relation', 'asserted_by'])
        .where('relation', 'in', LINEAGE)
        .where(({ and, eb, or }) =>
          or([
            and([eb('relation', 'in', DERIVED), among(db, 'from_key', part)]),
            and([eb('relation', 'in', SOURCES), among(db, 'to_key', part)]),
          ]),
        )
        .execute(),
    )
    const derivations = edges.map(derivation)
    const claimed = await keysClaimedBy(db, entries)
    const around = await this.#around(entries)
    const unsettled = new Set([...keys, ...derivations.map(({ source }) => source), ...claimed])
    for (const entry of entries)
      for (const key of this.#claimed.get(this.#numberOf(entry)) ?? []) unsettled.add(this.#nodes.name(key))
    // Most identifiers of a dataset are named by no edge: who claims them does not matter yet.
    const named = new Set(derivations.flatMap(({ made, source }) => [made, source]))
    const claims = await claimsOf(
      db,
      [...unsettled].filter(key => !isEntryUri(key) && (named.has(key) || this.has(key))),
    )
    // From here on nothing is waited for: no question falls between the old state and the new.
    const sources = new Map<string, Map<number, number>>()
    for (const { made, source, bits } of derivations) {
      const held = sources.get(made) ?? new Map<number, number>()
      const node = this.#nodes.intern(source)
      held.set(node, (held.get(node) ?? 0) | bits)
      sources.set(made, held)
    }
    for (const key of keys) {
      const held = sources.get(key)
      // Nothing is kept of what no edge names.
      if (!held && !this.has(key)) continue
      this.#adjacency.set(
        this.#nodes.intern(key),
        [...(held ?? [])].map(([node, bits]) => ({ node, bits })),
      )
    }
    this.#settle([...unsettled], claims)
    this.#join(around.pairs, around.entries)
  }

  /** These datasets, all that were or are one with them, and the pairs that say so. */
  async #around(entries: readonly string[]) {
    const all = new Set(entries)
    for (;;) {
      for (const entry of [...all])
        for (const node of this.#joined.get(this.#numberOf(entry)) ?? []) all.add(this.#nodes.name(node))
      const pairs = await identicalPairs(this.#db, [...all])
      const before = all.size
      for (const uri of pairs.flat()) all.add(uri)
      if (all.size === before) return { pairs, entries: [...all] }
    }
  }

  /** A key that exactly one dataset claims stands for it; what several claim is a node of its own. */
  #settle(keys: readonly string[], claims: Claims): void {
    for (const key of keys) {
      const node = this.#nodes.find(key)
      if (node === undefined || isEntryUri(key)) continue
      for (const before of this.#claimants.get(node) ?? []) this.#claimed.get(before)?.delete(node)
      const entries = (claims.get(key) ?? []).map(entry => this.#nodes.intern(entry))
      if (entries.length === 0) this.#claimants.delete(node)
      else this.#claimants.set(node, entries)
      for (const entry of entries) {
        const held = this.#claimed.get(entry)
        if (held) held.add(node)
        else this.#claimed.set(entry, new Set([node]))
      }
      this.#nodes.alias(node, entries.length === 1 ? this.#nodes.canonical(entries[0]!) : node)
    }
  }

  #numberOf(key: string): number {
    return this.#nodes.find(key) ?? -1
  }

  /** Makes one node of datasets that are one, the least uri standing for all; `former` may have come apart. */
  #join(pairs: readonly (readonly [string, string])[], former: readonly string[]): void {
    const apart = former.flatMap(uri => this.#nodes.find(uri) ?? [])
    for (const entry of apart) {
      if (!this.#joined.delete(entry)) continue
      this.#nodes.alias(entry, entry)
    }
    const groups = new Map<string, Set<string>>()
    for (const [a, b] of pairs) {
      const group = new Set([...(groups.get(a) ?? [a]), ...(groups.get(b) ?? [b])])
      for (const uri of group) groups.set(uri, group)
    }
    for (const group of new Set(groups.values())) {
      const nodes = [...group].sort().map(uri => this.#nodes.intern(uri))
      for (const node of nodes) {
        this.#joined.set(node, new Set(nodes))
        this.#nodes.alias(node, nodes[0]!)
      }
    }
    // Keys follow their dataset wherever it went.
    for (const entry of apart)
      for (const key of this.#claimed.get(entry) ?? [])
        if (this.#claimants.get(key)?.length === 1) this.#nodes.alias(key, this.#nodes.canonical(entry))
  }
}

/** What may be made from something else than before, by these updates. */
function keysIn(updates: readonly Update[]): string[] {
  const keys = new Set<string>()
  for (const { kind, uri, collection, touches } of updates) {
    if (kind === 'record' && !TELLING.has(collection)) continue
    if (uri && isEntryUri(uri)) keys.add(uri)
    for (const key of touches) keys.add(key)
  }
  return [...keys]
}
