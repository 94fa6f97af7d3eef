/**
 * Which IP addresses this product may open a connection to: globally routable unicast, nothing else. Written as two
 * lists so that a reviewer can hold them against the IANA special-purpose registries; a range that is missing from
 * the refused list but outside 2000::/3 is still refused. Names and their resolution are in host-policy.ts.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const refusedIPv4: readonly [string, number][] = [
  ['0.0.0.0', 8], // "this network", RFC 791 §3.2; Linux connects 0.0.0.0 to loopback
  ['10.0.0.0', 8], // RFC 1918
  ['100.64.0.0', 10], // carrier-grade NAT, RFC 6598; cloud-internal services live here too
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, RFC 3927: instance metadata
  ['172.16.0.0', 12], // RFC 1918
  ['192.0.0.0', 24], // IETF protocol assignments, RFC 6890
  ['192.0.2.0', 24], // documentation, RFC 5737
  ['192.31.196.0', 24], // AS112, RFC 7535
  ['192.52.193.0', 24], // AMT, RFC 7450
  ['192.88.99.0', 24], // 6to4 relay, RFC 7526
  ['192.168.0.0', 16], // RFC 1918
  ['192.175.48.0', 24], // AS112, RFC 7534
  ['198.18.0.0', 15], // benchmarking, RFC 2544
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and 255.255.255.255
]

/** Inside 2000::/3; whatever lies outside it (mapped, NAT64, ULA, link-local, multicast) is refused as a whole. */
const refusedIPv6: readonly [string, number][] = [
  ['2001::', 23], // IETF protocol assignments: Teredo, ORCHID, benchmarking, RFC 6890
  ['2001:db8::', 32], // documentation, RFC 3849
  ['2002::', 16], // 6to4, RFC 3056: carries any IPv4 address inside
  ['2620:4f:8000::', 48], // AS112, RFC 7534
  ['3fff::', 20], // documentation, RFC 9637
]

const refused = new BlockList()
for (const [network, prefix] of refusedIPv4) refused.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of refusedIPv6) refused.addSubnet(network, prefix, 'ipv6')

const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/**
 * Networks of organisations, which a deployment may let single hosts be in: RFC 1918, RFC 4193. Nothing that a machine or
 * a cloud keeps for itself: loopback, link-local, and `fd00:ec2::/32`, where AWS answers for its machines.
 */
const internalIPv4 = new BlockList()
internalIPv4.addSubnet('10.0.0.0', 8, 'ipv4')
internalIPv4.addSubnet('172.16.0.0', 12, 'ipv4')
internalIPv4.addSubnet('192.168.0.0', 16, 'ipv4')
// A list of its own: with both families in one, a mapped address is what it maps.
const internalIPv6 = new BlockList()
internalIPv6.addSubnet('fc00::', 7, 'ipv6')
const ofTheCloud = new BlockList()
ofTheCloud.addSubnet('fd00:ec2::', 32, 'ipv6')

/** True only for a canonical address of an organisation's own network. */
export function isInternalAddress(ip: string): boolean {
  if (isIPv4(ip)) return internalIPv4.check(ip, 'ipv4')
  return isIPv6(ip) && !ip.includes('%') && internalIPv6.check(ip, 'ipv6') && !ofTheCloud.check(ip, 'ipv6')
}

/** True only for a canonical IPv4 or IPv6 address that is globally routable unicast; a name or a zone id is not. */
export function isPublicAddress(ip: string): boolean {
  if (isIPv4(ip)) return !refused.check(ip, 'ipv4')
  return isIPv6(ip) && !ip.includes('%') && globalUnicast.check(ip, 'ipv6') && !refused.check(ip, 'ipv6')
}
