import { describe, expect, it } from 'vitest'
import { isLoopback, isUsableService, settingsFromEnv } from './settings.ts'

describe('settingsFromEnv', () => {
  it('takes options over variables over defaults', () => {
    expect(settingsFromEnv({}, {}).appviewUrl).toBe('http://127.0.0.1:4181')
    expect(settingsFromEnv({}, { FROST_APPVIEW_PORT: '5000' }).appviewUrl).toBe('http://127.0.0.1:5000')
    const env = { FROST_APPVIEW_URL: 'https://a.example/' }
    expect(settingsFromEnv({}, env).appviewUrl).toBe('https://a.example')
    expect(settingsFromEnv({ appview: 'b.example' }, env).appviewUrl).toBe('https://b.example')
  })

  it('names option, value and remedy', () => {
    expect(() => settingsFromEnv({ service: 'ftp://x' }, {})).toThrow(
      /--service is 'ftp:\/\/x'.*https:\/\/host/,
    )
    expect(() => settingsFromEnv({}, { FROST_PLC_PORT: '99999' })).toThrow(/FROST_PLC_PORT is '99999'/)
  })

  it('keeps its files where XDG says', () => {
    expect(settingsFromEnv({}, { XDG_CONFIG_HOME: '/c' }).configDir).toBe('/c/frost')
    expect(settingsFromEnv({}, { XDG_CONFIG_HOME: '/c', FROST_CONFIG: '/d' }).configDir).toBe('/d')
  })
})

it('plain http is for this machine only', () => {
  expect(isLoopback('http://127.9.9.9:1')).toBe(true)
  expect(isLoopback('http://127.0.0.1.example.org')).toBe(false)
  expect(isUsableService('http://localhost:4185')).toBe(true)
  expect(isUsableService('http://example.org')).toBe(false)
  expect(isUsableService('https://example.org')).toBe(true)
})
