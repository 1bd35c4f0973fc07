import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { envToCfg, envToSecrets, PDS } from '@atproto/pds'
import type { HandleResolver } from './handle-resolver.ts'
import { bindStatePort, Listener } from './listener.ts'
import type { MailCatcher } from './mail.ts'
import { wakeOnWrite } from './prompt-sequencer.ts'
import { readState, writeState } from './state-files.ts'

export interface PdsOptions {
  /** Short name, e.g. `icehub`. */
  readonly name: string
  /** Domain of its accounts' handles, e.g. `icehub.test`. */
  readonly domain: string
  /** Folder of everything it keeps; made if absent. */
  readonly dataDir: string
  readonly plcUrl: string
  readonly handles: HandleResolver
  readonly mails: MailCatcher
  /** Relays to announce writes to. */
  readonly crawlers?: readonly string[]
  /** 0 or absent: the port it had before, else any free one. */
  readonly port?: number
  readonly host?: string
  /** DID of the account that publishes the lexicons of this network. */
  readonly lexiconAuthority?: string
  /** Name under which a proxy with a certificate shows it to the world, over https; absent: it is on this machine alone. */
  readonly publicName?: string
  /** How long events can be replayed from its firehose, in milliseconds (30 days: a box may stand still for long). */
  readonly replayMs?: number
}

/** A running PDS: the stock software, its internals within reach of tests. */
export interface RunningPds {
  readonly url: string
  readonly did: string
  readonly port: number
  readonly adminPassword: string
  readonly server: PDS
  /** @param graceMs how long requests under way may take; 0 cuts them off as a crash would */
  stop(graceMs?: number): Promise<void>
}

interface PdsState {
  port: number
  adminPassword: string
  jwtSecret: string
  dpopSecret: string
  plcRotationKey: string
}

/**
 * Starts one PDS on the loopback interface. Its secrets are made at its first start and kept in its folder. It is named
 * `http://localhost:PORT`, because OAuth takes plain http only there; where its port differs from the last time, the DID
 * documents of its accounts are moved along.
 */
export async function startPds(options: PdsOptions): Promise<RunningPds> {
  const { name, domain, dataDir, handles, mails } = options
  await mkdir(join(dataDir, 'blobs'), { recursive: true })
  const statePath = join(dataDir, 'state.json')
  const before = await readState<PdsState>(statePath)
  const bound = await bindStatePort(options.port, before?.port, options.host)
  const state: PdsState = { ...(before ?? (await newSecrets())), port: bound.port }
  if (before?.port !== bound.port) await writeState(statePath, state)

  const authority = `localhost:${bound.port}`
  const { publicName } = options
  const url = `http://${authority}`
  const did = `did:web:${publicName ?? authority.replace(':', '%3A')}`
  const environment = {
    port: bound.port,
    hostname: publicName ?? 'localhost',
    serviceDid: did,
    serviceName: name,
    serviceHandleDomains: [`.${domain}`],
    dataDirectory: dataDir,
    blobstoreDiskLocation: join(dataDir, 'blobs'),
    blobstoreDiskTmpLocation: join(dataDir, 'blobs', 'temporary'),
    didPlcUrl: options.plcUrl,
    // The directory is on this machine: asking it costs nothing, and a moved account is seen at once.
    didCacheStaleTTL: 500,
    didCacheMaxTTL: 2_000,
    inviteRequired: false,
    rateLimitsEnabled: false,
    disableSsrfProtection: true,
    // The sign-in pages refuse plain http otherwise.
    devMode: true,
    contactEmailAddress: `admin@${domain}`,
    blobUploadLimit: 50 * 1024 * 1024,
    repoBackfillLimitMs: options.replayMs ?? 30 * 24 * 3_600_000,
    crawlers: [...(options.crawlers ?? [])],
    lexiconDidAuthority: options.lexiconAuthority,
    jwtSecret: state.jwtSecret,
    dpopSecret: state.dpopSecret,
    adminPassword: state.adminPassword,
    plcRotationKeyK256PrivateKeyHex: state.plcRotationKey,
  }
  const config = envToCfg(environment)
  const server = await PDS.create(config, envToSecrets(environment))
  const { ctx } = server
  ctx.idResolver.handle.resolve = handles.resolve
  Object.assign(ctx.crawlers, { hostname: authority })
  catchMail(ctx, name, mails)
  wakeOnWrite(ctx.sequencer)

  await ctx.sequencer.start()
  const http = server.app.listen(bound.handle)
  const listener = new Listener(http, bound)
  await once(http, 'listening')
  handles.addDomain(domain, bound.port)
  if (before && before.port !== bound.port && !publicName) await moveAccounts(server, url)

  return {
    url,
    did,
    port: bound.port,
    adminPassword: state.adminPassword,
    server,
    async stop(graceMs) {
      handles.removeDomain(domain)
      await listener.close(graceMs)
      await ctx.destroy()
    },
  }
}

async function newSecrets(): Promise<Omit<PdsState, 'port'>> {
  const rotationKey = await Secp256k1Keypair.create({ exportable: true })
  return {
    adminPassword: randomBytes(16).toString('hex'),
    jwtSecret: randomBytes(32).toString('hex'),
    dpopSecret: randomBytes(32).toString('hex'),
    plcRotationKey: Buffer.from(await rotationKey.export()).toString('hex'),
  }
}

interface Transport {
  sendMail(message: { to?: unknown; subject?: string; html?: unknown }): Promise<unknown>
}

function catchMail(ctx: PDS['ctx'], pds: string, mails: MailCatcher): void {
  for (const mailer of [ctx.mailer, ctx.moderationMailer]) {
    const { transporter } = mailer as unknown as { transporter: Transport }
    transporter.sendMail = async ({ to, subject, html }) =>
      mails.deliver({ pds, to: String(to), subject: subject ?? '', html: String(html ?? '') })
  }
}

/** Writes the PDS's new address into the DID document of every account that still names an old one of this PDS. */
async function moveAccounts({ ctx }: PDS, url: string): Promise<void> {
  const accounts = await ctx.accountManager.db.db.selectFrom('actor').select('did').execute()
  for (const { did } of accounts) {
    if (!did.startsWith('did:plc:')) continue
    const data = await ctx.plcClient.getDocumentData(did).catch(() => undefined)
    const current = data?.services.atproto_pds?.endpoint
    const ours = data?.rotationKeys.includes(ctx.plcRotationKey.did())
    if (current === url || !current?.startsWith('http://localhost:') || !ours) continue
    await ctx.plcClient.updatePds(did, ctx.plcRotationKey, url)
    await ctx.sequencer.sequenceIdentity(did)
  }
}
