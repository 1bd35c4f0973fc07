import { request } from 'node:http'

const MAX_ANSWER_BYTES = 2_048
const TIMEOUT_MS = 3_000

/**
 * Resolves handles of the box, which has no DNS: the PDS whose domain a handle ends with is asked for
 * `/.well-known/atproto-did` with the handle as host name, as the specification has it.
 */
export class HandleResolver {
  /** Domain (`icehub.test`) → port of its PDS. */
  readonly #ports = new Map<string, number>()
  readonly #records = new Map<string, string>()

  addDomain(domain: string, port: number): void {
    this.#ports.set(domain, port)
  }

  removeDomain(domain: string): void {
    this.#ports.delete(domain)
  }

  /** Stands in for the DNS record `_atproto.HANDLE`: for accounts with a domain of their own. */
  setRecord(handle: string, did: string | undefined): void {
    if (did === undefined) this.#records.delete(handle.toLowerCase())
    else this.#records.set(handle.toLowerCase(), did)
  }

  /** The DID that a handle points to; undefined where it points nowhere or its PDS does not answer. */
  readonly resolve = async (handle: string): Promise<string | undefined> => {
    const name = handle.toLowerCase()
    const record = this.#records.get(name)
    if (record) return record
    for (const [domain, port] of this.#ports) {
      if (name === domain || name.endsWith(`.${domain}`)) return askPds(port, name).catch(() => undefined)
    }
    return undefined
  }
}

function askPds(port: number, handle: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: '/.well-known/atproto-did',
        headers: { host: handle },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        agent: false,
      },
      answer => {
        if (answer.statusCode !== 200) {
          answer.resume()
          resolve(undefined)
          return
        }
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
          if (text.length > MAX_ANSWER_BYTES)
            answer.destroy(new Error(`the answer for ${handle} is too long`))
        })
        answer.on('end', () => {
          const did = text.trim()
          resolve(did.startsWith('did:') ? did : undefined)
        })
        answer.on('error', reject)
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}
