import fc from 'fast-check'
import { expect, it } from 'vitest'
import { planNext, type Upstream, type UpstreamVersion } from './plan.ts'

const version = (name: string, number: number, second: number): UpstreamVersion => ({
  uri: `at://did:plc:${name}/version/${number}`,
  cid: `cid-${name}-${number}`,
  label: `v${number}`,
  releasedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
})
const upstream = (name: string, ...seconds: number[]): Upstream => ({
  uri: `at://did:plc:${name}/entry/x`,
  versions: seconds.map((second, number) => version(name, number, second)),
})
const made = (step: { inputs: readonly UpstreamVersion[] }) => new Set(step.inputs.map(({ uri }) => uri))

it('waits for upstreams that have released nothing, and names them', () => {
  const b = upstream('b')
  expect(planNext([upstream('a', 1), b], [])).toEqual({ kind: 'waiting', for: [b.uri] })
})

it('begins with the newest of each', () => {
  const plan = planNext([upstream('a', 1, 5), upstream('b', 2)], [])
  expect(plan).toMatchObject({ kind: 'step', step: { inputs: [{ label: 'v1' }, { label: 'v0' }] } })
})

/** Carries out plans until nothing is left. */
function settle(upstreams: readonly Upstream[], done: Set<string>[]): UpstreamVersion[] {
  const triggers: UpstreamVersion[] = []
  for (;;) {
    const plan = planNext(upstreams, done)
    if (plan.kind !== 'step') return triggers
    triggers.push(plan.step.trigger)
    done.push(made(plan.step))
    if (triggers.length > 1000) throw new Error('does not settle')
  }
}

it('whatever comes in between: every later upstream version triggers exactly one version, and then all is settled', () => {
  const histories = fc.array(fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(histories, fc.array(fc.nat({ max: 8 }), { maxLength: 6 }), (seconds, cuts) => {
      const sorted = seconds.map(list => [...list].sort((a, b) => a - b))
      const done: Set<string>[] = []
      const triggers: UpstreamVersion[] = []
      // Versions appear little by little; time only goes on.
      for (const cut of [1, ...cuts.map(Number).sort((a, b) => a - b), 8])
        triggers.push(
          ...settle(
            sorted.map((list, place) => upstream(`u${place}`, ...list.slice(0, Math.max(1, cut)))),
            done,
          ),
        )
      const [, ...later] = triggers
      const first = done[0]!
      const expected = sorted.flatMap((list, place) =>
        upstream(`u${place}`, ...list).versions.filter(({ uri }) => !first.has(uri)),
      )
      expect(later.map(({ uri }) => uri).sort()).toEqual(expected.map(({ uri }) => uri).sort())
      expect(done.every(inputs => inputs.size === sorted.length)).toBe(true)
    }),
  )
})
