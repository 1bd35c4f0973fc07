import { describe, expect, it } from 'vitest'
import { licenceId, rightsOf } from './licence.ts'

describe('licences in words', () => {
  it.each([
    ['CC BY 4.0', 'CC-BY-4.0'],
    ['[CC-BY-SA 3.0](https://creativecommons.org/licenses/by-sa/3.0/)', 'CC-BY-SA-3.0'],
    ['Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International', 'CC-BY-NC-SA-4.0'],
    ['https://creativecommons.org/publicdomain/zero/1.0/', 'CC0-1.0'],
    ['This data is released as CC0.', 'CC0-1.0'],
    ['apache-2.0', 'Apache-2.0'],
    ['Apache Version 2.0', 'Apache-2.0'],
    ['https://choosealicense.com/licenses/mit/', 'MIT'],
    ['Open Data Commons Open Database License (ODbL)', 'ODbL-1.0'],
    ['https://spdx.org/licenses/ODC-By-1.0.html', 'ODC-By-1.0'],
  ])('%s', (text, id) => expect(licenceId(text)).toBe(id))

  it.each([
    'CC BY', // no version
    'CC BY 4.0 for the maps, MIT License for the code',
    'Varies by dataset, mostly CC BY 4.0',
    'There are no restrictions on the use of this data.',
    'proprietary',
    '',
  ])('claims none for %j', text => expect(licenceId(text)).toBeUndefined())

  it('keeps the words where they say more than the licence', () => {
    expect(rightsOf({ text: 'MIT' })).toEqual([{ spdx: 'MIT', uri: expect.any(String) }])
    const long = `Data may be used freely. ${'Please cite it. '.repeat(40)}`
    const [rights] = rightsOf({ text: long })
    expect(rights?.text).toBe(long.trim())
    expect(rights?.name?.length).toBeLessThanOrEqual(160)
    expect(rightsOf({ text: '' })).toEqual([])
  })
})
