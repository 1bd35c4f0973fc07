/** An answer that the lexicon declares as an error; the name is the declared one. */
export class QueryError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}
