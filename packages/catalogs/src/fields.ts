/**
 * The fields of a foreign document. What is taken is gone from the rest; what nobody takes is still there, so that it can be
 * kept as an extension: nothing of a source is lost because nobody knew of it.
 */
export class Fields {
  readonly #rest: Map<string, unknown>

  /** @param value anything; what is no object has no fields */
  constructor(value: unknown) {
    this.#rest = new Map(isObject(value) ? Object.entries(value).filter(([, field]) => !isEmpty(field)) : [])
  }

  has(name: string): boolean {
    return this.#rest.has(name)
  }

  /** Looks without taking. */
  peek(name: string): unknown {
    return this.#rest.get(name)
  }

  take(name: string): unknown {
    const value = this.#rest.get(name)
    this.#rest.delete(name)
    return value
  }

  /** A text; numbers and booleans are written out. Other values stay where they are. */
  text(name: string): string | undefined {
    const value = this.#rest.get(name)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
    this.#rest.delete(name)
    const text = String(value).trim()
    return text === '' ? undefined : text
  }

  flag(name: string): boolean | undefined {
    const value = this.#rest.get(name)
    if (typeof value !== 'boolean') return undefined
    this.#rest.delete(name)
    return value
  }

  /** A list; a single value is a list of one. */
  list(name: string): unknown[] {
    const value = this.take(name)
    return value === undefined ? [] : Array.isArray(value) ? value.filter(item => !isEmpty(item)) : [value]
  }

  texts(name: string): string[] {
    return this.list(name)
      .map(item => (isObject(item) || Array.isArray(item) ? '' : String(item).trim()))
      .filter(Boolean)
  }

  /** The objects of a list, each with its own rest. */
  objects(name: string): Fields[] {
    return this.list(name).map(item => new Fields(item))
  }

  /** The fields of an object; none where there is no object. */
  object(name: string): Fields {
    return new Fields(isObject(this.#rest.get(name)) ? this.take(name) : undefined)
  }

  /** What nobody took. */
  rest(): Record<string, unknown> {
    return Object.fromEntries(this.#rest)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
