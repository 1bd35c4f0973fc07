import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encode } from '@atcute/cbor'
import { type Keypair, Secp256k1Keypair } from '@atproto/crypto'
import type { Pds } from '@frost/network'
import { type WebSocket, WebSocketServer } from 'ws'

/** A labeler on loopback: a did:web, or an account of the network that becomes one, whose labels are signed and streamed as com.atproto.label.subscribeLabels says. */
export class Labeler implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #frames: { seq: number; bytes: Buffer }[] = []
  #key: Keypair
  #documentKey: Keypair
  #account: string | undefined

  private constructor(server: Server, key: Keypair) {
    this.#server = server
    this.#key = key
    this.#documentKey = key
    this.#sockets = new WebSocketServer({ server })
    this.#sockets.on('connection', (socket: WebSocket, request) => {
      const cursor = Number(new URL(request.url!, 'http://localhost').searchParams.get('cursor'))
      for (const { seq, bytes } of this.#frames) if (seq > cursor) socket.send(bytes)
    })
    server.on('request', (_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(this.#document()))
    })
  }

  static async open(): Promise<Labeler> {
    const server = createServer()
    const labeler = new Labeler(server, await Secp256k1Keypair.create())
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return labeler
  }

  /** An account that has its labels streamed from here, as its DID document says from now on. */
  static async of({ did }: { readonly did: string }, pds: Pds): Promise<Labeler> {
    const labeler = await Labeler.open()
    const { plcClient, plcRotationKey } = pds.server.ctx
    await plcClient.updateData(did, plcRotationKey, last => ({
      ...last,
      verificationMethods: { ...last.verificationMethods, atproto_label: labeler.#key.did() },
      services: {
        ...last.services,
        atproto_labeler: { type: 'AtprotoLabeler', endpoint: labeler.#origin },
      },
    }))
    labeler.#account = did
    return labeler
  }

  get did(): string {
    if (this.#account) return this.#account
    return `did:web:localhost%3A${(this.#server.address() as AddressInfo).port}`
  }

  /** Streams a label; `forged` ones do not bear the labeler's signature. */
  async say(
    label: { uri: string; val: string; [field: string]: unknown },
    { forged = false } = {},
  ): Promise<void> {
    const fields = { ver: 1, src: this.did, cts: new Date().toISOString(), ...label }
    const signer = forged ? await Secp256k1Keypair.create() : this.#key
    const sig = await signer.sign(encode(fields))
    const seq = this.#frames.length + 1
    const bytes = Buffer.concat([
      encode({ op: 1, t: '#labels' }),
      encode({
        seq,
        labels: [{ ...fields, sig: { $bytes: Buffer.from(sig).toString('base64').replace(/=+$/, '') } }],
      }),
    ])
    this.#frames.push({ seq, bytes })
    for (const socket of this.#sockets.clients) socket.send(bytes)
  }

  /** Signs with another key from now on, as its document says. */
  async rotate(): Promise<void> {
    this.#key = await Secp256k1Keypair.create()
    this.#documentKey = this.#key
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#sockets.close()
    await new Promise(resolve => this.#server.close(resolve))
  }

  get #origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  #document() {
    const multibase = this.#documentKey.did().slice('did:key:'.length)
    return {
      id: this.did,
      verificationMethod: [
        {
          id: `${this.did}#atproto_label`,
          type: 'Multikey',
          controller: this.did,
          publicKeyMultibase: multibase,
        },
      ],
      service: [
        {
          id: '#atproto_labeler',
          type: 'AtprotoLabeler',
          serviceEndpoint: this.#origin,
        },
      ],
    }
  }
}
