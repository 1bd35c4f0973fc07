import { openSearch } from './open.ts'
import { searchSuite } from './suite.ts'

searchSuite('fts5', dir => openSearch({ dir, engine: 'fts5' }))
searchSuite('lance, all recent', dir => openSearch({ dir, engine: 'lance' }))
// Thresholds so low that batches become segments, and segments are folded, in every test.
const settings = { foldAt: 4, bulkAt: 8, mostSegments: 2, mostMasked: 2 }
searchSuite('lance, folding at once', dir => openSearch({ dir, engine: 'lance', settings }), 6)
