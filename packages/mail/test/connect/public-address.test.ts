import { describe, expect, test } from 'vitest'
import { isPublicAddress } from '../../src/connect/public-address.ts'

const refused: Record<string, string[]> = {
  'this network': ['0.0.0.0', '0.1.2.3', '0.255.255.255'],
  private: ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.254'],
  loopback: ['127.0.0.1', '127.0.0.53', '127.255.255.254'],
  'link-local and instance metadata': ['169.254.0.1', '169.254.169.254', '169.254.170.2'],
  'carrier-grade NAT': ['100.64.0.1', '100.100.100.200', '100.127.255.255'],
  'protocol assignments': [
    '192.0.0.1',
    '192.0.0.170',
    '192.88.99.1',
    '192.31.196.1',
    '192.52.193.1',
    '192.175.48.1',
    '2620:4f:8000::1',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
  ],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.9', '2001:db8::1', '3fff::1'],
  benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: ['240.0.0.1', '255.255.255.255'],
  'IPv6 loopback and unspecified': ['::1', '::'],
  'IPv4 inside IPv6': ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::7f00:1', '::127.0.0.1'],
  NAT64: ['64:ff9b::7f00:1', '64:ff9b::a00:1', '64:ff9b:1::a00:1'],
  '6to4': ['2002:7f00:1::', '2002:a00:1::1', '2002:c0a8:101::1'],
  Teredo: ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ORCHID: ['2001:10::1', '2001:20::1'],
  'unique local and link-local': ['fc00::1', 'fd00::1', 'fd12:3456:789a::1', 'fe80::1', 'fec0::1'],
  'outside 2000::/3': ['100::1', '4000::1', '5f00::1', 'e000::1'],
  'not an address at all': [
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    'fe80::1%eth0',
    '[::1]',
  ],
}
const accepted = [
  ...[
    '8.8.8.8',
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.0.1',
    '172.32.0.1',
  ],
  ...['192.0.1.1', '198.17.255.255', '198.20.0.1', '223.255.255.255', '142.250.27.108'],
  ...[
    '2606:4700:4700::1111',
    '2a00:1450:400c:c00::6c',
    '2001:200::1',
    '2003::1',
    '2620:4f:7fff::1',
    '2620:4f:8001::1',
  ],
]

describe('which addresses may be contacted', () => {
  for (const [kind, addresses] of Object.entries(refused)) {
    test.each(addresses)(`R32: ${kind}: %j is refused`, (address) => {
      expect(isPublicAddress(address)).toBe(false)
    })
  }

  test('R32: the table of refused addresses has at least 50 rows', () => {
    expect(new Set(Object.values(refused).flat()).size).toBeGreaterThanOrEqual(50)
  })

  test.each(accepted)('R32: the public address %j is accepted', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})
