/** Croissant 1.0: schema.org's Dataset with files and record sets. https://docs.mlcommons.org/croissant/docs/croissant-spec.html */
import { bibtex } from '../citation/bibtex.ts'
import { citableOf } from '../citation/citable.ts'
import { mediaTypeOf } from '../formats.ts'
import { table } from '../table.ts'
import { datasetFields, sha256Of } from './schema-org.ts'
import { type Column, type Copy, copiesOf, type ExportSource, said, tablesOf, uniqueNames } from './source.ts'

const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  rai: 'http://mlcommons.org/croissant/RAI/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileProperty: 'cr:fileProperty',
  fileObject: 'cr:fileObject',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
}

/** Arrow's types as Croissant calls them; what is not here is text. */
const TYPES = table<string>({
  int8: 'cr:Int8',
  int16: 'cr:Int16',
  int32: 'cr:Int32',
  int64: 'cr:Int64',
  uint8: 'cr:UInt8',
  uint16: 'sc:Integer',
  uint32: 'sc:Integer',
  uint64: 'sc:Integer',
  float16: 'cr:Float16',
  halffloat: 'cr:Float16',
  float: 'cr:Float32',
  float32: 'cr:Float32',
  double: 'cr:Float64',
  float64: 'cr:Float64',
  bool: 'sc:Boolean',
  date32: 'sc:Date',
  date64: 'sc:Date',
  time32: 'sc:Time',
  time64: 'sc:Time',
  utf8: 'sc:Text',
})

export function croissantDocument(source: ExportSource): Record<string, unknown> {
  const { entry } = source
  const { distribution: _plain, publisher, ...fields } = datasetFields(source)
  const files = copiesOf(entry)
  const ids = uniqueNames()
  const isHere = new Set(files.map(({ id }) => id))
  return said({
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    ...fields,
    publisher,
    description: entry.description ?? entry.title,
    citeAs: bibtex(citableOf(entry, source)),
    // Checksums may only be absent where the data may change.
    isLiveDataset: files.some(file => !sha256Of(file) && !md5Of(file)) || undefined,
    distribution: files.map(file => fileNode(file, ids, isHere)),
    recordSet: recordSets(source, ids),
  })
}

function fileNode(
  file: Copy,
  idOf: (name: string) => string,
  isHere: ReadonlySet<string>,
): Record<string, unknown> {
  const encodingFormat =
    file.mediaType ?? mediaTypeOf(file.format) ?? file.format ?? 'application/octet-stream'
  return said({
    '@type': 'cr:FileObject',
    '@id': idOf(file.id),
    name: file.id,
    description: file.description ?? file.title,
    contentUrl: file.uri,
    containedIn: file.of && isHere.has(file.of) ? { '@id': file.of } : undefined,
    encodingFormat,
    contentSize: file.contentSize && `${file.contentSize} B`,
    sha256: sha256Of(file),
    md5: md5Of(file),
  })
}

function md5Of({ digests = [] }: Copy): string | undefined {
  return digests.find(({ algorithm }) => /^md5$/i.test(algorithm))?.value
}

/** Tables whose file is known: a field without a source means nothing in Croissant. */
function recordSets({ entry }: ExportSource, idOf: (name: string) => string): Record<string, unknown>[] {
  const files = copiesOf(entry)
  return tablesOf(entry).flatMap(({ name, description, columns, primaryKey, distributions }, index) => {
    const file =
      distributions.find(id => files.some(one => one.id === id)) ??
      (files.length === 1 ? files[0]!.id : undefined)
    if (file === undefined) return []
    const called = name ?? (index === 0 ? 'records' : `records-${index + 1}`)
    // A table is often called after the file it lies in.
    const id = idOf(`records/${called}`)
    const fields = columns.map(column => fieldNode(column, idOf(`${id}/${column.name}`), file))
    return [
      said({
        '@type': 'cr:RecordSet',
        '@id': id,
        name: called,
        description,
        key: primaryKey.flatMap(key => {
          const field = fields.find(({ name }) => name === key)
          return field ? [{ '@id': field['@id'] }] : []
        }),
        field: fields,
      }),
    ]
  })
}

function fieldNode(column: Column, id: string, file: string): Record<string, unknown> {
  const list = /^(?:large_)?list<(?:item: *)?(.+)>$/i.exec(column.type)
  const plain = (list?.[1] ?? column.type).toLowerCase()
  return said({
    '@type': 'cr:Field',
    '@id': id,
    name: column.name,
    description: [column.description, column.units && `Units: ${column.units}`].filter(Boolean).join('\n'),
    dataType: TYPES[plain] ?? (plain.startsWith('timestamp') ? 'sc:DateTime' : 'sc:Text'),
    repeated: list ? true : undefined,
    source: { fileObject: { '@id': file }, extract: { column: column.name } },
  })
}
