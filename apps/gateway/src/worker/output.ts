import { Socket } from 'node:net'
import type { Failure, Head } from '../job.ts'
import { DATA_BYTES, encodeFrame, type FrameKind } from '../pool/frames.ts'

/** The pipe to the gateway; a write resolves once there is room for more. */
export class Output {
  readonly #pipe: Socket

  /** @param descriptor of the pipe */
  constructor(descriptor: number) {
    this.#pipe = new Socket({ fd: descriptor, readable: false, writable: true })
    // The gateway is gone, and with it whoever asked.
    this.#pipe.on('error', () => process.exit(0))
  }

  ready(): Promise<void> {
    return this.#write('ready')
  }

  accepted(): Promise<void> {
    return this.#write('accepted')
  }

  head(head: Head): Promise<void> {
    return this.#write('head', Buffer.from(JSON.stringify(head)))
  }

  async data(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += DATA_BYTES)
      await this.#write('data', bytes.subarray(at, at + DATA_BYTES))
  }

  end(): Promise<void> {
    return this.#write('end')
  }

  failed(failure: Failure): Promise<void> {
    return this.#write('failed', Buffer.from(JSON.stringify(failure)))
  }

  #write(kind: FrameKind, payload?: Uint8Array): Promise<void> {
    if (this.#pipe.write(encodeFrame(kind, payload))) return Promise.resolve()
    return new Promise(resolve => this.#pipe.once('drain', resolve))
  }
}
