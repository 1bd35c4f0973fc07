import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

describe('readConfig', () => {
  it('has the documented defaults', () => {
    expect(readConfig({})).toEqual({
      dataDir: resolve('data/network'),
      host: '127.0.0.1',
      ports: { plc: 4183, relay: 4184, pds: 4185, store: 4190 },
    })
  })

  it('takes what the environment says', () => {
    const config = readConfig({
      FROST_DATA: '/somewhere',
      FROST_PDS_PORT: '0',
      FROST_STORE_PORT: '9000',
      FROST_HOST: '::1',
    })
    expect(config).toMatchObject({
      dataDir: '/somewhere/network',
      host: '::1',
      ports: { pds: 0, store: 9000 },
    })
  })

  it.each(['-1', 'http', '65536', '1e3'])('names the variable whose port %s is none', port => {
    expect(() => readConfig({ FROST_RELAY_PORT: port })).toThrow(`FROST_RELAY_PORT=${port}`)
  })
})
