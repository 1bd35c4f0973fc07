import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { UsageError } from '../errors.ts'

/** How one dataset is made from others, as `frost.pipeline.yaml` says it. */
export interface PipelineDefinition {
  /** Slug or reference of the dataset that is made: one's own. */
  readonly dataset: string
  /** References of what it is made from. */
  readonly upstreams: readonly string[]
  /** Given to the shell, in the folder of the file. */
  readonly command: string
  /** Label of the versions: `{upstream}` is the upstream version's, `{date}` and `{time}` say when the run began. */
  readonly tag: string
  /** Branch whose newest snapshot is frozen, where the command writes an Icechunk or Iceberg store. */
  readonly fromBranch?: string
  readonly summary?: string
  /** Where the code is, and which commit it is; the commit is asked of git where the folder is a repository. */
  readonly code?: string
  readonly commit?: string
  readonly parameters: Readonly<Record<string, string>>
  /** File that fixes the environment, such as a lockfile: its digest is recorded. */
  readonly environment?: string
  /** Folder of the file. */
  readonly folder: string
}

const TEXTS = ['dataset', 'command', 'tag', 'fromBranch', 'summary', 'code', 'commit', 'environment'] as const
const FIELDS: readonly string[] = [...TEXTS, 'upstreams', 'parameters']
const LARGEST_FILE = 1024 * 1024
const MOST_UPSTREAMS = 100

/**
 * Reads a pipeline file: one YAML document a pipeline.
 * @throws UsageError that names the file, the field and what it should be
 */
export async function readPipelines(path: string): Promise<PipelineDefinition[]> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new UsageError(`${path} cannot be read: write one, or name it (see 'frost pipeline --help')`, {
      cause,
    })
  })
  if (text.length > LARGEST_FILE) throw new UsageError(`${path} is larger than a pipeline file may be (1 MB)`)
  const documents = parseAllDocuments(text)
  const list = 'empty' in documents ? [] : documents
  if (list.length === 0) throw new UsageError(`${path} is empty: write dataset, upstreams and command`)
  return list.map((document, place) => {
    const name = list.length > 1 ? `${path}, pipeline ${place + 1}` : path
    const [fault] = document.errors
    if (fault) throw new UsageError(`${name} is no YAML: ${fault.message.split('\n')[0]}`)
    return checkedDefinition(document.toJS({ maxAliasCount: 100 }), name, dirname(resolve(path)))
  })
}

function checkedDefinition(value: unknown, name: string, folder: string): PipelineDefinition {
  const wrong = (field: string, remedy: string) => new UsageError(`${name}: ${field} ${remedy}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${name} holds no fields: write dataset, upstreams and command`)
  const fields = value as Record<string, unknown>
  for (const field of Object.keys(fields))
    if (!FIELDS.includes(field)) throw wrong(`'${field}'`, `is no field: there are ${FIELDS.join(', ')}`)
  for (const field of TEXTS) {
    const held = fields[field]
    if (held !== undefined && (typeof held !== 'string' || held.trim() === ''))
      throw wrong(field, `is ${JSON.stringify(held)}: write text`)
  }
  for (const field of ['dataset', 'command'])
    if (fields[field] === undefined) throw wrong(field, 'is missing')
  const { upstreams, parameters = {} } = fields
  const isList = Array.isArray(upstreams) && upstreams.length > 0 && upstreams.length <= MOST_UPSTREAMS
  if (!isList || !upstreams.every(ref => typeof ref === 'string'))
    throw wrong(
      'upstreams',
      `is ${JSON.stringify(upstreams)}: list 1 to ${MOST_UPSTREAMS} references of datasets`,
    )
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters))
    throw wrong('parameters', 'are no names and values')
  const given = fields as Partial<Record<(typeof TEXTS)[number], string>>
  return {
    ...(given as { dataset: string; command: string }),
    upstreams: upstreams as string[],
    tag: given.tag ?? (upstreams.length === 1 ? '{upstream}' : '{time}'),
    parameters: Object.fromEntries(Object.entries(parameters).map(([key, held]) => [key, textOf(held)])),
    folder,
  }
}

/** The record holds texts, so that no number loses digits. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
