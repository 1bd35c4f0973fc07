import { enableCompileCache } from 'node:module'

// Loading the PDS's code is most of what a start costs; the second start finds it compiled.
enableCompileCache()

const { readConfig } = await import('./config.ts')
const { answerControl } = await import('./control.ts')
const { DEFAULT_PDSES, startNetwork } = await import('./network.ts')
const { publishLexicons } = await import('./lexicon-publisher.ts')
const { publishSeed, seedMounts } = await import('./seed.ts')
const { startMailDrop } = await import('./smtp.ts')
const { AUTHORITY, lexiconDocuments } = await import('@frost/lexicon')

/** Longest time that stopping may take, in milliseconds, before the process ends anyway. */
const STOP_PATIENCE_MS = 2_500

/** Runs the network in a box until it is told to stop, and says on standard output and by IPC when it is ready. */
async function main(): Promise<void> {
  const began = Date.now()
  const network = await startNetwork({
    ...readConfig(),
    mounts: seedMounts(),
    // The first one is asked for everybody's handles: the one that stays.
    ...(process.env.FROST_SCENARIO && { pdses: DEFAULT_PDSES.toReversed() }),
    log: line => console.error(line),
  })
  const mailDrop = await startMailDrop(network.mails)
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), STOP_PATIENCE_MS).unref()
    Promise.all([mailDrop.stop(), network.stop()]).then(
      () => process.exit(0),
      error => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // Whoever started this is gone.
  process.on('disconnect', stop)

  const lexicons = await publishLexicons(network, lexiconDocuments)
  const seed = await publishSeed(network, { authority: AUTHORITY })
  const ready = {
    ready: true,
    url: network.relay.httpUrl,
    plcUrl: network.plcUrl,
    relayUrl: network.relayUrl,
    storeUrl: network.store.url,
    smtpUrl: mailDrop.url,
    pdses: network.pdses.map(({ name, domain, url, did }) => ({ name, domain, url, did })),
    lexiconAuthority: lexicons.did,
    demo: seed.demo,
    seed: { accounts: seed.accounts, records: seed.records, written: seed.written },
    milliseconds: Date.now() - began,
  }
  if (stopping) return
  if (process.env.FROST_SCENARIO) answerControl(network)
  console.log(JSON.stringify(ready))
  process.send?.(ready)
}

main().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
