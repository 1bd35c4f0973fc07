import { describe, expect, it } from 'vitest'
import { changesOf } from './changes.ts'

const record = { title: 'Ice', rights: [{ spdx: 'CC-BY-4.0' }], coverage: { temporal: [{ start: '1979' }] } }
const json = JSON.stringify

describe('what a correction changes', () => {
  it('is told field by field, in words', () => {
    const changes = changesOf(record, [
      { op: 'test', path: '/title', valueJson: json('Ice') },
      { op: 'replace', path: '/title', valueJson: json('Sea ice') },
      { op: 'replace', path: '/rights', valueJson: json([{ spdx: 'MIT', uri: 'https://example.org' }]) },
      { op: 'replace', path: '/coverage/temporal/0/start', valueJson: json('1978') },
      { op: 'add', path: '/landingPage', valueJson: json('https://example.org') },
      { op: 'remove', path: '/coverage' },
    ])
    expect(changes).toEqual([
      { place: 'title', before: 'Ice', after: 'Sea ice' },
      { place: 'rights', before: 'spdx: CC-BY-4.0', after: 'spdx: MIT\nuri: https://example.org' },
      { place: 'coverage › temporal › 1 › start', before: '1979', after: '1978' },
      { place: 'landingPage', after: 'https://example.org' },
      { place: 'coverage', before: 'temporal: start: 1978' },
    ])
  })

  it('says what it was made for, and that it does not fit any more', () => {
    const [test, change] = changesOf(record, [
      { op: 'test', path: '/title', valueJson: json('Snow') },
      { op: 'replace', path: '/title', valueJson: json('Sea snow') },
    ])
    expect(test).toMatchObject({ place: 'title', before: 'Snow', problem: expect.any(String) })
    expect(change).toMatchObject({ before: 'Snow', after: 'Sea snow' })
  })

  it.each([
    [{ op: 'replace', path: '/none', valueJson: '1' }],
    [{ op: 'add', path: '/title', valueJson: '{' }],
    [{ op: 'move', path: '/a', from: '/none' }],
    [{ op: 'merge', path: 'x', valueJson: '1' }],
    [{ op: 'add', path: '/__proto__/x', valueJson: '1' }],
  ])('survives %j', step => {
    expect(changesOf(record, [step])[0]?.problem).toEqual(expect.any(String))
  })
})
