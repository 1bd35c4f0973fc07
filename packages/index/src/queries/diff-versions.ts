import { type Change, diff, pointerOf } from '../diff/diff.ts'
import { answer, type JsonText } from '../json-text.ts'
import type { Database } from '../schema.ts'
import { type ComparedState, comparablePins, comparedState } from './compared-states.ts'

const MOST_CHANGES = 1000
const LONGEST_VALUE = 100_000
const LONGEST_PATH = 1024

export interface DiffParams {
  readonly from: string
  readonly to: string
  readonly fromCid?: string
  readonly toCid?: string
}

/**
 * What differs between two states of a dataset: of its description field by field; of its data, which pins a reader can compare. The
 * data itself is not read here: where it lies is its owner's word, and an AppView goes nowhere on it.
 */
export async function diffVersions(db: Database, params: DiffParams): Promise<JsonText> {
  const [from, to] = await Promise.all([
    comparedState(db, params.from, params.fromCid),
    comparedState(db, params.to, params.toCid),
  ])
  const all = diff(from.state, to.state)
  const changes = all.slice(0, MOST_CHANGES).map(shown)
  const truncated = all.length > MOST_CHANGES || changes.some(({ isCut }) => isCut)
  return answer({
    from: summaryOf(from),
    to: summaryOf(to),
    changes: changes.map(({ change }) => change),
    pins: comparablePins(from, to),
    truncated: truncated || undefined,
  })
}

function summaryOf({ uri, cid, version, exact }: ComparedState) {
  return { uri, cid, version, exact }
}

function shown({ path, kind, before, after }: Change) {
  const [beforeJson, afterJson] = [before, after].map(value =>
    value === undefined ? undefined : JSON.stringify(value),
  )
  const fits = (json: string | undefined) => (json && json.length <= LONGEST_VALUE ? json : undefined)
  const pointer = pointerOf(path)
  return {
    change: {
      path: pointer.slice(0, LONGEST_PATH),
      kind,
      beforeJson: fits(beforeJson),
      afterJson: fits(afterJson),
    },
    isCut: pointer.length > LONGEST_PATH || fits(beforeJson) !== beforeJson || fits(afterJson) !== afterJson,
  }
}
