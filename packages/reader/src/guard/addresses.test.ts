import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressRefusal } from './addresses.ts'

describe('addresses that are refused', () => {
  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '100::1',
    '2001:db8::1',
    '5f00::1',
    'localhost',
    '',
  ])('%s', address => {
    expect(addressRefusal(address)).toBeTypeOf('string')
  })

  it('of IPv4 are refused in every IPv6 clothing too', () => {
    fc.assert(
      fc.property(fc.ipV4(), address => {
        const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
        const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
        for (const carrier of [
          `::ffff:${address}`,
          `::${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::1`,
        ])
          expect(addressRefusal(carrier, { allowLoopback: false }), carrier).toBeDefined()
      }),
    )
  })
})

describe('addresses that may be read', () => {
  it.each(['8.8.8.8', '52.218.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])(
    '%s',
    address => expect(addressRefusal(address)).toBeUndefined(),
  )

  it('loopback only where it is said, and never a range that is refused besides', () => {
    const policy = { allowLoopback: true, refuse: ['127.0.0.2/32', '2a00::/16'] }
    expect(addressRefusal('127.0.0.1', policy)).toBeUndefined()
    expect(addressRefusal('::1', policy)).toBeUndefined()
    expect(addressRefusal('127.0.0.2', policy)).toContain('127.0.0.2/32')
    expect(addressRefusal('2a00::1', policy)).toContain('2a00::/16')
    expect(addressRefusal('0.0.0.0', policy)).toBeDefined()
    expect(addressRefusal('::ffff:127.0.0.1', policy)).toBeDefined()
    expect(addressRefusal('10.0.0.1', policy)).toBeDefined()
  })
})
