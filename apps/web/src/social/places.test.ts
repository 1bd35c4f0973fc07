import { nsid } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { placeOf } from './places.ts'

const at = (name: string, key = 'k') => `at://did:plc:a/${nsid(name)}/${key}`
const dataset = `at://did:plc:b/${nsid('dataset.entry')}/ice`

describe('the page of a record', () => {
  it.each([
    [at('dataset.entry', 'x y'), undefined, '/d/did:plc:a/x%20y'],
    [at('dataset.version'), undefined, '/d/did:plc:b/ice/v/k'],
    [at('dataset.collection'), undefined, '/c/did:plc:a/k'],
    [at('dataset.collectionItem'), { collection: at('dataset.collection') }, '/c/did:plc:a/k'],
    [at('discussion.issue'), undefined, '/d/did:plc:b/ice/issues/did:plc:a/k'],
    [at('discussion.correction'), undefined, '/d/did:plc:b/ice/corrections/did:plc:a/k'],
    [at('discussion.comment'), {}, '/d/did:plc:b/ice/discussion#c-k'],
    [
      at('discussion.comment'),
      { root: { uri: at('discussion.issue', 'i') } },
      '/d/did:plc:b/ice/issues/did:plc:a/i#c-k',
    ],
    [
      at('discussion.comment'),
      { root: { uri: at('discussion.correction', 'i') } },
      '/d/did:plc:b/ice/corrections/did:plc:a/i#c-k',
    ],
    [at('discussion.comment'), { root: 7 }, '/d/did:plc:b/ice/discussion#c-k'],
    [at('discussion.endorsement'), undefined, '/d/did:plc:b/ice'],
    [
      at('discussion.issueState'),
      { issue: at('discussion.issue', 'i') },
      '/d/did:plc:b/ice/issues/did:plc:a/i',
    ],
    [
      at('graph.acknowledgement'),
      { claim: { uri: at('discussion.correction', 'i') } },
      '/d/did:plc:b/ice/corrections/did:plc:a/i',
    ],
    [at('graph.acknowledgement'), { claim: { uri: at('graph.citation') } }, '/d/did:plc:b/ice/citations'],
    [at('graph.acknowledgement'), { claim: { uri: dataset } }, '/d/did:plc:b/ice'],
  ])('of %s with %j is %s', (uri, record, place) => {
    expect(placeOf(uri, record, dataset)).toBe(place)
  })

  it('is none where it is about nothing that is known', () => {
    expect(placeOf(at('discussion.comment'), {})).toBeUndefined()
    expect(placeOf(at('discussion.issue'), {})).toBeUndefined()
    expect(placeOf(at('graph.follow'), {})).toBe('/p/did:plc:a')
  })
})
