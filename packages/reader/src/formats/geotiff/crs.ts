import { type GeoKeys, KEY } from './georeference.ts'

/** A coordinate reference system as far as a file says it. */
export interface Crs {
  readonly kind: 'geographic' | 'projected'
  /** As `EPSG:3031`. */
  readonly code?: string
  /** As the file calls it. */
  readonly citation?: string
  /** In PROJ's language; undefined where it is not known here. */
  readonly proj?: string
  /** Of its axes. */
  readonly units: string
}

const [PROJECTED, GEOGRAPHIC] = [1, 2]
const USER_DEFINED = 32767
const GRS80 = '+ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m'
const WGS84 = '+datum=WGS84 +units=m'
const POLAR = (latitude: number, longitude: number) =>
  `+proj=stere +lat_0=${latitude < 0 ? -90 : 90} +lat_ts=${latitude} +lon_0=${longitude} +x_0=0 +y_0=0 ${WGS84}`

/** Systems that data is often published in (EPSG registry). Zones of UTM are computed. */
const KNOWN: Readonly<Record<number, string>> = {
  3857: '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m',
  3395: `+proj=merc +lon_0=0 +k=1 +x_0=0 +y_0=0 ${WGS84}`,
  3031: POLAR(-71, 0),
  3976: POLAR(-70, 0),
  3413: POLAR(70, -45),
  3995: POLAR(71, 0),
  3996: POLAR(75, 0),
  3411: '+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +x_0=0 +y_0=0 +a=6378273 +b=6356889.449 +units=m',
  3412: '+proj=stere +lat_0=-90 +lat_ts=-70 +lon_0=0 +x_0=0 +y_0=0 +a=6378273 +b=6356889.449 +units=m',
  32661: `+proj=stere +lat_0=90 +lon_0=0 +k=0.994 +x_0=2000000 +y_0=2000000 ${WGS84}`,
  32761: `+proj=stere +lat_0=-90 +lon_0=0 +k=0.994 +x_0=2000000 +y_0=2000000 ${WGS84}`,
  3571: `+proj=laea +lat_0=90 +lon_0=180 +x_0=0 +y_0=0 ${WGS84}`,
  3572: `+proj=laea +lat_0=90 +lon_0=-150 +x_0=0 +y_0=0 ${WGS84}`,
  3573: `+proj=laea +lat_0=90 +lon_0=-100 +x_0=0 +y_0=0 ${WGS84}`,
  3574: `+proj=laea +lat_0=90 +lon_0=-40 +x_0=0 +y_0=0 ${WGS84}`,
  3575: `+proj=laea +lat_0=90 +lon_0=10 +x_0=0 +y_0=0 ${WGS84}`,
  3576: `+proj=laea +lat_0=90 +lon_0=90 +x_0=0 +y_0=0 ${WGS84}`,
  6931: `+proj=laea +lat_0=90 +lon_0=0 +x_0=0 +y_0=0 ${WGS84}`,
  6932: `+proj=laea +lat_0=-90 +lon_0=0 +x_0=0 +y_0=0 ${WGS84}`,
  6933: `+proj=cea +lat_ts=30 +lon_0=0 +x_0=0 +y_0=0 ${WGS84}`,
  3408: '+proj=laea +lat_0=90 +lon_0=0 +x_0=0 +y_0=0 +a=6371228 +b=6371228 +units=m',
  3409: '+proj=laea +lat_0=-90 +lon_0=0 +x_0=0 +y_0=0 +a=6371228 +b=6371228 +units=m',
  3410: '+proj=cea +lat_ts=30 +lon_0=0 +x_0=0 +y_0=0 +a=6371228 +b=6371228 +units=m',
  3035: `+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 ${GRS80}`,
  3034: `+proj=lcc +lat_0=52 +lon_0=10 +lat_1=35 +lat_2=65 +x_0=4000000 +y_0=2800000 ${GRS80}`,
  2154: `+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 ${GRS80}`,
  5070: `+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +x_0=0 +y_0=0 ${GRS80}`,
  3577: `+proj=aea +lat_0=0 +lon_0=132 +lat_1=-18 +lat_2=-36 +x_0=0 +y_0=0 ${GRS80}`,
  3338: `+proj=aea +lat_0=50 +lon_0=-154 +lat_1=55 +lat_2=65 +x_0=0 +y_0=0 ${GRS80}`,
  3978: `+proj=lcc +lat_0=49 +lon_0=-95 +lat_1=49 +lat_2=77 +x_0=0 +y_0=0 ${GRS80}`,
  3979: `+proj=lcc +lat_0=49 +lon_0=-95 +lat_1=49 +lat_2=77 +x_0=0 +y_0=0 ${GRS80}`,
  2193: `+proj=tmerc +lat_0=0 +lon_0=173 +k=0.9996 +x_0=1600000 +y_0=10000000 ${GRS80}`,
  3006: `+proj=utm +zone=33 ${GRS80}`,
  3067: `+proj=utm +zone=35 ${GRS80}`,
  2180: `+proj=tmerc +lat_0=0 +lon_0=19 +k=0.9993 +x_0=500000 +y_0=-5300000 ${GRS80}`,
  27700:
    '+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m',
  2056: '+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346,0,0,0,0 +units=m',
  8857: `+proj=eqearth +lon_0=0 +x_0=0 +y_0=0 ${WGS84}`,
}

/** Undefined where the file names none. */
export function crsOf(keys: GeoKeys): Crs | undefined {
  const kind = keys.get(KEY.modelType)
  const text = (...numbers: number[]) =>
    numbers
      .map(key => keys.get(key))
      .find((value): value is string => typeof value === 'string' && value !== '')
  const code = (key: number) => {
    const value = keys.get(key)
    return typeof value === 'number' && value > 0 && value < USER_DEFINED ? value : undefined
  }
  if (kind === GEOGRAPHIC) {
    const epsg = code(KEY.geographic)
    return {
      kind: 'geographic',
      units: 'degrees',
      ...(epsg === undefined ? {} : { code: `EPSG:${epsg}` }),
      ...optional('citation', text(KEY.geographicCitation, KEY.citation)),
      // Datums differ by some hundred metres, which does not show in degrees of coverage.
      proj: '+proj=longlat +datum=WGS84',
    }
  }
  if (kind !== PROJECTED) return undefined
  const epsg = code(KEY.projected)
  const metres = keys.get(KEY.linearUnits) ?? 9001
  return {
    kind: 'projected',
    units: metres === 9001 ? 'm' : metres === 9003 ? 'US survey foot' : metres === 9002 ? 'foot' : 'unit',
    ...(epsg === undefined ? {} : { code: `EPSG:${epsg}` }),
    ...optional('citation', text(KEY.citation, KEY.projectedCitation)),
    ...optional('proj', (epsg === undefined ? undefined : projOfCode(epsg)) ?? projOfKeys(keys)),
  }
}

function projOfCode(code: number): string | undefined {
  const zone = (first: number, last: number, from: number) =>
    code >= first && code <= last ? code - first + from : undefined
  const north = zone(32601, 32660, 1)
  if (north !== undefined) return `+proj=utm +zone=${north} ${WGS84}`
  const south = zone(32701, 32760, 1)
  if (south !== undefined) return `+proj=utm +zone=${south} +south ${WGS84}`
  // ETRS89, NAD83, NAD83(2011), SIRGAS 2000; then MGA of GDA94 and GDA2020.
  const other =
    zone(25828, 25838, 28) ?? zone(26901, 26923, 1) ?? zone(6330, 6348, 1) ?? zone(31972, 31976, 18)
  if (other !== undefined) return `+proj=utm +zone=${other} ${GRS80}`
  const australian = zone(28348, 28358, 48) ?? zone(7846, 7859, 46) ?? zone(31978, 31985, 18)
  if (australian !== undefined) return `+proj=utm +zone=${australian} +south ${GRS80}`
  return KNOWN[code]
}

/** From the parameters of the projection (GeoTIFF 1.1, annex on coordinate transformations), where all are given. */
function projOfKeys(keys: GeoKeys): string | undefined {
  const number = (...numbers: number[]) => {
    const found = numbers.map(key => keys.get(key)).find(value => typeof value === 'number')
    return found as number | undefined
  }
  const longitude =
    number(KEY.originLongitude, KEY.falseOriginLongitude, KEY.centreLongitude, KEY.straightPole) ?? 0
  const latitude = number(KEY.originLatitude, KEY.falseOriginLatitude, KEY.centreLatitude) ?? 0
  const parallel = number(KEY.standardParallel1)
  const scale = number(KEY.scale, KEY.centreScale) ?? 1
  const parallels = `+lat_1=${parallel ?? latitude} +lat_2=${number(KEY.standardParallel2) ?? parallel ?? latitude}`
  const methods: Readonly<Record<number, string>> = {
    1: `tmerc +lat_0=${latitude} +k=${scale}`,
    7: parallel === undefined ? `merc +k=${scale}` : `merc +lat_ts=${parallel}`,
    8: `lcc +lat_0=${latitude} ${parallels}`,
    9: `lcc +lat_0=${latitude} +lat_1=${latitude} +k_0=${scale}`,
    10: `laea +lat_0=${latitude}`,
    11: `aea +lat_0=${latitude} ${parallels}`,
    12: `aeqd +lat_0=${latitude}`,
    14: `stere +lat_0=${latitude} +k=${scale}`,
    15: `stere +lat_0=${latitude < 0 ? -90 : 90} +lat_ts=${latitude}`,
    16: `sterea +lat_0=${latitude} +k=${scale}`,
    17: `eqc +lat_0=${latitude} +lat_ts=${parallel ?? 0}`,
    18: 'cass',
    20: 'mill',
    21: `ortho +lat_0=${latitude}`,
    23: 'robin',
    24: 'sinu',
    25: 'vandg',
    28: `cea +lat_ts=${parallel ?? 0}`,
  }
  const method = keys.get(KEY.method)
  const projection = typeof method === 'number' ? methods[method] : undefined
  if (projection === undefined) return undefined
  const east = number(KEY.falseEasting, KEY.falseOriginEasting, KEY.centreEasting) ?? 0
  const north = number(KEY.falseNorthing, KEY.falseOriginNorthing, KEY.centreNorthing) ?? 0
  const metres =
    { 9002: 0.3048, 9003: 1200 / 3937 }[keys.get(KEY.linearUnits) as number] ??
    number(KEY.linearUnitSize) ??
    1
  const place = `+lon_0=${longitude} +x_0=${east * metres} +y_0=${north * metres} +to_meter=${metres}`
  return `+proj=${projection} ${place} ${ellipsoid(keys)}`
}

function ellipsoid(keys: GeoKeys): string {
  const [major, minor, inverse] = [KEY.semiMajor, KEY.semiMinor, KEY.inverseFlattening].map(key =>
    keys.get(key),
  )
  if (typeof major !== 'number' || !(major > 0)) return '+datum=WGS84'
  if (typeof inverse === 'number' && inverse > 0) return `+a=${major} +rf=${inverse}`
  return `+a=${major} +b=${typeof minor === 'number' && minor > 0 ? minor : major}`
}

function optional<K extends string>(name: K, value: string | undefined): { readonly [key in K]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in K]?: string }
}
