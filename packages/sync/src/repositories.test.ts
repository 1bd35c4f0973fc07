import { expect, it } from 'vitest'
import { Repositories } from './repositories.ts'

class Fake {
  readonly did: string
  looks = 0
  busy = false

  constructor(did: string) {
    this.did = did
  }

  get idle(): boolean {
    this.looks++
    return !this.busy
  }
}

function kept(most: number): { repositories: Repositories<Fake>; made: Fake[]; looks: () => number } {
  const made: Fake[] = []
  const repositories = new Repositories(most, did => {
    const fake = new Fake(did)
    made.push(fake)
    return fake
  })
  return { repositories, made, looks: () => made.reduce((sum, { looks }) => sum + looks, 0) }
}

it('gives the same one again, and drops the oldest that is idle', () => {
  const { repositories } = kept(3)
  const [a, b] = [repositories.get('a'), repositories.get('b')]
  repositories.get('c')
  a.busy = true
  repositories.get('d')
  expect(repositories.size).toBe(3)
  expect(repositories.get('a')).toBe(a)
  expect(repositories.get('b')).not.toBe(b)
})

it('regression: passes over many that are busy with a few looks each time, and reaches the idle ones behind', () => {
  const most = 2000
  const { repositories, made, looks } = kept(most)
  for (let n = 0; n < most; n++) repositories.get(`old${n}`).busy = n < most / 2
  let before = looks()
  let largest = 0
  for (let n = 0; n < 2 * most; n++) {
    repositories.get(`new${n}`)
    expect(looks() - before).toBeLessThanOrEqual(16)
    before = looks()
    largest = Math.max(largest, repositories.size)
  }
  expect(largest).toBeLessThan(most * 1.1)
  expect(repositories.size).toBeLessThanOrEqual(most)
  for (const old of made.slice(0, most / 2)) expect(repositories.get(old.did)).toBe(old)
})

it('keeps all that are busy beyond the limit, until they are no more', () => {
  const { repositories, made } = kept(10)
  for (let n = 0; n < 100; n++) repositories.get(`${n}`).busy = true
  expect(repositories.size).toBe(100)
  for (const fake of made) fake.busy = false
  for (let n = 100; n < 120; n++) repositories.get(`${n}`)
  expect(repositories.size).toBeLessThanOrEqual(10)
})
