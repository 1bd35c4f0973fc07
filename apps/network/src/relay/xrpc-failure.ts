/** An XRPC error answer. */
export class XrpcFailure extends Error {
  readonly httpStatus: number
  override readonly name: string

  constructor(httpStatus: number, name: string, message: string) {
    super(message)
    this.httpStatus = httpStatus
    this.name = name
  }
}
