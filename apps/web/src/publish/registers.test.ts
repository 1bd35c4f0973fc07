import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Registers } from './registers.ts'

/** Answers in the shapes that ORCID (v3.0) and ROR (v2) publish; the registers themselves are never asked. */
const ANSWERS: Record<string, object | number> = {
  '/v3.0/0000-0002-1825-0097/personal-details': {
    name: { 'given-names': { value: 'Josiah' }, 'family-name': { value: 'Carberry' }, 'credit-name': null },
    'other-names': { 'other-name': [{ content: 'J. Stinkney Carberry' }] },
  },
  '/v3.0/0000-0001-5109-3700/personal-details': { name: null },
  '/v2/organizations/02mhbdp94': {
    names: [
      { value: 'Uniandes', types: ['acronym'] },
      { value: 'Universidad de los Andes', types: ['ror_display', 'label'] },
    ],
  },
  '/v2/organizations/02z5nhe81': 503,
}

describe('registers of people and institutions', () => {
  let asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const answer = ANSWERS[url] ?? 404
    if (typeof answer === 'number') response.writeHead(answer).end('{}')
    else response.end(JSON.stringify(answer))
  })
  let url: string
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  const person = (name: string, id: string) => ({ of: '', name, id, affiliation: '' })

  it('say who is meant, where a form says otherwise', async () => {
    const registers = new Registers({ orcid: url, ror: url })
    const advice = await registers.adviceFor({
      people: [
        person('Carberry, Josiah', '0000-0002-1825-0097'),
        person('Lovelace, Ada', 'https://orcid.org/0000-0002-1825-0097'),
        person('Nobody', '0000-0002-1694-233X'),
        person('Hidden', '0000-0001-5109-3700'),
        person('Wrong', '0000-0002-1825-0098'),
        person('NOAA', 'https://ror.org/02z5nhe81'),
      ],
      publisher: 'Kartverket',
      publisherId: '02mhbdp94',
    })
    expect(advice).toEqual([
      'By ORCID, https://orcid.org/0000-0002-1825-0097 is Josiah Carberry, and not Lovelace, Ada.',
      'ORCID knows nobody by 0000-0002-1694-233X: is it the id of Nobody?',
      'By ROR, 02mhbdp94 is Universidad de los Andes, and not Kartverket.',
    ])
    asked = []
    const again = {
      people: [person('Carberry', '0000-0002-1825-0097')],
      publisher: 'NOAA',
      publisherId: '02z5nhe81',
    }
    expect(await registers.adviceFor(again)).toEqual([])
    expect(asked).toEqual(['/v2/organizations/02z5nhe81'])
  })

  it('that are not named are not asked', async () => {
    asked = []
    const form = { people: [person('Lovelace, Ada', '0000-0002-1825-0097')], publisher: '', publisherId: '' }
    expect(await new Registers({}).adviceFor(form)).toEqual([])
    expect(asked).toEqual([])
  })
})
