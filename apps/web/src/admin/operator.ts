import type { Agent, InferMethodOutputBody, Main, Procedure, Query } from '@atproto/lex'
import type { AppView } from '../appview.ts'

/** An operator at work: each call is signed by their own server, and the AppView holds it against its list of operators. */
export class Operator {
  readonly #appview: AppView
  readonly #agent: Agent

  constructor(appview: AppView, agent: Agent) {
    this.#appview = appview
    this.#agent = agent
  }

  /** @throws Refused NotGranted, NotOperator, or what the method declares */
  async ask<Method extends Query>(
    method: Main<Method>,
    params: object = {},
  ): Promise<InferMethodOutputBody<Method>> {
    return (await this.#appview.callAs(this.#agent, method, { params })).body
  }

  /** @throws Refused NotGranted, NotOperator, or what the method declares */
  async tell<Method extends Procedure>(
    method: Main<Method>,
    body: object,
  ): Promise<InferMethodOutputBody<Method>> {
    return (await this.#appview.callAs(this.#agent, method, { body })).body
  }

  /** Usage day by day and method by method, as CSV. */
  usage(query: URLSearchParams): Promise<ReadableStream> {
    return this.#appview.usage(this.#agent, query)
  }
}
