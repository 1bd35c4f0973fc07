/** One version of something upstream. */
export interface UpstreamVersion {
  readonly uri: string
  readonly cid: string
  readonly label: string
  /** ISO 8601. */
  readonly releasedAt: string
}

export interface Upstream<Version extends UpstreamVersion = UpstreamVersion> {
  /** at-uri of the dataset. */
  readonly uri: string
  /** In any order; those that were taken back left out. */
  readonly versions: readonly Version[]
}

/** What is to be made next: from exactly these versions, one of each upstream, in their order. */
export interface Step<Version extends UpstreamVersion = UpstreamVersion> {
  readonly inputs: readonly Version[]
  /** The upstream version that asks for it. */
  readonly trigger: Version
}

export type Plan<Version extends UpstreamVersion = UpstreamVersion> =
  | { readonly kind: 'step'; readonly step: Step<Version> }
  | { readonly kind: 'settled' }
  /** Upstreams without a version. */
  | { readonly kind: 'waiting'; readonly for: readonly string[] }

/**
 * What a dataset lacks, told from the repositories alone: what upstreams have released, and what the dataset's own versions say they
 * were made from. The first time everything newest is taken; afterwards every upstream version has a version of its own, in the
 * order of their release, beside what the others were at the last one. So a plan that is carried out once is never made again,
 * whoever asks and however often.
 * @param made the uris that each own version was made from
 */
export function planNext<Version extends UpstreamVersion>(
  upstreams: readonly Upstream<Version>[],
  made: readonly ReadonlySet<string>[],
): Plan<Version> {
  const histories = upstreams.map(({ versions }) => [...versions].sort(byRelease))
  const missing = upstreams.filter((_, place) => histories[place]!.length === 0).map(({ uri }) => uri)
  if (missing.length > 0) return { kind: 'waiting', for: missing }
  const last = histories.map(history => history.findLastIndex(({ uri }) => made.some(from => from.has(uri))))
  if (last.every(place => place < 0)) {
    const inputs = histories.map(history => history.at(-1)!)
    return { kind: 'step', step: { inputs, trigger: [...inputs].sort(byRelease).at(-1)! } }
  }
  const [trigger] = histories.flatMap((history, place) => history.slice(last[place]! + 1)).sort(byRelease)
  if (!trigger) return { kind: 'settled' }
  const inputs = histories.map((history, place) => {
    if (history.includes(trigger)) return trigger
    return (
      history[last[place]!] ?? history.findLast(version => byRelease(version, trigger) <= 0) ?? history[0]!
    )
  })
  return { kind: 'step', step: { inputs, trigger } }
}

function byRelease(a: UpstreamVersion, b: UpstreamVersion): number {
  return Date.parse(a.releasedAt) - Date.parse(b.releasedAt) || (a.uri < b.uri ? -1 : a.uri > b.uri ? 1 : 0)
}
