import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Other people's programs, which read back what was written; none of them knows FROST. */

const PACKAGES = {
  pandoc: 'pandoc',
  bib2xml: 'bibutils',
  ris2xml: 'bibutils',
  xmllint: 'libxml2-utils',
} as const

type Tool = keyof typeof PACKAGES

/** True where a tool is installed; else says so, since the tests that need it are skipped. */
export function has(tool: Tool): boolean {
  try {
    execFileSync('which', [tool], { stdio: 'ignore' })
    return true
  } catch {
    console.warn(`skipped what needs ${tool}: install Debian's ${PACKAGES[tool]}`)
    return false
  }
}

/** A Python with the modules that are named; Debian's comes first. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  for (const python of ['/usr/bin/python3', 'python3']) {
    try {
      execFileSync(python, ['-c', modules.map(name => `import ${name}`).join('\n')], { stdio: 'ignore' })
      return python
    } catch {
      // The next one may have them.
    }
  }
  console.warn(
    `skipped what needs Python's ${modules.join(', ')}: install python3-jsonschema and python3-yaml`,
  )
  return undefined
}

const MOST_OUTPUT = 256 * 1024 * 1024

/** Standard output of a tool that reads `input` from a file, whose path stands in the arguments as `FILE`. @throws where it refuses it */
export function run(command: string, args: readonly string[], input: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'frost-citation-'))
  try {
    const file = join(folder, 'input')
    writeFileSync(file, input)
    return execFileSync(
      command,
      args.map(arg => (arg === 'FILE' ? file : arg)),
      { encoding: 'utf8', maxBuffer: MOST_OUTPUT, stdio: ['ignore', 'pipe', 'pipe'] },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** An item as pandoc writes CSL-JSON. */
export interface CslItem {
  readonly id: string
  readonly type: string
  readonly title: string
  readonly author?: readonly {
    readonly family?: string
    readonly given?: string
    readonly literal?: string
    readonly 'non-dropping-particle'?: string
    readonly 'dropping-particle'?: string
    readonly suffix?: string
  }[]
  readonly issued?: { readonly 'date-parts': readonly (readonly number[])[] }
  readonly publisher?: string
  readonly version?: string
  readonly DOI?: string
  readonly URL?: string
  readonly abstract?: string
  readonly keyword?: string
  readonly language?: string
  readonly license?: string
  readonly note?: string
}

export function pandocItems(format: 'bibtex' | 'csljson', text: string): CslItem[] {
  return JSON.parse(run('pandoc', ['-f', format, '-t', 'csljson', 'FILE'], text)) as CslItem[]
}

/** An XML element as Python's parser reads it. */
export interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: readonly Element[]
}

const TREE = `
import json, sys, xml.etree.ElementTree as tree
def told(node):
    return {"tag": node.tag.split("}")[-1], "attributes": {name.split("}")[-1]: value for name, value in node.attrib.items()},
            "text": node.text or "", "children": [told(child) for child in node]}
print(json.dumps(told(tree.parse(sys.argv[1]).getroot())))
`

export const python = pythonWith('json', 'xml.etree.ElementTree') ?? ''

export function xmlTree(text: string): Element {
  return JSON.parse(run(python, ['-c', TREE, 'FILE'], text)) as Element
}

/** The roots of several documents, read at once. */
export function xmlTrees(documents: readonly string[]): readonly Element[] {
  const elements = documents.map(text => text.replace(/^<\?xml[^>]*\?>/, ''))
  return xmlTree(`<all>${elements.join('\n')}</all>`).children
}

/** @throws where one of the documents breaks the schema; the message is xmllint's */
export function validateXml(schema: string, documents: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'frost-citation-'))
  try {
    const files = documents.map((text, place) => {
      const file = join(folder, `${place}.xml`)
      writeFileSync(file, text)
      return file
    })
    execFileSync('xmllint', ['--noout', '--nonet', '--schema', schema, ...files], {
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: MOST_OUTPUT,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All elements below that a path of names leads to. */
export function at({ children }: Element, ...path: readonly string[]): Element[] {
  const [name, ...rest] = path
  const found = children.filter(({ tag }) => tag === name)
  return rest.length === 0 ? found : found.flatMap(one => at(one, ...rest))
}

export const texts = (element: Element, ...path: readonly string[]): string[] =>
  at(element, ...path).map(({ text }) => text)

/** MODS as bibutils writes it from BibTeX. */
export function modsOfBibtex(text: string): readonly Element[] {
  return xmlTree(run('bib2xml', ['-i', 'unicode', '-un', '-nt', 'FILE'], text)).children
}

/**
 * MODS as bibutils writes it from RIS, in which no TeX is looked for. RIS has no mark for institutions that it knows: it takes a
 * list of them (`--asis`), and divides every other name.
 */
export function modsOfRis(text: string, institutions: readonly string[]): readonly Element[] {
  const folder = mkdtempSync(join(tmpdir(), 'frost-citation-'))
  try {
    const list = join(folder, 'institutions')
    writeFileSync(list, institutions.map(name => `${name}\n`).join(''))
    const options = [
      '-i',
      'unicode',
      '-un',
      '-nt',
      '--no-latex',
      ...(institutions.length > 0 ? ['-as', list] : []),
    ]
    return xmlTree(run('ris2xml', [...options, 'FILE'], text)).children
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Names of a MODS record, as `Family, Given` or as they stand. */
export function modsNames(record: Element): string[] {
  return at(record, 'name').map(name => {
    const parts = at(name, 'namePart')
    if (name.attributes.type !== 'personal') return parts.map(({ text }) => text).join(' ')
    return ['family', 'given', 'suffix']
      .map(type => parts.filter(({ attributes }) => attributes.type === type).map(({ text }) => text))
      .map(texts => texts.join(' '))
      .filter(Boolean)
      .join(', ')
  })
}
