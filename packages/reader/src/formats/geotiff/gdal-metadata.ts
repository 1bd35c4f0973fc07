/** What GDAL writes into its metadata field (GTiff driver, "GDAL_METADATA"): items of the file and of single bands. */
export interface GdalMetadata {
  readonly file: Readonly<Record<string, string>>
  readonly bands: ReadonlyMap<number, Readonly<Record<string, string>>>
  readonly scales: ReadonlyMap<number, number>
  readonly offsets: ReadonlyMap<number, number>
  readonly units: ReadonlyMap<number, string>
  readonly descriptions: ReadonlyMap<number, string>
}

const MAX_ITEMS = 10_000
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Reads the items of its XML; bands count from 0. Items of other domains than the default are left out. */
export function gdalMetadata(xml: string): GdalMetadata {
  const file: [string, string][] = []
  const bands = new Map<number, [string, string][]>()
  const [scales, offsets] = [new Map<number, number>(), new Map<number, number>()]
  const [units, descriptions] = [new Map<number, string>(), new Map<number, string>()]
  let items = 0
  for (const [, written = '', content = ''] of xml.matchAll(/<Item\s+([^<>]*)>([^<]*)<\/Item>/g)) {
    if (++items > MAX_ITEMS) break
    const { name, sample, role, domain } = attributesOf(written)
    // GDAL escapes contents twice, and reads them so.
    const text = unescaped(unescaped(content))
    const band = sample === undefined ? undefined : Number(sample)
    if (band !== undefined && !(Number.isSafeInteger(band) && band >= 0)) continue
    if (band !== undefined && role === 'scale') scales.set(band, Number(text))
    else if (band !== undefined && role === 'offset') offsets.set(band, Number(text))
    else if (band !== undefined && role === 'unittype') units.set(band, text)
    else if (band !== undefined && role === 'description') descriptions.set(band, text)
    else if (name === undefined || (domain !== undefined && domain !== '')) continue
    else if (band === undefined) file.push([name, text])
    else bands.set(band, [...(bands.get(band) ?? []), [name, text]])
  }
  return {
    file: Object.fromEntries(file),
    bands: new Map([...bands].map(([band, found]) => [band, Object.fromEntries(found)])),
    scales,
    offsets,
    units,
    descriptions,
  }
}

function attributesOf(written: string): Partial<Record<'name' | 'sample' | 'role' | 'domain', string>> {
  const found = [...written.matchAll(/([A-Za-z_]+)="([^"]*)"/g)]
  return Object.fromEntries(found.map(([, name, value]) => [name, unescaped(value!)]))
}

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g,
    (whole, decimal, hexadecimal, name) => {
      if (name !== undefined) return ENTITIES[name] ?? whole
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
