import { expect, test } from 'vitest'
import { configFromEnv } from './config.ts'

test('without an environment it reads public addresses only, and limits its clients', () => {
  expect(configFromEnv({})).toMatchObject({
    host: '127.0.0.1',
    port: 4182,
    loopbackPorts: [],
    refuse: [],
    requestsPerWindow: 600,
    workerBytes: 512_000_000,
  })
})

test('in a network in a box the store of this machine is read, and nobody is limited', () => {
  expect(configFromEnv({ FROST_GATEWAY_LOOPBACK_PORTS: '4190, 8000' })).toMatchObject({
    loopbackPorts: [4190, 8000],
    requestsPerWindow: 0,
  })
})

test.each([
  [{ FROST_GATEWAY_PORT: '70000' }, "FROST_GATEWAY_PORT is '70000'"],
  [{ FROST_GATEWAY_WORKER_MB: '10' }, "FROST_GATEWAY_WORKER_MB is '10': give a whole number from 256"],
  [{ FROST_GATEWAY_LOOPBACK_PORTS: 'all' }, "FROST_GATEWAY_LOOPBACK_PORTS is 'all'"],
  [{ FROST_GATEWAY_REFUSE: '10.0.0.0' }, "FROST_GATEWAY_REFUSE holds '10.0.0.0', which is no range"],
  [{ FROST_GATEWAY_REFUSE: '10.0.0.0/33' }, 'which is no range'],
])('%o is refused in words', (env, words) => {
  expect(() => configFromEnv(env)).toThrow(words)
})
