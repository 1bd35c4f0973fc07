/**
 * Numbers for keys (at-uris, `doi:…`, addresses), and which keys name one thing: a DOI, a version and a bucket's address of one
 * dataset are one node with it.
 */
export class Nodes {
  readonly #names: string[] = []
  readonly #numbers = new Map<string, number>()
  /** The node that each key stands for, itself for most; a chain of them has one step. */
  #canonical = new Uint32Array(1024)
  /** The other keys of a node. */
  readonly #members = new Map<number, Set<number>>()

  get size(): number {
    return this.#names.length
  }

  name(node: number): string {
    return this.#names[node]!
  }

  find(key: string): number | undefined {
    return this.#numbers.get(key)
  }

  /** The number of a key, made when it is new. */
  intern(key: string): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const node = this.#names.length
    if (node === this.#canonical.length) {
      const grown = new Uint32Array(node * 2)
      grown.set(this.#canonical)
      this.#canonical = grown
    }
    this.#canonical[node] = node
    this.#names.push(key)
    this.#numbers.set(key, node)
    return node
  }

  /** The node that a key's number stands for: itself, or the dataset that it names. */
  canonical(node: number): number {
    return this.#canonical[node]!
  }

  /** By number, the node that it stands for; for reading only, until the next key is made. */
  get canonicals(): Uint32Array {
    return this.#canonical
  }

  /** Other keys of a canonical node. */
  members(node: number): ReadonlySet<number> | undefined {
    return this.#members.size === 0 ? undefined : this.#members.get(node)
  }

  /** Lets a key stand for a canonical node, or for itself. */
  alias(key: number, node: number): void {
    const before = this.canonical(key)
    if (before === node) return
    if (before !== key) {
      const members = this.#members.get(before)
      members?.delete(key)
      if (members?.size === 0) this.#members.delete(before)
    }
    this.#canonical[key] = node
    if (node === key) return
    const members = this.#members.get(node)
    if (members) members.add(key)
    else this.#members.set(node, new Set([key]))
    // What stood for the key stands for the node now.
    for (const member of [...(this.#members.get(key) ?? [])]) this.alias(member, node)
  }
}
