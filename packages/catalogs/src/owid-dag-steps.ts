import { isObject } from './fields.ts'
import { type SourceDocument, Unusable } from './item.ts'
import { parseYaml } from './yaml.ts'

/** A step as the graph names it. Whether it is private is no part of its identity: steps are made private and public. */
export interface Step {
  /** `scheme://path` without `-private`. */
  readonly id: string
  /** `data`, `snapshot`, `export`, … */
  readonly scheme: string
  readonly path: readonly string[]
  readonly isPrivate: boolean
  /** Steps that it is made from, by id. */
  readonly sources: ReadonlySet<string>
  /** Documents that name it as a step. */
  readonly files: readonly string[]
}

export interface Problem {
  readonly id: string
  readonly problem: string
}

interface Draft extends Step {
  isPrivate: boolean
  readonly sources: Set<string>
  readonly files: string[]
}

const MOST_DEPTH = 100
/** Parts that a path needs: a namespace (and channel), a version, a name. */
const LEAST_PARTS: Readonly<Record<string, number>> = { github: 1, etag: 1 }

/** All steps of the documents by id. A step may stand in several places: what it is made from is all that they say. */
export function stepsOf(
  documents: readonly SourceDocument[],
  problems: Problem[],
): ReadonlyMap<string, Step> {
  const steps = new Map<string, Draft>()
  for (const { name, text } of documents) {
    try {
      const root = parseYaml(text)
      if (!isObject(root)) throw new Unusable("holds no mapping with 'steps'")
      read(root.steps, step => declare(steps, step, name), problems, 0)
      for (const key of Object.keys(root))
        if (key.includes('://'))
          problems.push({ id: key, problem: `stands outside 'steps' in ${name}: indent it under that key` })
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      problems.push({ id: name, problem: error.message })
    }
  }
  return steps
}

/**
 * Reads a list of steps, or a mapping from steps to what they are made from, which may be nested.
 * @returns the steps that it names
 */
function read(node: unknown, declared: (step: string) => Draft, problems: Problem[], depth: number): Draft[] {
  if (depth > MOST_DEPTH) throw new Unusable(`nests steps more than ${MOST_DEPTH} deep`)
  if (node === null || node === undefined) return []
  const items = node instanceof Set || Array.isArray(node) ? [...node] : [node]
  return items.flatMap((item): Draft[] => {
    const pairs: [string, unknown][] =
      typeof item === 'string' ? [[item, undefined]] : isObject(item) ? Object.entries(item) : []
    if (pairs.length === 0)
      problems.push({
        id: String(JSON.stringify(item)).slice(0, 100),
        problem: 'is no step: write scheme://path',
      })
    return pairs.flatMap(([name, made]) => {
      try {
        const step = declared(name)
        for (const { id } of read(made, declared, problems, depth + 1)) step.sources.add(id)
        return [step]
      } catch (error) {
        if (!(error instanceof Unusable) || error.id === undefined) throw error
        problems.push({ id: error.id, problem: error.message })
        return []
      }
    })
  })
}

function declare(steps: Map<string, Draft>, name: string, file: string): Draft {
  const [, scheme, isPrivate, rest] = /^([a-z]+)(-private)?:\/\/(.+)$/.exec(name) ?? []
  const path = rest?.split('/') ?? []
  if (!scheme || path.length < (LEAST_PARTS[scheme] ?? 3) || path.some(part => part === ''))
    throw new Unusable('is no step: write scheme://channel/namespace/version/name', name)
  const id = `${scheme}://${rest}`
  let step = steps.get(id)
  if (!step) {
    step = { id, scheme, path, isPrivate: isPrivate !== undefined, sources: new Set(), files: [] }
    steps.set(id, step)
  }
  step.isPrivate &&= isPrivate !== undefined
  if (!step.files.includes(file)) step.files.push(file)
  return step
}

/** Sources before what is made from them (A. B. Kahn, Topological sorting of large networks, CACM 5, 1962). */
export function inOrder(steps: ReadonlyMap<string, Step>): {
  readonly ordered: readonly Step[]
  /** Steps that depend on themselves, and what is made from them. */
  readonly cyclic: readonly string[]
} {
  const made = new Map<string, Step[]>()
  const waits = new Map<string, number>()
  for (const step of steps.values()) {
    waits.set(step.id, step.sources.size)
    for (const source of step.sources) {
      const held = made.get(source)
      if (held) held.push(step)
      else made.set(source, [step])
    }
  }
  const ordered = [...steps.values()].filter(({ sources }) => sources.size === 0)
  for (const { id } of ordered) {
    waits.delete(id)
    for (const step of made.get(id) ?? []) {
      const left = waits.get(step.id)! - 1
      waits.set(step.id, left)
      if (left === 0) ordered.push(step)
    }
  }
  return { ordered, cyclic: [...waits.keys()] }
}
