import { request } from 'node:http'

const API = '/@atproto/oauth-provider/~api'

/**
 * Does what a person does in the browser: opens a PDS's authorization page, signs in, grants what is asked, and follows the
 * redirect to the client's listener. Speaks HTTP as the page's own script does, with cookies, CSRF token and Fetch Metadata.
 * @returns The status with which the client's listener answered.
 */
export async function approveSignIn(
  authorizeUrl: string,
  username: string,
  password: string,
): Promise<number> {
  const cookies = new Map<string, string>()
  const keep = (lines: readonly string[] = []) => {
    for (const line of lines) {
      const [pair = ''] = line.split(';', 1)
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
  }
  const page = await send('GET', authorizeUrl, {
    'sec-fetch-site': 'none',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    accept: 'text/html',
  })
  if (page.status !== 200)
    throw new Error(`the authorization page answered ${page.status}: ${page.body.slice(0, 500)}`)
  keep(page.cookies)

  const { origin } = new URL(authorizeUrl)
  const call = async (endpoint: string, input: object, bearer?: string) => {
    const answer = await send(
      'POST',
      `${origin}${API}${endpoint}`,
      {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'same-origin',
        'sec-fetch-dest': 'empty',
        origin,
        referer: authorizeUrl,
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'x-csrf-token': cookies.get('csrf-token') ?? '',
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
      },
      JSON.stringify(input),
    )
    keep(answer.cookies)
    if (answer.status !== 200)
      throw new Error(`${endpoint} answered ${answer.status}: ${answer.body.slice(0, 500)}`)
    return JSON.parse(answer.body) as Record<string, unknown>
  }
  const signedIn = await call('/sign-in', { locale: 'en', username, password, remember: true })
  const did =
    (signedIn.account as { did?: string; sub?: string }).did ?? (signedIn.account as { sub?: string }).sub
  const { url } = await call('/consent', { did }, signedIn.ephemeralToken as string | undefined)

  const redirect = new URL(String(url))
  const target = new URL(redirect.searchParams.get('redirect_uri')!)
  for (const name of ['state', 'iss', 'code', 'error', 'error_description']) {
    const value = redirect.searchParams.get(name)
    if (value !== null) target.searchParams.set(name, value)
  }
  return (await send('GET', target.href, {})).status
}

function send(
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; body: string; cookies?: string[] }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, headers: { 'user-agent': 'test', 'accept-language': 'en', ...headers } },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            cookies: response.headers['set-cookie'],
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
