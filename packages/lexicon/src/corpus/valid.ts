import { nsid, definition as type } from '../nsid.ts'

/** One telling record of each type; they are the examples of the documentation too. */

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const OTHER = 'did:plc:ragtjsm2j2vknwkz3zp4oxrd'
const CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const NOW = '2025-03-04T05:06:07.000Z'
const at = (name: string, key: string, did = DID) => `at://${did}/${nsid(name)}/${key}`
const entryRef = { $type: type('recordRef'), uri: at('dataset.entry', 'mur-sst'), cid: CID }
const strong = (name: string, key: string, did = DID) => ({ uri: at(name, key, did), cid: CID })

export interface Example {
  readonly name: string
  readonly record: Readonly<Record<string, unknown>>
}

const record = (name: string, fields: Record<string, unknown>): Example => ({
  name,
  record: { $type: nsid(name), ...fields },
})

export const examples: readonly Example[] = [
  record('actor.profile', {
    name: 'Physical Oceanography DAAC',
    nameType: 'Organizational',
    kind: 'provider',
    description: 'NASA’s archive of ocean data from space.',
    identifiers: [{ scheme: 'ror', value: 'https://ror.org/027ka1x80' }],
    homepage: 'https://podaac.jpl.nasa.gov',
  }),
  record('dataset.entry', {
    title: 'GHRSST Level 4 MUR Global Foundation Sea Surface Temperature Analysis (v4.1)',
    createdAt: NOW,
    description: 'Daily sea surface temperature on a 0.01° grid, made from several satellites by wavelets.',
    creators: [{ name: 'Chin, Toshio M.', nameType: 'Personal', givenName: 'Toshio M.', familyName: 'Chin' }],
    publisher: { name: 'NASA PO.DAAC', nameType: 'Organizational' },
    rights: [{ spdx: 'CC0-1.0', uri: 'https://creativecommons.org/publicdomain/zero/1.0/' }],
    subjects: [{ term: 'sea surface temperature' }, { term: 'oceans' }],
    identifiers: [{ scheme: 'doi', value: '10.5067/GHGMR-4FJ04', covers: 'dataset' }],
    models: [
      {
        $type: type('arrayModel'),
        conventions: 'CF-1.7',
        dims: [
          { name: 'time', size: 6443, unlimited: true },
          { name: 'lat', size: 17999 },
          { name: 'lon', size: 36000 },
        ],
        variables: [
          {
            name: 'analysed_sst',
            role: 'data',
            dtype: 'int16',
            dims: [{ name: 'time' }, { name: 'lat' }, { name: 'lon' }],
            chunks: [5, 1799, 3600],
            standardName: 'sea_surface_foundation_temperature',
            units: 'kelvin',
            scaleFactor: '0.001',
            addOffset: '298.15',
          },
        ],
      },
    ],
    coverage: {
      spatial: [{ bbox: { west: '-180', south: '-90', east: '180', north: '90' } }],
      temporal: [{ start: '2002-06-01', ongoing: true }],
      resolution: [{ value: '0.01', units: 'degree' }],
      temporalResolution: 'P1D',
    },
    distributions: [
      {
        id: 'zarr',
        uri: 's3://mur-sst/zarr-v1',
        format: 'zarr',
        role: 'primary',
        cloud: 'aws',
        region: 'us-west-2',
      },
    ],
    derivedFrom: [
      {
        ref: { $type: type('identifierRef'), scheme: 'doi', value: '10.5067/GHMYD-2PJ02' },
        role: 'source',
      },
    ],
    access: { level: 'open' },
    frequency: { kind: 'periodic', interval: 'P1D', latency: 'P1D' },
    landingPage: 'https://podaac.jpl.nasa.gov/dataset/MUR-JPL-L4-GLOB-v4.1',
    extensions: [
      { $type: type('extension'), name: 'nasa-cmr:ProcessingLevel', valueJson: '{"Id":"4"}' },
      { $type: 'org.example.gridding#method', name: 'multi-resolution variational analysis' },
    ],
  }),
  record('dataset.model', {
    dataset: at('dataset.entry', 'mur-sst'),
    createdAt: NOW,
    model: {
      $type: type('tableModel'),
      name: 'stations',
      columns: [{ name: 'id', type: 'utf8', nullable: false }],
    },
  }),
  record('dataset.version', {
    dataset: at('dataset.entry', 'mur-sst'),
    version: '4.1',
    releasedAt: NOW,
    entry: strong('dataset.entry', 'mur-sst'),
    pins: [{ distribution: 'zarr', pin: { scheme: 'icechunk-snapshot', value: 'VY76P925PRY57WFEK410' } }],
    changes: { summary: 'Reprocessed with the new ice mask.', kind: 'reprocessing' },
  }),
  record('dataset.head', {
    dataset: at('dataset.entry', 'mur-sst'),
    updatedAt: NOW,
    states: [{ distribution: 'zarr', pin: { scheme: 'etag', value: '"33a64df5"' }, upTo: '2025-03-03' }],
    sequence: 42,
  }),
  record('dataset.mirror', {
    subject: at('dataset.entry', 'mur-sst', OTHER),
    createdAt: NOW,
    distribution: {
      id: 'gcs',
      uri: 'gs://example-mirror/mur',
      format: 'zarr',
      cloud: 'gcp',
      region: 'europe-west4',
    },
    method: 'rechunk',
    completeness: 'partial',
    verification: { at: NOW, method: 'sampled-chunks', result: 'identical', sampled: 200 },
  }),
  record('dataset.notice', {
    subject: entryRef,
    kind: 'superseded',
    createdAt: NOW,
    effectiveAt: '2025',
    replacedBy: { $type: type('urlRef'), uri: 'https://podaac.jpl.nasa.gov/dataset/next' },
    text: 'Use version 5 from now on.',
  }),
  record('dataset.offer', {
    subject: at('dataset.entry', 'mur-sst'),
    url: 'https://shop.example.org/mur',
    createdAt: NOW,
    seller: { name: 'Example Data Ltd' },
    model: 'subscription',
    prices: [{ amount: '49.90', currency: 'EUR', unit: 'month' }],
    validThrough: '2026-12',
  }),
  record('dataset.collection', {
    title: 'Sea surface temperature',
    createdAt: NOW,
    description: 'Where to begin.',
    kind: 'topic',
  }),
  record('dataset.collectionItem', {
    collection: at('dataset.collection', 'sst'),
    subject: entryRef,
    createdAt: NOW,
    order: 1,
    note: 'The finest grid.',
  }),
  record('graph.citation', {
    citing: { $type: type('identifierRef'), scheme: 'doi', value: '10.1016/j.rse.2017.07.029' },
    cited: entryRef,
    relation: 'cites',
    createdAt: NOW,
    evidence: [{ note: 'Section 2.' }],
  }),
  record('graph.acknowledgement', {
    claim: strong('graph.citation', 'abc', OTHER),
    status: 'accepted',
    createdAt: NOW,
  }),
  record('graph.follow', {
    subject: { $type: type('recordSubject'), uri: at('dataset.entry', 'mur-sst') },
    createdAt: NOW,
  }),
  record('discussion.comment', {
    subject: at('dataset.entry', 'mur-sst'),
    text: 'Is the ice mask daily too?',
    createdAt: NOW,
  }),
  record('discussion.issue', {
    subject: at('dataset.entry', 'mur-sst'),
    title: 'Fill value over lakes',
    createdAt: NOW,
    text: 'Lake Ladoga is filled before 2005.',
    labels: [{ term: 'quality' }],
  }),
  record('discussion.issueState', {
    issue: at('discussion.issue', '3khuwc44c22oh', OTHER),
    state: 'fixed',
    createdAt: NOW,
    fixedIn: strong('dataset.version', '3khuwc44c22oh'),
  }),
  record('discussion.correction', {
    target: strong('dataset.entry', 'mur-sst'),
    rationale: 'The grid is 0.01°, not 0.1°.',
    createdAt: NOW,
    patch: [{ op: 'replace', path: '/coverage/resolution/0/value', valueJson: '"0.01"' }],
  }),
  record('discussion.endorsement', {
    subject: strong('dataset.entry', 'mur-sst'),
    kind: 'reproduced',
    createdAt: NOW,
  }),
  record('discussion.gate', {
    subject: at('dataset.entry', 'mur-sst'),
    createdAt: NOW,
    hidden: [{ uri: at('discussion.comment', '3khuwc44c22oh', OTHER), reason: 'spam' }],
    mayComment: 'everyone',
  }),
]
