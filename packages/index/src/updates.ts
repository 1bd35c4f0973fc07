export { toJsonText } from './json-text.ts'
export { checkCursor, updateJson } from './queries/updates.ts'
export { type FilterParams, readFilter, type UpdateFilter, UpdateMatcher } from './updates/filter.ts'
export { describeUpdates, type UpdateView } from './updates/view.ts'
