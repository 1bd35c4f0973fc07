import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './tools.ts'

/** A CITATION.cff as PyYAML reads it, and what python-jsonschema says against it. */
export interface JudgedCff {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  readonly document: any
  readonly errors: readonly string[]
}

/** YAML 1.1 without dates: the schema's own note asks to take them as text. */
const PROGRAM = `
import glob, json, os, sys, yaml, jsonschema
class Loader(yaml.SafeLoader): pass
Loader.yaml_implicit_resolvers = {first: [(tag, pattern) for tag, pattern in all if tag != 'tag:yaml.org,2002:timestamp']
    for first, all in yaml.SafeLoader.yaml_implicit_resolvers.items()}
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[2])), format_checker=jsonschema.FormatChecker())
said = []
for path in sorted(glob.glob(os.path.join(open(sys.argv[1]).read(), '*.cff'))):
    document = yaml.load(open(path, encoding='utf8'), Loader)
    said.append({'document': document, 'errors': [error.json_path + ': ' + error.message[:300] for error in validator.iter_errors(document)]})
print(json.dumps(said))
`

/** Holds files against the schema of CFF, all in one run. */
export function cffErrors(python: string, schema: string, files: readonly string[]): JudgedCff[] {
  const folder = mkdtempSync(join(tmpdir(), 'frost-citation-'))
  try {
    for (const [place, text] of files.entries())
      writeFileSync(join(folder, `${String(place).padStart(5, '0')}.cff`), text)
    return JSON.parse(run(python, ['-c', PROGRAM, 'FILE', schema], folder)) as JudgedCff[]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
