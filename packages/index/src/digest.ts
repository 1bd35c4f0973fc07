import { hash } from 'node:crypto'

/** Of a digest, 16 bits each, the highest first. */
const LIMBS = 16
const LIMB = 0x1_0000

/**
 * The digest by which AppViews compare what they hold: per record type, the sum modulo 2^256 of SHA-256(uri ‖ 0x00 ‖ cid) over
 * the valid records of active accounts. A sum can be taken back, so it is kept up to date record by record, in any order.
 */
export class Digest {
  /** Carried only when it is read: whole numbers of a double hold what 2^36 terms add to one. */
  readonly #limbs = new Float64Array(LIMBS)

  /** @param hex 64 hexadecimal digits as {@link hex} gives them; the empty digest without */
  constructor(hex = '') {
    for (let i = 0; i < LIMBS; i++) this.#limbs[i] = Number.parseInt(hex.slice(4 * i, 4 * i + 4) || '0', 16)
  }

  add(uri: string, cid: string): void {
    this.#count(uri, cid, 1)
  }

  remove(uri: string, cid: string): void {
    this.#count(uri, cid, -1)
  }

  #count(uri: string, cid: string, times: 1 | -1): void {
    const term = hash('sha256', `${uri}\0${cid}`, 'binary')
    for (let i = 0; i < LIMBS; i++)
      this.#limbs[i]! += times * ((term.charCodeAt(2 * i) << 8) | term.charCodeAt(2 * i + 1))
  }

  get hex(): string {
    let text = ''
    let carry = 0
    for (let i = LIMBS - 1; i >= 0; i--) {
      const sum = this.#limbs[i]! + carry
      carry = Math.floor(sum / LIMB)
      text = (sum - carry * LIMB).toString(16).padStart(4, '0') + text
    }
    return text
  }
}
