import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { type AppView, type AppViewConfig, startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import { type TestNetwork, type TestNetworkOptions, testNetwork } from '@frost/network/testing'

/** A network in a box with an AppView that reads its relay: what a test of the whole stands on. */
export interface Stand extends AsyncDisposable {
  readonly network: TestNetwork
  readonly appview: AppView
  /** Asks the AppView one query. */
  ask<Answer = Record<string, unknown>>(
    name: string,
    params?: Record<string, string | readonly string[]>,
  ): Promise<Answer>
  /** Resolves with the answer once it is as wanted: looks again after everything that the AppView takes in. */
  until<Answer>(ask: () => Promise<Answer>, wanted: (answer: Answer) => boolean): Promise<Answer>
  stopAppview(): Promise<void>
  restartAppview(): Promise<void>
}

/** An error that an XRPC call answered. */
export class XrpcAnswer extends Error {
  readonly status: number
  readonly error: string
  constructor(status: number, error: string, message: string) {
    super(message)
    this.status = status
    this.error = error
  }
}

export async function stand(
  options: { network?: TestNetworkOptions; appview?: Partial<AppViewConfig> } = {},
): Promise<Stand> {
  const network = await testNetwork(options.network)
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-appview-'))
  const start = () =>
    startAppview({
      host: '127.0.0.1',
      port: 0,
      dataDir,
      upstreams: [network.relayUrl],
      plcUrl: network.plcUrl,
      requestsPerWindow: 0,
      logLevel: 'silent',
      ...options.appview,
    })
  let appview = await start()
  return {
    network,
    get appview() {
      return appview
    },
    ask: (name, params = {}) => askXrpc(appview.url, name, params),
    until: (ask, wanted) => until(appview.services.index, ask, wanted),
    stopAppview: () => appview.stop(),
    async restartAppview() {
      appview = await start()
    },
    async [Symbol.asyncDispose]() {
      await appview.stop()
      await network[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export async function askXrpc<Answer>(
  url: string,
  name: string,
  params: Record<string, string | readonly string[]>,
  { token, input }: { token?: string; input?: object } = {},
): Promise<Answer> {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(params))
    for (const item of [value].flat()) query.append(key, String(item))
  const response = await fetch(`${url}/xrpc/${name.startsWith('com.') ? name : nsid(name)}?${query}`, {
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(input && { 'Content-Type': 'application/json' }),
    },
    ...(input && { method: 'POST', body: JSON.stringify(input) }),
  })
  const body = (await response.json()) as Record<string, string>
  if (!response.ok) throw new XrpcAnswer(response.status, body.error ?? '', body.message ?? '')
  return body as Answer
}

/** Asks as an account, with a token of its PDS: a query by parameters, or a procedure where there is an input. */
export async function askAs<Answer = Record<string, unknown>>(
  { agent }: Pick<Awaited<ReturnType<typeof newAccount>>, 'agent'>,
  appview: Pick<AppView, 'url' | 'did'>,
  name: string,
  { params = {}, input }: { params?: Record<string, string | readonly string[]>; input?: object } = {},
): Promise<Answer> {
  const { data } = await agent.com.atproto.server.getServiceAuth({ aud: appview.did, lxm: nsid(name) })
  return askXrpc(appview.url, name, params, { token: data.token, input })
}

/** Resolves with the answer once it is as wanted: looks again after everything that an index takes in, and whenever hosts were looked at. */
export async function until<Answer>(
  index: AppView['services']['index'],
  ask: () => Promise<Answer>,
  wanted: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    // Listen before asking, so that nothing that comes in between is missed.
    let wake: () => void = () => {}
    const news = new Promise<void>(resolve => {
      wake = resolve
    })
    const ends = [index.updates.onAppend(wake), index.onSearchable(wake), index.hosts.onLook(wake)]
    try {
      const answer = await ask()
      if (wanted(answer)) return answer
      await news
    } finally {
      for (const end of ends) end()
    }
  }
}

/** Writes a record with the stock client, whatever its lexicon says of it. */
export async function putRecord(
  { agent, did }: Awaited<ReturnType<typeof newAccount>>,
  name: string,
  rkey: string,
  value: Record<string, unknown>,
) {
  const $type = nsid(name)
  const { data } = await agent.com.atproto.repo.putRecord({
    repo: did,
    collection: $type,
    rkey,
    record: { $type, createdAt: '2026-01-01T00:00:00.000Z', ...value },
    validate: false,
  })
  return data
}

/** A stock client signed in to a new account. */
export async function newAccount(network: TestNetwork, handle: string, pds?: string) {
  const account = await network.createAccount({ handle, ...(pds && { pds }) })
  const agent = new AtpAgent({ service: account.service })
  await agent.login({ identifier: account.handle, password: account.password })
  return { account, agent, did: account.did }
}
