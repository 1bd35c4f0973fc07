/** Which hosts the relay reads, and what it believes of them. */
import { describe, expect, it } from 'vitest'
import { FirehoseReader, touches } from './firehose.ts'
import { retold, startLiar } from './relay-liar.ts'
import { paths, RelayStand, THING } from './relay-stand.ts'

const stand = new RelayStand()

describe('the relay’s check of hosts', () => {
  async function requestCrawl(body: string) {
    const url = `${stand.network.relay.httpUrl}/xrpc/com.atproto.sync.requestCrawl`
    const response = await fetch(url, { method: 'POST', body })
    return (await response.json()) as { error: string; message: string }
  }

  it.each([
    ['not json', 'InvalidRequest'],
    ['{}', 'InvalidRequest'],
    ['{"hostname": "http://localhost:1"}', 'InvalidRequest'],
    ['{"hostname": "localhost:1/../x"}', 'InvalidRequest'],
    ['{"hostname": "pds.example.org"}', 'HostBanned'],
    ['{"hostname": "169.254.169.254"}', 'HostBanned'],
    ['{"hostname": "localhost:1"}', 'InvalidRequest'],
  ])('refuses %s as %s', async (body, error) => {
    expect((await requestCrawl(body)).error).toBe(error)
  })

  it('refuses a web server that is no PDS', async () => {
    const answer = await requestCrawl(JSON.stringify({ hostname: `localhost:${stand.network.store.port}` }))
    expect(answer.message).toContain('describeServer')
  })

  it('lets no host speak for accounts of another', async () => {
    const victim = await stand.newAccount()
    await stand.put(victim, 'genuine')
    using reader = new FirehoseReader(stand.network.relayUrl, 0)
    const genuine = await reader.find(touches(`${THING}/genuine`))
    await using liar = await startLiar([retold(genuine.bytes, 7), Buffer.from('not a frame')])
    const { foreign } = stand.network.relay.refused
    await stand.network.relay.requestCrawl(liar.hostname)
    await expect.poll(() => stand.network.relay.refused.foreign).toBe(foreign + 1)
    await expect.poll(() => stand.network.relay.refused.malformed).toBeGreaterThan(0)
    const { body } = await stand.ask('getHostStatus', { hostname: liar.hostname })
    expect(body.seq).toBe(7)
    expect(stand.network.relay.store.repo(victim.did)?.host).toBe(stand.network.pds().hostname)
    await stand.put(victim, 'afterwards')
    await reader.find(touches(`${THING}/afterwards`))
    expect(paths(reader.messages).filter(rkey => rkey === 'genuine')).toHaveLength(1)
  })
})
