import { hash } from 'node:crypto'

/**
 * The digest by which AppViews compare what they hold: per record type, the sum modulo 2^256 of SHA-256(uri ‖ 0x00 ‖ cid) over
 * the valid records of active accounts. A sum can be taken back, so it is kept up to date record by record, in any order.
 */
const MODULUS = 1n << 256n

export class Digest {
  #sum: bigint

  /** @param hex 64 hexadecimal digits as {@link hex} gives them; the empty digest without */
  constructor(hex = '0') {
    this.#sum = BigInt(`0x${hex}`)
  }

  add(uri: string, cid: string): void {
    this.#sum = (this.#sum + term(uri, cid)) % MODULUS
  }

  remove(uri: string, cid: string): void {
    this.#sum = (this.#sum + MODULUS - term(uri, cid)) % MODULUS
  }

  get hex(): string {
    return this.#sum.toString(16).padStart(64, '0')
  }
}

function term(uri: string, cid: string): bigint {
  return BigInt(`0x${hash('sha256', `${uri}\0${cid}`, 'hex')}`)
}
