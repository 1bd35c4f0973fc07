import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A server that takes DOIs as DataCite's REST API says that it does: shapes from its OpenAPI description (2.3.0; a publisher as an
 * object since schema 4.5), states and refusals from its guide (https://support.datacite.org/docs/api-create-dois). It is not
 * DataCite's, which no test calls.
 */
export interface DataciteServer extends AsyncDisposable {
  readonly url: string
  readonly repository: string
  readonly password: string
  readonly prefix: string
  /** What is registered, by DOI. */
  readonly dois: Map<string, { state: string; attributes: Record<string, unknown> }>
  /** Method and path of each request, in order. */
  readonly asked: string[]
  /** Answers the next requests with these, before it does what they ask; `lost` does it and then cuts the connection. */
  readonly mishaps: ('none' | 'lost' | { status: number; retryAfter?: string })[]
}

type Shape = 'string' | 'number' | readonly [Shape] | { readonly [name: string]: Shape }

const NAME: { readonly [name: string]: Shape } = {
  name: 'string',
  nameType: 'string',
  givenName: 'string',
  familyName: 'string',
  affiliation: [
    {
      name: 'string',
      affiliationIdentifier: 'string',
      affiliationIdentifierScheme: 'string',
      schemeUri: 'string',
    },
  ],
  nameIdentifiers: [{ nameIdentifier: 'string', nameIdentifierScheme: 'string', schemeUri: 'string' }],
}
const ATTRIBUTES: { readonly [name: string]: Shape } = {
  doi: 'string',
  event: 'string',
  identifiers: [{ identifier: 'string', identifierType: 'string' }],
  creators: [NAME],
  titles: [{ title: 'string', titleType: 'string', lang: 'string' }],
  publisher: {
    name: 'string',
    publisherIdentifier: 'string',
    publisherIdentifierScheme: 'string',
    schemeUri: 'string',
    lang: 'string',
  },
  publicationYear: 'number',
  subjects: [{ subject: 'string', subjectScheme: 'string', schemeUri: 'string', valueUri: 'string' }],
  contributors: [{ ...NAME, contributorType: 'string' }],
  dates: [{ date: 'string', dateType: 'string', dateInformation: 'string' }],
  language: 'string',
  types: { resourceTypeGeneral: 'string', resourceType: 'string' },
  relatedIdentifiers: [
    {
      relatedIdentifier: 'string',
      relatedIdentifierType: 'string',
      relationType: 'string',
      relationTypeInformation: 'string',
    },
  ],
  sizes: ['string'],
  formats: ['string'],
  version: 'string',
  rightsList: [
    {
      rights: 'string',
      rightsUri: 'string',
      rightsIdentifier: 'string',
      rightsIdentifierScheme: 'string',
      schemeUri: 'string',
    },
  ],
  descriptions: [{ description: 'string', descriptionType: 'string' }],
  fundingReferences: [
    {
      funderName: 'string',
      funderIdentifier: 'string',
      funderIdentifierType: 'string',
      awardNumber: 'string',
      awardUri: 'string',
      awardTitle: 'string',
    },
  ],
  url: 'string',
  schemaVersion: 'string',
}
const MANDATORY = ['creators', 'titles', 'publisher', 'publicationYear', 'types', 'url']

/** What a value has that its shape has not. */
function faults(value: unknown, shape: Shape, path: string): string[] {
  if (typeof shape === 'string')
    return typeof value === shape && value !== ''
      ? []
      : [`${path} is ${JSON.stringify(value)}: not a ${shape}`]
  if (Array.isArray(shape)) {
    if (!Array.isArray(value) || value.length === 0) return [`${path} is no list with something in it`]
    return value.flatMap((item, place) => faults(item, shape[0], `${path}[${place}]`))
  }
  if (typeof value !== 'object' || value === null) return [`${path} is no object`]
  const known = shape as { readonly [name: string]: Shape }
  return Object.entries(value).flatMap(([name, item]) =>
    known[name] ? faults(item, known[name], `${path}.${name}`) : [`${path}.${name} is not known`],
  )
}

const MISHAP_TITLES: Record<number, string> = { 429: 'Rate limit exceeded', 503: 'Service unavailable' }

export async function dataciteServer(): Promise<DataciteServer> {
  const account = { repository: 'TEST.FROST', password: 'not a real one', prefix: '10.5072' }
  const dois: DataciteServer['dois'] = new Map()
  const asked: string[] = []
  const mishaps: DataciteServer['mishaps'] = []

  const server = createServer(async (request, response) => {
    const text = await textOf(request)
    asked.push(`${request.method} ${request.url}`)
    const mishap = mishaps.shift()
    const send = (status: number, body: object, headers: Record<string, string> = {}) => {
      if (mishap === 'lost') return request.socket.destroy()
      response.writeHead(status, { 'content-type': 'application/vnd.api+json', ...headers })
      response.end(JSON.stringify(body))
    }
    const refuse = (status: number, title: string, source?: string) =>
      send(status, { errors: [{ status: String(status), ...(source && { source }), title }] })
    if (typeof mishap === 'object') {
      const headers = mishap.retryAfter === undefined ? {} : { 'retry-after': mishap.retryAfter }
      const errors = [{ title: MISHAP_TITLES[mishap.status] }]
      response.writeHead(mishap.status, { 'content-type': 'application/vnd.api+json', ...headers })
      return response.end(JSON.stringify({ errors }))
    }
    const credentials = Buffer.from(`${account.repository}:${account.password}`).toString('base64')
    if (request.headers.authorization !== `Basic ${credentials}`) return refuse(401, 'Bad credentials.')
    const path = new URL(request.url!, 'http://x').pathname
    const id = decodeURIComponent(path.replace(/^\/dois\/?/, '')).toLowerCase()
    const told = (doi: string) => {
      const { state, attributes } = dois.get(doi)!
      return { data: { id: doi, type: 'dois', attributes: { ...attributes, doi, state } } }
    }
    if (request.method === 'GET') {
      if (!dois.has(id)) return refuse(404, "The resource you are looking for doesn't exist.")
      return send(200, told(id))
    }
    if (request.headers['content-type'] !== 'application/vnd.api+json')
      return refuse(415, 'Unsupported Media Type')
    const { data } = JSON.parse(text) as { data?: { type?: string; attributes?: Record<string, unknown> } }
    if (data?.type !== 'dois' || !data.attributes)
      return refuse(400, 'You need to provide a payload following the JSONAPI spec')
    const wrong = faults(data.attributes, ATTRIBUTES, 'attributes')
    if (wrong.length > 0) return refuse(422, wrong.join('; '), 'metadata')
    const { event, ...attributes } = data.attributes
    const doi = String(attributes.doi).toLowerCase()
    if (!doi.startsWith(`${account.prefix}/`))
      return refuse(403, 'You are not authorized to access this resource.')
    if (request.method === 'POST') {
      if (dois.has(doi)) return refuse(422, 'This DOI has already been taken', 'doi')
      dois.set(doi, { state: 'draft', attributes })
    } else {
      if (doi !== id) return refuse(422, 'is not the DOI of the path', 'doi')
      const held = dois.get(doi) ?? { state: 'draft', attributes: {} }
      dois.set(doi, { state: held.state, attributes: { ...held.attributes, ...attributes } })
    }
    const now = dois.get(doi)!
    const missing = MANDATORY.filter(name => now.attributes[name] === undefined)
    if (event === 'publish') {
      if (missing.length > 0) return refuse(422, `can't be blank: ${missing.join(', ')}`, 'metadata')
      now.state = 'findable'
    }
    return send(request.method === 'POST' ? 201 : 200, told(doi))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    ...account,
    dois,
    asked,
    mishaps,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
