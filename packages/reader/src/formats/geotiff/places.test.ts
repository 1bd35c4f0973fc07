import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Coverage } from '../../model.ts'
import { openWith, pythonFiles, pythonHas, pythonJson } from '../arrays/oracle.ts'
import { JUDGE, type JudgedRaster, PLACES } from './gdal.fixture.ts'
import { geotiff } from './geotiff.ts'

const python = pythonHas('rasterio', 'numpy')

describe('where an image lies', () => {
  it.skipIf(!python)(
    'is known as PROJ knows it',
    async () => {
      const places = pythonFiles(PLACES)
      const paths = readdirSync(places).map(name => join(places, name))
      const judged = pythonJson(JUDGE, ...paths) as Record<string, JudgedRaster>
      for (const path of paths) {
        const { coverage } = await (await openWith(geotiff, path)).describe()
        const [west, south, east, north] = judged[path]!.bounds!
        const space = coverage.space as NonNullable<Coverage['space']>
        for (const [found, expected] of [
          [space.west, west],
          [space.south, south],
          [space.east, east],
          [space.north, north],
        ] as const)
          expect([path, Math.abs(found - expected) < 0.02]).toEqual([path, true])
      }
    },
    120_000,
  )

  it.skipIf(!python)(
    'an image round a pole covers all longitudes; one across the antimeridian says so',
    async () => {
      const places = pythonFiles(`${PLACES}
write('pole', 'EPSG:3031', -3e6, 3e6, 60000); write('across', 'EPSG:32760', 8e5, 8e6, 1000); write('dateline', 'EPSG:4326', 170, 10, .2)`)
      const of = async (name: string) =>
        (await (await openWith(geotiff, join(places, `${name}.tif`))).describe()).coverage.space!
      expect(await of('pole')).toMatchObject({ west: -180, east: 180, south: -90 })
      expect((await of('across')).west).toBeGreaterThan((await of('across')).east)
      expect(await of('dateline')).toEqual({ west: 170, east: -170, south: -10, north: 10 })
    },
  )
})
